"""The uses of instruments in a period: finished bookings and what units declare beside them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain.booking.models import Booking
from domain.measures.models import DeclaredUse
from domain.measures.periods import Period
from domain.measures.stretches import Source, Stretch
from domain.organisations.models import Unit

#: A booking in one of these states was used; its time is that from check-in to check-out.
_USED = ("in_use", "finished", "settled")


@dataclass(frozen=True)
class Use:
    """One use of an instrument: when, for whom, and what it earned (fen).

    ``customer`` tells users apart: a unit's public id or the declared name, with a prefix that
    says which; empty where nobody knows. Only ``external`` uses serve another legal entity.
    """

    instrument_id: int
    stretch: Stretch
    external: bool
    customer: str
    enterprise: bool
    charge_fen: int = 0


class Incomes(Protocol):
    """What measures ask of the room of payments: what finished bookings earned, in fen."""

    def of_bookings(self, session: Session, public_ids: Collection[str], /) -> Mapping[str, int]:
        """Return the settled income of bookings by public id; unknown ones are left out."""


class NoIncomes:
    """No payments: bookings earned nothing that this platform knows of."""

    def of_bookings(self, *_: object) -> Mapping[str, int]:
        return {}


@dataclass
class _Wiring:
    incomes: Incomes


_wiring = _Wiring(NoIncomes())


def wire(incomes: Incomes) -> Incomes:
    """Give this process its source of incomes; return the one before."""
    before, _wiring.incomes = _wiring.incomes, incomes
    return before


def in_period(
    session: Session, instrument_ids: Collection[int], period: Period
) -> Mapping[int, list[Use]]:
    """Return the uses that touch a period by instrument, as far as the session's scope shows."""
    found: defaultdict[int, list[Use]] = defaultdict(list)
    for use in (
        *_booked(session, instrument_ids, period),
        *_declared(session, instrument_ids, period),
    ):
        found[use.instrument_id].append(use)
    return found


def _booked(session: Session, instrument_ids: Collection[int], period: Period) -> Iterable[Use]:
    query = (
        select(
            Booking.instrument_id, Booking.public_id, Booking.external,
            Booking.checked_in_at, Booking.checked_out_at, Unit.public_id, Unit.kind,
        )
        .outerjoin(Unit, Unit.id == Booking.person_unit_id)
        .where(
            Booking.instrument_id.in_(instrument_ids),
            Booking.status.in_(_USED),
            Booking.checked_in_at < period.end,
            or_(Booking.checked_out_at.is_(None), Booking.checked_out_at > period.start),
        )
        .order_by(Booking.checked_in_at, Booking.id)
    )  # fmt: skip
    rows = session.execute(query).all()
    incomes = _wiring.incomes.of_bookings(session, [str(row[1]) for row in rows])
    for instrument_id, public_id, external, start, end, unit, kind in rows:
        if start is None:
            continue
        yield Use(
            instrument_id,
            _stretch("booking", public_id, start, end),
            external,
            f"unit:{unit}" if unit else "",
            kind == "enterprise",
            incomes.get(str(public_id), 0),
        )


def _declared(session: Session, instrument_ids: Collection[int], period: Period) -> Iterable[Use]:
    query = (
        select(DeclaredUse, Unit.public_id, Unit.kind)
        .outerjoin(Unit, Unit.id == DeclaredUse.user_unit_id)
        .where(
            DeclaredUse.instrument_id.in_(instrument_ids),
            DeclaredUse.started_at < period.end,
            or_(DeclaredUse.ended_at.is_(None), DeclaredUse.ended_at > period.start),
        )
        .order_by(DeclaredUse.started_at, DeclaredUse.id)
    )
    for row, unit, kind in session.execute(query):
        named = f"name:{row.user_name}" if row.user_name else ""
        yield Use(
            row.instrument_id,
            _stretch("declared", row.public_id, row.started_at, row.ended_at),
            row.external,
            f"unit:{unit}" if unit else named,
            row.enterprise or kind == "enterprise",
            row.charge_fen,
        )


def _stretch(kind: str, public_id: object, start: datetime, end: datetime | None) -> Stretch:
    return Stretch(start, end, Source(kind, str(public_id)))
