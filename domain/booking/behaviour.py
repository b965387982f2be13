"""How a person has behaved: facts for the conduct decision and for the person's own page."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.booking.models import Booking
from domain.instruments.models import Instrument
from engine.clock import now
from engine.db import as_system

#: Shown credit starts here and loses points as below; decisions read the counts, not the credit.
FULL_CREDIT = 100
LOST_BY_NO_SHOW = 20
LOST_BY_LATE_CANCELLATION = 5
LOST_BY_LATE_ARRIVAL = 5


@dataclass(frozen=True)
class Conduct:
    """Counts of the past ``days`` days; ``open`` counts times kept now and to come."""

    days: int
    no_shows: int
    cancellations: int
    late_cancellations: int
    late_arrivals: int
    finished: int
    open: int

    @property
    def credit(self) -> int:
        """Return 0 to 100 for the person's page; a plain sum that anybody can follow."""
        lost = (
            LOST_BY_NO_SHOW * self.no_shows
            + LOST_BY_LATE_CANCELLATION * self.late_cancellations
            + LOST_BY_LATE_ARRIVAL * self.late_arrivals
        )
        return max(0, FULL_CREDIT - lost)


def conduct(
    session: Session,
    person_id: UUID,
    *,
    days: int = 90,
    late_notice: timedelta = timedelta(hours=24),
    late_arrival: timedelta = timedelta(minutes=30),
) -> Conduct:
    """Return a person's conduct over the past days.

    A cancellation is late when it came less than ``late_notice`` before the start; an arrival
    when it came more than ``late_arrival`` after it. Reads all units' bookings, so callers show
    it to the person and feed it to decisions only.
    """
    status, start = Booking.status, func.lower(Booking.during)
    recent = func.lower(Booking.during) >= now(session) - timedelta(days=days)
    cancelled = (status == "cancelled") & recent
    ended = status.in_(("finished", "settled"))
    query = select(
        func.count().filter((status == "no_show") & recent),
        func.count().filter(cancelled),
        func.count().filter(cancelled & (Booking.closed_at > start - late_notice)),
        func.count().filter(recent & (Booking.checked_in_at > start + late_arrival)),
        func.count().filter(recent & ended),
        func.count().filter(status.in_(("held", "confirmed", "in_use"))),
    ).where(Booking.person_id == person_id)
    with as_system(session):
        counts = session.execute(query).one()
    return Conduct(days, *(int(count) for count in counts))


def has_used(session: Session, person_id: UUID, instrument: Instrument) -> bool:
    """Tell whether a person has used this instrument before (a first use may need approval)."""
    query = select(Booking.id).where(
        Booking.person_id == person_id,
        Booking.instrument_id == instrument.id,
        Booking.status.in_(("finished", "settled")),
    )
    with as_system(session):
        return session.scalar(query.limit(1)) is not None
