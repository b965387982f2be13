"""How times, money and other values are shown, in Chinese and in English."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import get_locale, gettext

ZONE = ZoneInfo("Asia/Shanghai")
_FEN_IN_YUAN = 100
_FEN_IN_WAN = 1_000_000
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 - readable
_DAYS_ZH = "一二三四五六日"
_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def language() -> str:
    """Return the language of this request: ``zh`` or ``en``."""
    return str(get_locale() or "zh")[:2]


def in_words(names: tuple[str, str]) -> str:
    """Return a name that the house keeps in Chinese and English in the request's language."""
    zh, en = names
    return zh if language() == "zh" else en


def local(at: datetime) -> datetime:
    """Return an aware time as the clock on the wall in Zhejiang shows it."""
    return at.astimezone(ZONE)


def _parsed(at: datetime | str) -> datetime:
    return at if isinstance(at, datetime) else datetime.fromisoformat(at)


def day(on: date | datetime | str) -> str:
    """Show a date: 2026年11月23日, or 23 Nov 2026."""
    if isinstance(on, str):
        on = datetime.fromisoformat(on)
    if isinstance(on, datetime):
        on = local(on).date()
    if language() == "zh":
        return f"{on.year}年{on.month}月{on.day}日"
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def weekday(on: date | datetime) -> str:
    """Show the day of the week: 周一, or Mon."""
    if isinstance(on, datetime):
        on = local(on).date()
    return f"周{_DAYS_ZH[on.weekday()]}" if language() == "zh" else _DAYS_EN[on.weekday()]


def long_day(on: date | datetime) -> str:
    """Show a date with its day of the week: 2026年11月23日 周一, or Mon 23 Nov 2026."""
    parts = (day(on), weekday(on))
    return " ".join(parts if language() == "zh" else reversed(parts))


def time_of_day(at: datetime | str) -> str:
    """Show the time of day: 14:30."""
    return f"{local(_parsed(at)):%H:%M}"


def when(at: datetime | str | None) -> str:
    """Show a time: 2026年11月23日 14:30; a dash for none."""
    return f"{day(at)} {time_of_day(at)}" if at else "—"


def span(start: datetime, end: datetime) -> str:
    """Show an interval; the day is named once where both ends lie on it."""
    if local(start).date() == local(end).date():
        return f"{when(start)}–{time_of_day(end)}"
    return f"{when(start)} – {when(end)}"


def duration(length: timedelta) -> str:
    """Show a length of time in days, hours and minutes."""
    minutes = int(length.total_seconds() // 60)
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = [
        gettext("%(n)s d", n=days) if days else "",
        gettext("%(n)s h", n=hours) if hours else "",
        gettext("%(n)s min", n=minutes) if minutes else "",
    ]
    return " ".join(part for part in parts if part) or gettext("%(n)s min", n=0)


def yuan(fen: int | None) -> str:
    """Show an amount of money given in fen: 1,234.50 元."""
    if fen is None:
        return "—"
    return str(gettext("CNY %(amount)s", amount=f"{fen / _FEN_IN_YUAN:,.2f}"))


def wan(fen: int | None) -> str:
    """Show a large amount given in fen in units of ten thousand yuan: 123.40 万元."""
    if fen is None:
        return "—"
    return str(gettext("CNY %(amount)s × 10,000", amount=f"{fen / _FEN_IN_WAN:,.2f}"))


def number(value: float) -> str:
    """Show a number with thousands separated."""
    return f"{value:,}"


FILTERS: dict[str, Any] = {
    "when": when,
    "day": day,
    "weekday": weekday,
    "long_day": long_day,
    "time_of_day": time_of_day,
    "duration": duration,
    "yuan": yuan,
    "wan": wan,
    "number": number,
}
