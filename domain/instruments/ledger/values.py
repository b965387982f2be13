"""What ledgers write and what it means: dates in every fashion, money in yuan or ten thousands."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

_FEN_PER_YUAN = 100
_YUAN_PER_WAN = 10_000
#: Spreadsheets count days from here (their 1900 was a leap year, so the count is one ahead).
_FIRST_DAY = date(1899, 12, 30)
_EARLIEST, _LATEST = date(1950, 1, 1), date(2100, 1, 1)
_SERIAL = re.compile(r"\d{5}(?:\.0+)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_PARTED = re.compile(r"(\d{4})[-./年 ](\d{1,2})(?:[-./月 ](\d{1,2})日?|月)?(?:[ T]\d{1,2}:.*)?")
_YEAR = re.compile(r"(\d{4})年?")
_MONEY = re.compile(
    r"(?:¥|￥|rmb|cny|人民币)?\s*(\d[\d,，\s]*(?:\.\d+)?)\s*(万元|万|元)?(?:整|正)?"
)
_CHINESE = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_TEN = re.compile(r"([一二三四五六七八九]?)十([一二三四五六七八九]?)")


class Unreadable(ValueError):
    """A text cannot be read as what its column holds."""


@dataclass(frozen=True)
class Read:
    """A value and whether something had to be guessed for it: the code of a warning."""

    value: object
    guessed: str = ""


def plain(text: str) -> str:
    """Return a cell's text with full-width forms folded, without control characters, trimmed."""
    folded = unicodedata.normalize("NFKC", text)
    kept = "".join(" " if unicodedata.category(c).startswith("C") else c for c in folded)
    return " ".join(kept.split())


def _digits(text: str) -> str:
    """Write Chinese numerals as digits: 二〇二一年三月十五日."""
    tens = _TEN.sub(lambda m: f"{m.group(1) or '一'}{m.group(2) or '〇'}", text)
    return tens.translate(_CHINESE)


def read_date(text: str) -> Read:
    """Return the day of a text; a month counts from its first day, a year from 1 January.

    Raises Unreadable for anything else and for days before 1950 or after 2099.
    """
    said = _digits(plain(text))
    if _SERIAL.fullmatch(said):
        return Read(_sane(_FIRST_DAY + timedelta(days=int(float(said)))))
    for form in (_COMPACT, _PARTED):
        found = form.fullmatch(said)
        if found:
            return _day(*found.groups())
    found = _YEAR.fullmatch(said)
    if found:
        return _day(found.group(1), None, None)
    raise Unreadable(text)


def _day(year: str, month: str | None, day: str | None) -> Read:
    try:
        made = date(int(year), int(month or 1), int(day or 1))
    except ValueError as wrong:
        raise Unreadable(f"{year}-{month}-{day}") from wrong
    return Read(_sane(made), "" if day else "day_assumed")


def _sane(day: date) -> date:
    if not _EARLIEST <= day < _LATEST:
        raise Unreadable(day.isoformat())
    return day


def amount(text: str) -> tuple[Decimal, str]:
    """Return the number of a text and the unit written beside it (元, 万元 or nothing)."""
    found = _MONEY.fullmatch(plain(text).casefold())
    if not found:
        raise Unreadable(text)
    try:
        number = Decimal(re.sub(r"[,，\s]", "", found.group(1)))
    except InvalidOperation as wrong:
        raise Unreadable(text) from wrong
    return number, {"万": "万元", None: ""}.get(found.group(2), found.group(2) or "")


def fen(number: Decimal, unit: str) -> int:
    """Return an amount in whole fen; raises Unreadable where fen would have to be split."""
    exact = number * _FEN_PER_YUAN * (_YUAN_PER_WAN if unit == "万元" else 1)
    whole = int(exact.to_integral_value())
    if abs(exact - whole) > Decimal("0.5"):
        raise Unreadable(str(number))
    return whole
