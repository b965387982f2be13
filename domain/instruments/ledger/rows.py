"""From a row of a ledger to the values of an instrument, or the problems that forbid it."""

import statistics
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from domain.errors import InvalidValue
from domain.instruments import giai
from domain.instruments.ledger.reading import Line, Sheet
from domain.instruments.ledger.values import Read, Unreadable, amount, fen, plain, read_date
from domain.instruments.models import Instrument
from domain.organisations.models import Unit

_NEEDED = ("inner_id", "name_zh", "worth", "begin_date")
_OTHER_CLASS = "990000"
_CLASS_DIGITS = 6
#: A column of prices whose middle is below this is in ten thousands: no ledger of instruments
#: keeps things of less than ten thousand yuan as its middle.
_SMALL = 10_000
_SHOWN = 60

#: code of a problem → (severity, sentence in zh, in en); filled in with column and value.
_TEXTS = {
    "missing": ("error", "“{column}”未填写", "“{column}” is empty"),
    "column_missing": ("error", "文件没有“{column}”一列", "the file has no column “{column}”"),
    "too_long": ("error", "“{column}”过长：{value}", "“{column}” is too long: {value}"),
    "date": ("error", "“{column}”不是日期：{value}", "“{column}” is no date: {value}"),
    "money": ("error", "“{column}”不是金额：{value}", "“{column}” is no amount: {value}"),
    "giai": ("error", "“{column}”不是本单位的资产编码：{value}",
             "“{column}” is no asset code of this unit: {value}"),
    "giai_taken": ("error", "“{column}”已被使用过：{value}",
                   "“{column}” has been used before: {value}"),
    "twice": ("error", "“{column}”在本文件第 {other} 行已出现：{value}",
              "“{column}” stands in row {other} of this file already: {value}"),
    "not_stored": ("error", "这一行无法保存：{value}", "this row could not be stored: {value}"),
    "already_known": ("warning", "“{column}”{value} 的仪器已登记，未作改动",
                      "the instrument with “{column}” {value} is registered; nothing was changed"),
    "class_unknown": ("warning", "“{column}”不是六位分类编码，按其他处理：{value}",
                      "“{column}” is no class code of six digits, taken as other: {value}"),
    "unit_assumed": ("warning", "“{column}”没有写明单位，按万元处理：{value}",
                     "“{column}” names no unit, taken as ten thousand yuan: {value}"),
    "day_assumed": ("warning", "“{column}”没有写明日，按当月或当年第一天处理：{value}",
                    "“{column}” names no day, the first is taken: {value}"),
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """What is wrong with a cell: the column as headed, the value as written, in two languages."""

    column: str
    value: str
    code: str
    severity: str
    zh: str
    en: str

    def facts(self) -> dict[str, str]:
        """Return the problem as JSON values."""
        return asdict(self)


@dataclass
class Draft:
    """A row on its way to an instrument."""

    number: int
    written: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def status(self) -> str:
        """Return ok, warned or rejected."""
        if any(problem.severity == "error" for problem in self.problems):
            return "rejected"
        return "warned" if self.problems else "ok"


def _as_written(text: str) -> Read:
    return Read(plain(text))


class Reader:
    """Reads the rows of one sheet for one unit."""

    def __init__(self, sheet: Sheet, unit: Unit) -> None:
        self.sheet = sheet
        self.unit = unit
        self.seen: dict[tuple[str, str], int] = {}
        self.money_unit = self._money_unit(line.cells.get("worth", "") for line in sheet.lines)

    def _money_unit(self, written: Iterable[str]) -> str:
        """Return the unit that the column's heading names, or the one that its values suggest."""
        heading = self.sheet.headings.get("worth")
        if heading and heading.unit:
            return heading.unit
        numbers = []
        for text in written:
            try:
                number, unit = amount(text)
            except Unreadable:
                continue
            if not unit:
                numbers.append(number)
        return "万元?" if numbers and statistics.median(numbers) < _SMALL else "元"

    def drafts(self) -> list[Draft]:
        """Return a draft of every row."""
        return [self._draft(line) for line in self.sheet.lines]

    def problem(self, code: str, column: str, value: str, other: int = 0) -> Problem:
        """Return a problem with its sentences; ``column`` is a field's name."""
        severity, zh, en = _TEXTS[code]
        heading = self.sheet.headings.get(column)
        named = heading.written if heading else column
        shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
        said = {"column": named, "value": shown, "other": other}
        return Problem(named, shown, code, severity, zh.format(**said), en.format(**said))

    def _draft(self, line: Line) -> Draft:
        draft = Draft(line.number, line.cells)
        for name in _NEEDED:
            if name not in self.sheet.headings:
                draft.problems.append(self.problem("column_missing", name, ""))
            elif not plain(line.cells.get(name, "")):
                draft.problems.append(self.problem("missing", name, ""))
        for name, written in line.cells.items():
            if plain(written):
                self._take(draft, name, written)
        self._only_once(draft)
        return draft

    def _take(self, draft: Draft, name: str, written: str) -> None:
        readers: dict[str, Callable[[str], Read]] = {
            "worth": self._worth,
            "begin_date": read_date,
            "class_code": self._class_code,
            "giai": self._giai,
        }
        codes = {"worth": "money", "begin_date": "date", "giai": "giai"}
        try:
            read = readers.get(name, _as_written)(written)
        except (Unreadable, InvalidValue):
            draft.problems.append(self.problem(codes[name], name, written))
            return
        if read.guessed:
            draft.problems.append(self.problem(read.guessed, name, written))
        target = "worth_fen" if name == "worth" else name
        most = getattr(Instrument.__table__.c[target].type, "length", None)
        if most and len(str(read.value)) > most:
            draft.problems.append(self.problem("too_long", name, written))
            return
        draft.values[target] = read.value

    def _worth(self, written: str) -> Read:
        number, unit = amount(written)
        meant = unit or self.money_unit
        return Read(fen(number, meant.rstrip("?")), "unit_assumed" if meant.endswith("?") else "")

    def _class_code(self, written: str) -> Read:
        code = plain(written)
        if len(code) == _CLASS_DIGITS and code.isdigit():
            return Read(code)
        return Read(_OTHER_CLASS, "class_unknown")

    def _giai(self, written: str) -> Read:
        code = plain(written).upper()
        giai.check(code, self.unit.gs1_prefix or "")
        return Read(code)

    def _only_once(self, draft: Draft) -> None:
        for name in ("inner_id", "giai"):
            value = draft.values.get(name)
            if value is None:
                continue
            before = self.seen.setdefault((name, value), draft.number)
            if before != draft.number:
                draft.problems.append(self.problem("twice", name, value, before))
