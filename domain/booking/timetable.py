"""An instrument's calendar for everybody: open and taken times, naming nobody."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from domain.booking import slots
from domain.booking.opening import SHANGHAI, Interval, joined, local_day, periods
from domain.instruments.models import Instrument
from engine.actors import Actor


@dataclass(frozen=True)
class Busy:
    """A taken time. ``booking_id`` is given for the reader's own booking and for nobody else's."""

    start: datetime
    end: datetime
    status: str
    mine: bool = False
    booking_id: UUID | None = None


@dataclass(frozen=True)
class Calendar:
    """Open and taken times between two moments, in Shanghai's offset."""

    open: list[Interval]
    busy: list[Busy]


def calendar(session: Session, instrument: Instrument, start: datetime, end: datetime) -> Calendar:
    """Return when an instrument is open and taken between two moments."""
    first = local_day(start)
    days = (local_day(end) - first).days + 1
    opening = [
        Interval(max(p.start, start).astimezone(SHANGHAI), min(p.end, end).astimezone(SHANGHAI))
        for p in joined(periods(session, instrument, first, days))
        if p.end > start and p.start < end
    ]
    actor: Actor | None = session.info.get("actor")
    taken = []
    for booking in slots.busy(session, instrument, start, end):
        mine = actor is not None and booking.person_id == actor.id
        taken.append(
            Busy(
                booking.start.astimezone(SHANGHAI),
                booking.end.astimezone(SHANGHAI),
                booking.status,
                mine,
                booking.public_id if mine else None,
            )
        )
    return Calendar(opening, taken)
