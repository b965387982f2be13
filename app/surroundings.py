"""What telemetry asks of instruments and bookings, answered by the domain (telemetry.ports)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from domain import instruments
from domain.booking.models import Booking
from domain.booking.opening import joined, local_day, periods
from domain.instruments.models import Instrument
from engine.db import as_system
from telemetry import ports
from telemetry.ports import Place, Use

#: Bookings that were kept; a cancelled or missed one plans nothing.
_COUNTS = ("confirmed", "in_use", "finished", "settled")
_USED = ("in_use", "finished", "settled")


def place_of(instrument: Instrument) -> Place:
    """Return an instrument as telemetry sees it."""
    return Place(
        instrument.id, instrument.public_id, instrument.unit_id, list(instrument.region_path)
    )


class DomainSurroundings:
    """The port's answer from the domain's own verbs."""

    def place(self, session: Session, instrument_id: UUID) -> Place:
        return place_of(instruments.read(session, instrument_id))

    def uses(self, session: Session, place: Place, start: datetime, end: datetime) -> Sequence[Use]:
        query = (
            select(Booking)
            .where(
                Booking.instrument_id == place.id,
                Booking.status.in_(_COUNTS),
                Booking.during.op("&&")(Range(start, end, bounds="[)")),
            )
            .order_by(Booking.id)
        )
        with as_system(session):
            return [
                Use(each.start, each.end, each.status in _USED) for each in session.scalars(query)
            ]

    def open_times(
        self, session: Session, place: Place, start: datetime, end: datetime
    ) -> Sequence[tuple[datetime, datetime]]:
        instrument = session.get_one(Instrument, place.id)
        first = local_day(start)
        days = (local_day(end) - first).days + 1
        return [
            (max(each.start, start), min(each.end, end))
            for each in joined(periods(session, instrument, first, days))
            if each.end > start and each.start < end
        ]


def wire() -> None:
    """Give telemetry of this process its surroundings."""
    ports.wire(DomainSurroundings())
