"""What measures ask of telemetry, entries and payments, answered from their tables."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from domain.entries.models import Entry
from domain.measures import StateInterval
from domain.measures import sensors as sensor_port
from domain.measures import uses as use_port
from domain.measures.sensors import STATES
from domain.payments.models import ServiceOrder
from engine.db import as_system
from telemetry.models import SensorBinding
from telemetry.models import StateInterval as Recorded


class RecordedSensors:
    """The sensors port from telemetry's intervals and bindings and the entries' waivers."""

    def intervals(
        self, session: Session, instrument_ids: Collection[int], start: datetime, end: datetime, /
    ) -> Sequence[StateInterval]:
        query = (
            select(Recorded)
            .where(
                Recorded.instrument_id.in_(instrument_ids),
                Recorded.during.op("&&")(Range(start, end, bounds="[)")),
            )
            .order_by(Recorded.instrument_id, Recorded.during)
        )
        known = {state: state for state in STATES}
        with as_system(session):
            return [
                StateInterval(
                    row.instrument_id, known[row.state], row.during.lower, row.during.upper,
                    str(row.id),
                )
                for row in session.scalars(query)
                if row.during.lower is not None and row.state in known
            ]  # fmt: skip

    def bound(self, session: Session, instrument_ids: Collection[int], at: datetime, /) -> set[int]:
        query = select(SensorBinding.instrument_id).where(
            SensorBinding.instrument_id.in_(instrument_ids), SensorBinding.during.contains(at)
        )
        with as_system(session):
            return set(session.scalars(query))

    def waived(
        self, session: Session, instrument_ids: Collection[int], at: datetime, /
    ) -> set[int]:
        del at  # a waiver of an entry holds from then on
        query = select(Entry.instrument_id).where(
            Entry.instrument_id.in_(instrument_ids), Entry.waived
        )
        with as_system(session):
            return {each for each in session.scalars(query) if each is not None}


class OrderIncomes:
    """The incomes port from settled orders: what the unit earned, by whomever it was paid."""

    def of_bookings(self, session: Session, public_ids: Collection[str], /) -> Mapping[str, int]:
        earned = ServiceOrder.gross_fen - ServiceOrder.discount_fen
        query = select(ServiceOrder.booking_id, earned).where(
            ServiceOrder.booking_id.in_([UUID(each) for each in public_ids]),
            ServiceOrder.status == "settled",
        )
        with as_system(session):
            return {str(booking): fen for booking, fen in session.execute(query)}


def wire() -> None:
    """Give measures of this process their sources."""
    sensor_port.wire(RecordedSensors())
    use_port.wire(OrderIncomes())
