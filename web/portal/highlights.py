"""What the home page offers before anybody has searched: free soonest, booked most."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from domain.booking import Booking, Slot, free_slots
from domain.booking.opening import local_day
from domain.instruments import Instrument
from engine.clock import now
from engine.db import as_system

#: Instruments looked at for free times, days looked ahead, and cards shown.
_CANDIDATES = 18
_AHEAD = 4
_SHOWN = 6
_POPULAR_WINDOW = timedelta(days=30)


@dataclass(frozen=True)
class Free:
    """An instrument with its next free time; ``is_now`` when one can walk in."""

    instrument: Instrument
    slot: Slot
    is_now: bool


def free_soonest(session: Session) -> list[Free]:
    """Return instruments open to everybody with the nearest free times."""
    present = now(session)
    found = session.scalars(_candidates(str(local_day(present))))
    free = [each for each in (_next(session, i, present) for i in found) if each]
    return sorted(free, key=lambda each: each.slot.start)[:_SHOWN]


def _candidates(day: str) -> Select[Instrument]:
    """Return one instrument of each unit, others each day: nobody always stands in front."""
    draw = func.md5(func.concat(Instrument.public_id, day))
    turn = func.row_number().over(partition_by=Instrument.unit_id, order_by=draw)
    drawn = (
        select(Instrument.id, turn.label("turn"), draw.label("draw"))
        .where(
            Instrument.lifecycle == "online",
            Instrument.share_mode == "external",
            Instrument.run_status.in_(("normal", "occasional_fault")),
        )
        .subquery()
    )
    return (
        select(Instrument)
        .join(drawn, drawn.c.id == Instrument.id)
        .order_by(drawn.c.turn, drawn.c.draw)
        .limit(_CANDIDATES)
        .options(joinedload(Instrument.unit))
    )


def _next(session: Session, instrument: Instrument, present: datetime) -> Free | None:
    slots = free_slots(session, instrument, local_day(present), _AHEAD)
    if not slots:
        return None
    soon = present + timedelta(minutes=instrument.step_minutes)
    return Free(instrument, slots[0], slots[0].start <= soon)


def popular(session: Session) -> list[Instrument]:
    """Return the instruments with the most bookings of the last thirty days."""
    since = now(session) - _POPULAR_WINDOW
    counted = (
        select(Booking.instrument_id)
        .where(Booking.created_at > since)
        .group_by(Booking.instrument_id)
        .order_by(func.count().desc(), Booking.instrument_id)
        .limit(_SHOWN)
    )
    with as_system(session):
        ids = list(session.scalars(counted))
    query = select(Instrument).where(Instrument.id.in_(ids)).options(joinedload(Instrument.unit))
    by_id = {each.id: each for each in session.scalars(query)}
    return [by_id[id_] for id_ in ids if id_ in by_id]


def similar(session: Session, instrument: Instrument, count: int = 3) -> list[Instrument]:
    """Return other instruments of the same class that take bookings, nearest places first."""
    query = (
        select(Instrument)
        .where(
            Instrument.id != instrument.id,
            Instrument.lifecycle == "online",
            Instrument.share_mode == "external",
            Instrument.class_code.startswith(instrument.class_code[:4]),
        )
        .order_by(
            (Instrument.class_code == instrument.class_code).desc(),
            (Instrument.region == instrument.region).desc(),
            (func.left(Instrument.region, 4) == instrument.region[:4]).desc(),
            Instrument.id,
        )
        .limit(count)
        .options(joinedload(Instrument.unit))
    )
    return list(session.scalars(query))
