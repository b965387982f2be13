"""Which times of an instrument can be booked, and why another time cannot."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from domain.booking.models import Booking
from domain.booking.opening import SHANGHAI, Interval, at, joined, local_day, periods, without
from domain.booking.states import KEEPS_TIME
from domain.errors import (
    BeyondHorizon,
    EmptySlot,
    InThePast,
    OffStep,
    OutsideOpeningHours,
    TooLong,
    TooShort,
    TooSoon,
)
from domain.instruments.models import Instrument
from engine.clock import now
from engine.db import as_system

#: A free stretch that may be booked as it stands.
Slot = Interval
#: Running states in which an instrument takes bookings.
_RUNNING = frozenset({"normal", "occasional_fault", "frequent_fault"})


def is_bookable(instrument: Instrument) -> bool:
    """Tell whether the instrument takes bookings at all now."""
    return instrument.lifecycle == "online" and instrument.run_status in _RUNNING


def check(session: Session, instrument: Instrument, wanted: Interval) -> None:
    """Raise a BookingError unless the instrument's rules allow this time.

    Whether the time is still free is another matter: ``bookings.hold`` settles that.
    """
    _check_when(session, instrument, wanted)
    _check_length(instrument, wanted)
    _check_open(session, instrument, wanted)


def _check_when(session: Session, instrument: Instrument, wanted: Interval) -> None:
    present = now(session)
    if wanted.end <= wanted.start:
        raise EmptySlot("the end is not after the start")
    if wanted.start < present:
        raise InThePast("the time has begun", start=wanted.start.isoformat())
    if wanted.start < present + timedelta(minutes=instrument.notice_minutes):
        raise TooSoon("too little notice", minutes=instrument.notice_minutes)
    if local_day(wanted.start) > _last_day(instrument, present):
        raise BeyondHorizon("too far ahead", days=instrument.horizon_days)


def _last_day(instrument: Instrument, present: datetime) -> date:
    return local_day(present) + timedelta(days=instrument.horizon_days)


def _check_length(instrument: Instrument, wanted: Interval) -> None:
    length = wanted.end - wanted.start
    if length < timedelta(minutes=instrument.min_minutes):
        raise TooShort("shorter than the minimum", minutes=instrument.min_minutes)
    if length > timedelta(minutes=instrument.max_minutes):
        raise TooLong("longer than the maximum", minutes=instrument.max_minutes)


def _check_open(session: Session, instrument: Instrument, wanted: Interval) -> None:
    first = local_day(wanted.start)
    count = (local_day(wanted.end) - first).days + 1
    opening = periods(session, instrument, first, count)
    if not any(p.start <= wanted.start and wanted.end <= p.end for p in joined(opening)):
        raise OutsideOpeningHours("not open all the time", date=first.isoformat())
    step = timedelta(minutes=instrument.step_minutes)
    period = next(p for p in reversed(opening) if p.start <= wanted.start)
    if (wanted.start - period.start) % step or (wanted.end - wanted.start) % step:
        raise OffStep("not on the grid", minutes=instrument.step_minutes)


def busy(session: Session, instrument: Instrument, start: datetime, end: datetime) -> list[Booking]:
    """Return the bookings that keep time of an instrument between two moments, in order.

    Only for use inside the domain: callers outside get ``calendar``, which names nobody. Reads
    with the platform's eyes because a time is taken for everybody.
    """
    query = (
        select(Booking)
        .where(
            Booking.instrument_id == instrument.id,
            Booking.status.in_(KEEPS_TIME),
            Booking.during.op("&&")(Range(start, end)),
        )
        .order_by(Booking.during)
    )
    with as_system(session):
        return list(session.scalars(query))


def free_times(
    session: Session, instrument: Instrument, first_day: date, days: int
) -> list[Interval]:
    """Return the longest free stretches of the coming days, however long or short."""
    if not is_bookable(instrument):
        return []
    present = now(session)
    last_day = min(first_day + timedelta(days=days - 1), _last_day(instrument, present))
    first_day = max(first_day, local_day(present))
    count = (last_day - first_day).days + 1
    if count <= 0:
        return []
    opening = periods(session, instrument, first_day, count)
    earliest = present + timedelta(minutes=instrument.notice_minutes)
    start, end = at(first_day, "00:00"), at(last_day, "24:00")
    taken = [Interval(b.start, b.end) for b in busy(session, instrument, start, end)]
    gone = Interval(start, earliest) if earliest > start else None
    return without(opening, [*taken, gone] if gone else taken)


def free_slots(session: Session, instrument: Instrument, first_day: date, days: int) -> list[Slot]:
    """Return free times that can be booked just as they are, in order.

    A free stretch longer than the instrument's maximum is cut into several slots. Times are in
    Shanghai's offset.
    """
    free = free_times(session, instrument, first_day, days)
    if not free:
        return []
    first = local_day(free[0].start)
    opening = periods(session, instrument, first, (local_day(free[-1].end) - first).days + 1)
    starts = [period.start for period in opening]
    return [slot for stretch in free for slot in _pieces(instrument, stretch, starts)]


def _pieces(
    instrument: Instrument, stretch: Interval, openings: Iterable[datetime]
) -> Iterable[Slot]:
    step = timedelta(minutes=instrument.step_minutes)
    least = timedelta(minutes=instrument.min_minutes)
    most = timedelta(minutes=instrument.max_minutes) // step * step
    origin = max((o for o in openings if o <= stretch.start), default=stretch.start)
    start = stretch.start + (origin - stretch.start) % step
    while stretch.end - start >= least:
        length = min(most, (stretch.end - start) // step * step)
        if length < least:
            return
        yield Slot(start.astimezone(SHANGHAI), (start + length).astimezone(SHANGHAI))
        start += length
