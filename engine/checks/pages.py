"""The reference pages about diagrams, generated: ``python -m engine.checks.pages [FOLDER]``."""

import inspect
import sys
from pathlib import Path

from engine import feel
from engine.checks import RULES, coverage
from engine.checks.variables import RESERVED
from engine.sentences import SENTENCES

_TREATMENTS = {
    "runs": ("执行", "runs"),
    "drawn": ("仅图示", "drawing only"),
    "ignored": ("忽略并提示", "ignored with a notice"),
    "refused": ("拒绝", "refused"),
}
_TABLES = (
    ("流程中的元素 / Elements of a process", coverage.ELEMENTS),
    ("事件种类（未在上表列出的） / Kinds of events not listed above", coverage.EVENTS),
    ("元素内部 / Inside an element", coverage.INSIDE),
    ("文件顶层 / Top of the file", coverage.TOP),
    ("zeebe 扩展 / zeebe extensions", coverage.EXTENSIONS),
)


def bpmn_page() -> str:
    """Return the page that says how each BPMN element and zeebe extension is treated."""
    lines = [
        "# BPMN：哪些元素会执行 / BPMN: what runs",
        "",
        "由 `engine/checks/coverage.py` 生成（`make docs`）。表中没有的元素一律拒绝。",
        "Generated from `engine/checks/coverage.py` (`make docs`). What is not listed is refused.",
    ]
    for title, table in _TABLES:
        lines += [
            "",
            f"## {title}",
            "",
            "| 元素 | 处理 | 说明 | What it means |",
            "|---|---|---|---|",
        ]
        for name, row in table.items():
            zh, en = _TREATMENTS[row.treatment]
            lines.append(f"| `{name}` | {zh} / {en} | {row.zh} | {row.en} |")
    return "\n".join(lines) + "\n"


def checks_page() -> str:
    """Return the page that lists every rule and every sentence of the check."""
    lines = [
        "# 发布前的检查 / The checks before publishing",
        "",
        "由 `engine/checks/` 与 `engine/sentences/` 生成（`make docs`）。",
        "Generated from `engine/checks/` and `engine/sentences/` (`make docs`).",
        "",
        "## 规则 / Rules",
        "",
        "| 规则 | What it demands |",
        "|---|---|",
    ]
    for rule in RULES:
        home = rule.__module__.rpartition(".")[2]
        lines.append(f"| `{home}.{rule.__name__}` | {inspect.getdoc(rule)} |")
    lines += ["", "## 提示 / Sentences", "", "| code | 中文 | English |", "|---|---|---|"]
    for code in sorted(SENTENCES):
        chinese, english = (_cell(text) for text in SENTENCES[code])
        lines.append(f"| `{code}` | {chinese} | {english} |")
    lines += ["", "## 保留的变量名 / Reserved variable names", ""]
    taken = sorted(RESERVED | {function["name"] for function in feel.functions()})
    lines.append("、".join(f"`{name}`" for name in taken))
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def pages() -> dict[str, str]:
    """Return the generated pages by file name."""
    return {"bpmn.md": bpmn_page(), "checks.md": checks_page()}


def write(folder: Path) -> None:
    """Write the pages into a folder."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference"))
