"""The reference page about FEEL: functions that the platform adds, and where dialects differ.

Every result on the page is evaluated when the page is written, so it cannot be out of date.
"""

import json
import sys
from datetime import UTC, datetime
from typing import Any

from engine import feel, values

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
CONTEXT = {"x": "a", "n": None, "rows": [1, 2, 2], "count": 5}

#: Expressions that the engine and the browser's forms answer differently, with the reason.
DIFFERENCES: tuple[tuple[str, str, str], ...] = (
    (
        '"5" > 3',
        "文字与数字不可比较",
        "Text is not comparable with a number",
    ),
    (
        '"2025-02-01" >= date("2026-01-01")',
        "文字与日期不可比较；表单中先用 date(…) 转换",
        "Text is not comparable with a date; in forms convert it with date(…) first",
    ),
    ("now() > today()", "时刻与日期不可比较", "An instant is not comparable with a date"),
    (
        'date and time("2026-11-23T09:00:00") = now()',
        "不写时区即北京时间",
        "Without a zone, Beijing time is meant",
    ),
    (
        'date and time("2026-11-23T10:00:00Z") - date and time("2026-11-23T10:00:00")',
        "按瞬间相减",
        "Instants are subtracted",
    ),
    (
        'date("2026-11-23") - date("2026-11-20")',
        "以天表示",
        "Written in days",
    ),
    ("today()", "表单中是零点时刻", "In forms it is an instant, midnight"),
    ('date("2026-11-23T10:00:00Z")', "不是日期文本", "Not a date's text"),
    ('date("2026-02-30")', "报错而不是 null", "Fails instead of null"),
    ('duration("P1W")', "FEEL 没有周", "FEEL has no weeks"),
    ('1 + "a"', "报错而不是 null", "Fails instead of null"),
    ("1 + n", "与 null 运算得 null（两者相同）", "With null the result is null (the same)"),
    ("x instance of string", "表单中总为 false", "Always false in forms"),
    ("count(rows)", "同名变量不遮住函数", "A variable of that name does not hide the function"),
    ("string(now())", "带偏移的写法", "Written with the offset"),
    ("get or else(n, 1)", "平台增加的函数只在引擎中", "Added functions are the engine's only"),
    ("nosuch(1)", "未知函数报错而不是 null", "An unknown function fails instead of null"),
)

_HEAD = """# FEEL 参考 / FEEL reference

由 `engine/feel_page.py` 生成，请勿手改：`python -m engine.feel_page > docs/reference/feel.md`。
Generated; do not edit. Results were evaluated at 2026-11-23 09:00 in Shanghai with
`{context}`.

流程、映射、定时与决策表用引擎方言（feelin {engine}，经补丁），表单用浏览器方言
（@bpmn-io/feelin {form}，与 form-js 完全相同）。
Processes, mappings, timers and tables use the engine's dialect (feelin {engine}, patched); forms
use the browser's (@bpmn-io/feelin {form}, exactly form-js's own).

- 以 `=` 开头的是表达式，其余为文字。 Text that begins with `=` is an expression.
- 没有的变量为 null。条件为 null 或不是真假值时，案件停下待处理，绝不当作假。
  A missing variable is null. A condition that is null or no boolean stops the case, it is never
  taken for false.
- `and`、`or` 的两边都会计算。 Both sides of `and` and `or` are evaluated.
- 时刻一律按北京时间（Asia/Shanghai）。 All instants are on Beijing time.
- 每次计算限 {seconds:g} 秒、{megabytes} MB。 One call may take {seconds:g} s and {megabytes} MB.
- 大于 2⁵³ 的整数不精确。 Whole numbers beyond 2⁵³ are not exact.

## 平台增加的函数 / Functions that the platform adds

FEEL 标准函数之外，仅引擎方言。 Besides FEEL's own, in the engine's dialect only.

| 函数 Function | 含义 | Meaning |
|---|---|---|
"""

_BETWEEN = """
## 两种方言的差别 / Where the dialects differ

| 表达式 Expression | 引擎 Engine | 表单 Form | 说明 | Why |
|---|---|---|---|---|
"""

#: Versions of the two interpreters, as web/frontend/package.json pins them (a test compares).
VERSIONS = {"feelin": "8.2.0", "@bpmn-io/feelin": "6.1.1"}


def answers(expression: str) -> tuple[str, str]:
    """Return what the engine and the browser's forms make of an expression."""
    return _answer(expression, "engine"), _answer(expression, "form")


def _answer(expression: str, dialect: feel.Dialect) -> str:
    (found,) = feel.attempt([(expression, False)], CONTEXT, now=NOW, dialect=dialect)
    if "e" in found:
        return f"✗ {found['e']['kind']}"
    return _written(found.get("t", found.get("v")))


def _written(value: Any) -> str:  # noqa: ANN401 - JSON
    if values.is_tagged(value):
        return f"{value['@type']} {value['@value']}"
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def page() -> str:
    """Return the reference page as Markdown."""
    head = _HEAD.format(
        context=json.dumps(CONTEXT),
        engine=VERSIONS["feelin"],
        form=VERSIONS["@bpmn-io/feelin"],
        seconds=feel.TIME_LIMIT_SECONDS,
        megabytes=feel.MEMORY_LIMIT_BYTES // 1024 // 1024,
    )
    functions = [
        f"| `{one['name']}({', '.join(one['parameters'])})` | {one['zh']} | {one['en']} |\n"
        for one in feel.functions()
    ]
    rows = []
    for expression, zh, en in DIFFERENCES:
        engine, form = answers(expression)
        rows.append(f"| `{expression}` | {engine} | {form} | {zh} | {en} |\n")
    return "".join((head, *functions, _BETWEEN, *rows))


if __name__ == "__main__":
    sys.stdout.write(page())
