"""When an instrument is open: its weekly hours on the working-day calendar, in Shanghai time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from domain import working_days
from domain.instruments.models import Instrument

SHANGHAI = ZoneInfo("Asia/Shanghai")
_MONDAY = "1"


@dataclass(frozen=True, order=True)
class Interval:
    """A half-open stretch of time ``[start, end)``; aware datetimes."""

    start: datetime
    end: datetime

    @property
    def minutes(self) -> int:
        """Return the whole minutes of the stretch."""
        return int((self.end - self.start).total_seconds() // 60)


def periods(session: Session, instrument: Instrument, first: date, count: int) -> list[Interval]:
    """Return the opening periods of ``count`` days from ``first`` as they are written, in order.

    On public holidays an instrument is closed unless it says otherwise; on weekend days that are
    worked (调休) Monday's hours hold.
    """
    return [
        period
        for day in working_days.days(session, first, count)
        for period in _periods_of(instrument, day)
    ]


def _periods_of(instrument: Instrument, day: working_days.Day) -> list[Interval]:
    if day.kind == "holiday" and not instrument.open_on_holidays:
        return []
    weekday = str(day.day.isoweekday())
    hours = instrument.opening.get(weekday, [])
    if day.kind == "adjusted":
        hours = instrument.opening.get(_MONDAY, []) or hours
    return sorted(Interval(at(day.day, start), at(day.day, end)) for start, end in hours)


def at(day: date, clock_time: str) -> datetime:
    """Return the moment of ``"HH:MM"`` on a day in Shanghai; ``"24:00"`` is the next midnight."""
    hours, minutes = map(int, clock_time.split(":"))
    midnight = datetime.combine(day, time(), SHANGHAI)
    return midnight + timedelta(hours=hours, minutes=minutes)


def local_day(moment: datetime) -> date:
    """Return the day in Shanghai of a moment."""
    return moment.astimezone(SHANGHAI).date()


def joined(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same time with touching and overlapping intervals made one."""
    result: list[Interval] = []
    for interval in sorted(intervals):
        if result and interval.start <= result[-1].end:
            result[-1] = Interval(result[-1].start, max(result[-1].end, interval.end))
        else:
            result.append(interval)
    return result


def without(intervals: Iterable[Interval], taken: Iterable[Interval]) -> list[Interval]:
    """Return what is left of the intervals when the taken ones are cut out."""
    cuts = joined(taken)
    left: list[Interval] = []
    for interval in joined(intervals):
        start = interval.start
        for cut in cuts:
            if cut.end <= start or cut.start >= interval.end:
                continue
            if cut.start > start:
                left.append(Interval(start, cut.start))
            start = max(start, cut.end)
        if start < interval.end:
            left.append(Interval(start, interval.end))
    return left
