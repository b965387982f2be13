"""Choosing a time: the lists beside the calendar, and the time that an address names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from domain.booking import Interval, calendar, free_slots, free_times
from domain.booking.opening import at, local_day
from domain.instruments import Instrument
from engine.clock import now
from engine.errors import InvalidSubmission
from web.formats import ZONE, time_of_day, weekday

_MIDNIGHT = "24:00"
_DAY = timedelta(days=1)
_LONGEST_CALENDAR = timedelta(days=45)
_QUICK = 6
_DEFAULT_HOURS = ("08:00", "18:00")


@dataclass(frozen=True)
class DayChoice:
    """A day in the list: when it is, and whether anything is free on it."""

    day: date
    is_free: bool


def days(session: Session, instrument: Instrument) -> list[DayChoice]:
    """Return the days up to the instrument's horizon, those with free time marked."""
    today = local_day(now(session))
    free = free_times(session, instrument, today, instrument.horizon_days + 1)
    least = timedelta(minutes=instrument.min_minutes)
    open_days: set[date] = set()
    for stretch in free:
        if stretch.end - stretch.start >= least:
            first, last = local_day(stretch.start), local_day(stretch.end - timedelta(seconds=1))
            open_days |= {first + _DAY * n for n in range((last - first).days + 1)}
    count = instrument.horizon_days + 1
    return [DayChoice(d, d in open_days) for d in (today + _DAY * n for n in range(count))]


def times(instrument: Instrument) -> list[str]:
    """Return the times of day on the instrument's grid between opening and closing."""
    opens, closes = hours(instrument)
    step = timedelta(minutes=instrument.step_minutes)
    day = date(2000, 1, 3)
    moment, end, found = at(day, opens), at(day, closes), []
    while moment <= end:
        found.append(_MIDNIGHT if moment.date() > day else f"{moment:%H:%M}")
        moment += step
    return found


def hours(instrument: Instrument) -> tuple[str, str]:
    """Return the earliest opening and the latest closing time of any day of the week."""
    spans = [span for day in instrument.opening.values() for span in day]
    if not spans:
        return _DEFAULT_HOURS
    return min(span[0] for span in spans), max(span[1] for span in spans)


def quick(session: Session, instrument: Instrument) -> list[Interval]:
    """Return the next few free times that can be taken as they are."""
    slots = free_slots(session, instrument, local_day(now(session)), instrument.horizon_days)
    return slots[:_QUICK]


def shortest_end(instrument: Instrument, slots: list[Interval]) -> str:
    """Return when the shortest booking from the first free time ends."""
    if not slots:
        return ""
    length = timedelta(minutes=max(instrument.min_minutes, instrument.step_minutes))
    return time_of_day(min(slots[0].start + length, slots[0].end))


def week(instrument: Instrument) -> list[tuple[str, list[list[str]]]]:
    """Return the opening hours by day of the week, Monday first."""
    monday = date(2000, 1, 3)
    return [(weekday(monday + _DAY * n), instrument.opening.get(str(n + 1), [])) for n in range(7)]


def asked(arguments: Mapping[str, str]) -> Interval:
    """Read a time from an address: start and end (ISO 8601), or day, from and to.

    Raises InvalidSubmission where it is no time at all.
    """
    try:
        if arguments.get("start"):
            return Interval(_moment(arguments["start"]), _moment(arguments["end"]))
        day = date.fromisoformat(arguments["day"])
        return Interval(at(day, arguments["from"]), at(day, arguments["to"]))
    except (KeyError, ValueError, OverflowError) as error:
        raise InvalidSubmission({"start": [{"code": "not_a_date"}]}) from error


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)


def chart(session: Session, instrument: Instrument, arguments: Mapping[str, str]) -> dict[str, Any]:
    """Return free and taken times for the calendar, as wall-clock times of Zhejiang."""
    span = asked(arguments)
    end = min(span.end, span.start + _LONGEST_CALENDAR)
    first = local_day(span.start)
    free = free_times(session, instrument, first, (local_day(end) - first).days + 1)
    taken = calendar(session, instrument, span.start, end).busy
    return {
        "free": [_wall(each.start, each.end) for each in free],
        "busy": [{**_wall(each.start, each.end), "mine": each.mine} for each in taken],
    }


def _wall(start: datetime, end: datetime) -> dict[str, str]:
    return {"start": wall(start), "end": wall(end)}


def wall(moment: datetime) -> str:
    """Write a moment as the clock on the wall in Zhejiang shows it, without offset."""
    return moment.astimezone(ZONE).replace(tzinfo=None).isoformat(timespec="minutes")


def last_day(session: Session, instrument: Instrument) -> datetime:
    """Return the midnight after the last day that can be booked."""
    day = local_day(now(session)) + _DAY * (instrument.horizon_days + 1)
    return datetime.combine(day, time(), ZONE)
