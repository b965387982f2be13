"""One instrument's day: current, states and bookings on one axis, in numbers and in words."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from domain.booking.models import Booking
from domain.instruments.models import Instrument
from engine.clock import now
from telemetry import intervals, readings, sensors, telling
from telemetry.intervals import Interval
from telemetry.models import InstrumentWatch, SensorBinding
from telemetry.readings import moment
from telemetry.windows import FLOOR_AMPS, MINUTE, Windows, windows
from web.formats import ZONE
from web.monitor import people
from web.watch.wall import ORDER

#: Bookings that were kept: what was cancelled or missed plans nothing.
_SHOWN = ("held", "confirmed", "in_use", "finished", "settled", "no_show")
_HOURS = 24


@dataclass(frozen=True)
class Booked:
    """A booking of the day; ``who`` is empty where the reader may not know."""

    start: datetime
    end: datetime
    status: str
    who: str


@dataclass(frozen=True)
class Hour:
    """An hour's current in amperes; none where nothing was heard."""

    start: datetime
    mean: float | None
    most: float | None


@dataclass(frozen=True)
class Day:
    """All that the page shows of ``[start, end)``; ``told_until``: later time has not come."""

    on: date
    start: datetime
    end: datetime
    told: list[Interval]
    booked: list[Booked]
    seen: Windows
    heard: int
    expected: int
    missing: int
    interval: int

    @property
    def hours(self) -> dict[str, float]:
        """Return the hours of each state, in the order of the wall."""
        total = intervals.hours(self.told)
        return {state: total[state] for state in ORDER}

    @property
    def shares(self) -> dict[str, float]:
        """Return per cent of the known time; offline: of all the told time."""
        return intervals.shares(self.told)


def bounds(on: date) -> tuple[datetime, datetime]:
    """Return a day's ends in Shanghai."""
    start = datetime.combine(on, time(), ZONE)
    return start, start + timedelta(days=1)


def may_see(session: Session, instrument: Instrument) -> bool:
    """Tell whether the reader sees this instrument's current: the database decides."""
    query = select(SensorBinding.id).where(SensorBinding.instrument_id == instrument.id)
    return session.scalar(query.limit(1)) is not None


def read(session: Session, instrument: Instrument, on: date) -> Day:
    """Collect what is known of a day; everything goes through row-level security."""
    start, end = bounds(on)
    until = min(end, max(start, now(session)))
    bound = sensors.bindings(session, instrument.id, start, end)
    pieces, heard, missing, expected = [], 0, 0, 0.0
    for each in bound:
        first = max(start, each.during.lower or start)
        last = min(until, each.during.upper or until)
        found = readings.read(session, each.sensor_id, first, last)
        gaps = readings.gaps(session, each.sensor_id, first, last)
        pieces.append(found)
        heard += len(found.ts)
        missing += sum(gap.missing for gap in gaps)
        expected += max(0.0, (last - first).total_seconds()) / each.sensor.interval_seconds
    joined = readings.together(pieces)
    seen = windows(joined, start.timestamp(), until.timestamp())
    told = telling.between(session, instrument.id, start, end)
    every = bound[-1].sensor.interval_seconds if bound else MINUTE
    booked = _booked(session, instrument, start, end)
    return Day(on, start, end, told, booked, seen, heard, round(expected), missing, every)


def _booked(
    session: Session, instrument: Instrument, start: datetime, end: datetime
) -> list[Booked]:
    query = (
        select(Booking)
        .where(
            Booking.instrument_id == instrument.id,
            Booking.status.in_(_SHOWN),
            Booking.during.op("&&")(Range(start, end, bounds="[)")),
        )
        .order_by(Booking.during)
    )
    rows = list(session.scalars(query))
    names = people.names(session, {row.person_id for row in rows})
    return [
        Booked(max(r.start, start), min(r.end, end), r.status, names.get(r.person_id, ""))
        for r in rows
    ]


def by_hour(day: Day) -> list[Hour]:
    """Return the current of each hour: the table behind the curve."""
    found = []
    for number in range(_HOURS):
        part = slice(number * 60, (number + 1) * 60)
        level, high = day.seen.median[part], day.seen.high[part]
        known = ~np.isnan(level)
        start = day.start + timedelta(hours=number)
        if known.any():
            mean, most = float(_amps(level[known]).mean()), float(_amps(high[known]).max())
            found.append(Hour(start, round(mean, 2), round(most, 2)))
        elif len(level):
            found.append(Hour(start, None, None))
    return found


def _amps(level: Any) -> Any:  # noqa: ANN401 - numpy's arrays
    return np.maximum(10**level - FLOOR_AMPS, 0.0)


def chart(day: Day) -> dict[str, Any]:
    """Return what the chart draws: milliseconds of Zhejiang's wall clock, amperes."""
    shift = ZONE.utcoffset(day.start)
    assert shift is not None  # noqa: S101 - the zone has an offset

    def wall(seconds: float) -> int:
        return round((seconds + shift.total_seconds()) * 1000)

    level, high = _amps(day.seen.median), _amps(day.seen.high)
    return {
        "start": wall(day.start.timestamp()),
        "end": wall(day.end.timestamp()),
        "current": [
            [wall(at), None, None]
            if np.isnan(a)
            else [wall(at), round(float(a), 3), round(float(b), 3)]
            for at, a, b in zip(day.seen.minutes, level, high, strict=True)
        ],
        "states": [
            {"start": wall(i.start), "end": wall(i.end), "state": i.state} for i in day.told
        ],
        "bookings": [
            {
                "start": wall(b.start.timestamp()),
                "end": wall(b.end.timestamp()),
                "status": b.status,
                "who": b.who,
            }
            for b in day.booked
        ],
    }


def standing(session: Session, instrument: Instrument) -> InstrumentWatch | None:
    """Return how the instrument stands now."""
    return session.get(InstrumentWatch, instrument.id)


def rows(day: Day) -> list[dict[str, Any]]:
    """Return the told intervals as the page's table shows them."""
    return [
        {
            "start": moment(each.start),
            "end": moment(each.end),
            "length": timedelta(seconds=each.end - each.start),
            "state": each.state,
            "confidence": each.confidence,
        }
        for each in day.told
    ]
