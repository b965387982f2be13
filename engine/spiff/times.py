"""ISO 8601 points, durations and cycles as timers use them; no clock is read here."""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.errors import ExpressionFailed

#: Dates and times that name no offset are meant here.
ZONE = ZoneInfo("Asia/Shanghai")
_DURATION = re.compile(
    r"(?P<sign>-)?P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_CYCLE = re.compile(r"R(?P<times>\d*)/(?P<rest>.+)")
_MONTHS_A_YEAR = 12


def text_of(value: Any) -> str:
    """Return the ISO text of a literal or tagged temporal; anything else is refused."""
    if isinstance(value, dict) and "@value" in value:
        return str(value["@value"])
    if isinstance(value, str) and value:
        return value
    raise ExpressionFailed(
        f"not a time: {value!r}", expression=str(value), reason="not a time", kind="not_a_time"
    )


def moment(value: Any) -> datetime:
    """Return a point in time (UTC) from ISO text or a tagged temporal.

    A date means its first instant; without an offset the time is Asia/Shanghai's.
    """
    text = re.sub(r"[@\[].*$", "", text_of(value))
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise _bad(text) from error
    return (at if at.tzinfo else at.replace(tzinfo=ZONE)).astimezone(UTC)


def after(start: datetime, value: Any) -> datetime:
    """Return ``start`` plus an ISO duration; months and years follow Shanghai's calendar."""
    text = text_of(value)
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        raise _bad(text)
    parts = {name: float(found or 0) for name, found in match.groupdict().items() if name != "sign"}
    sign = -1 if match["sign"] else 1
    months = sign * int(parts.pop("years") * _MONTHS_A_YEAR + parts.pop("months"))
    local = _add_months(start.astimezone(ZONE), months)
    return local.astimezone(UTC) + sign * timedelta(**parts)


def _add_months(local: datetime, months: int) -> datetime:
    if not months:
        return local
    total = local.year * _MONTHS_A_YEAR + local.month - 1 + months
    year, month = divmod(total, _MONTHS_A_YEAR)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day)


def cycle(value: Any, now: datetime) -> tuple[int, datetime, str]:
    """Split ``R3/PT1H`` or ``R/2026-12-01T09:00:00/P1D`` into times (-1: for ever), first, step."""
    text = text_of(value)
    match = _CYCLE.fullmatch(text)
    if match is None:
        raise _bad(text)
    times = int(match["times"]) if match["times"] else -1
    start, _, step = match["rest"].rpartition("/")
    first = moment(start) if start else after(now, step)
    if after(first, step) <= first:
        raise _bad(text)
    return times, first, step


def _bad(text: str) -> ExpressionFailed:
    return ExpressionFailed(
        f"not an ISO 8601 time: {text!r}", expression=text, reason="not ISO 8601", kind="not_a_time"
    )
