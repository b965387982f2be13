"""Who may use which instrument by themselves."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, literal, or_, select
from sqlalchemy.orm import Session

from domain.booking.models import Qualification
from domain.instruments.models import Instrument
from domain.organisations.models import Person
from engine.actors import Actor, Scope, covers
from engine.clock import now
from engine.db import as_system
from engine.errors import NotAllowed, NotFound

#: Roles whose holders train users and vouch for them, within their unit.
_TRAINERS = frozenset({"instrument_manager", "unit_administrator"})


def is_qualified(session: Session, person_id: UUID, instrument: Instrument) -> bool:
    """Tell whether a person may use an instrument alone at this moment."""
    query = select(Qualification.id).where(
        Qualification.person_id == person_id,
        _valid_at(now(session)),
        _meets(instrument),
    )
    with as_system(session):
        return session.scalar(query.limit(1)) is not None


def of_person(session: Session, person_id: UUID) -> list[Qualification]:
    """Return a person's valid qualifications, as far as the session's scope shows them."""
    query = select(Qualification).where(
        Qualification.person_id == person_id, _valid_at(now(session))
    )
    return list(session.scalars(query.order_by(Qualification.id)))


def qualify(
    session: Session,
    person_id: UUID,
    instrument: Instrument,
    *,
    by: Actor,
    until: datetime | None = None,
    evidence: str = "",
) -> Qualification:
    """Note that a person has been trained on an instrument.

    Raises NotAllowed unless ``by`` trains for the instrument's unit and vouches for another.
    """
    _check_trainer(by, instrument.unit_id, person_id)
    with as_system(session):
        known = select(Person.id).where(Person.public_id == person_id, Person.active)
        if session.scalar(known) is None:
            raise NotFound(f"no active person {person_id}", kind="person")
        row = Qualification(
            person_id=person_id,
            instrument_id=instrument.id,
            evidence=evidence,
            valid_from=now(session),
            valid_until=until,
            granted_by=by.id,
            unit_id=instrument.unit_id,
            region_path=instrument.region_path,
        )
        session.add(row)
        session.flush()
    return row


def withdraw(session: Session, qualification_id: UUID, *, by: Actor) -> Qualification:
    """End a qualification now; a second call changes nothing. Raises NotFound, NotAllowed."""
    row = session.scalar(select(Qualification).where(Qualification.public_id == qualification_id))
    if row is None:
        raise NotFound(f"no qualification {qualification_id}", kind="qualification")
    _check_trainer(by, row.unit_id, row.person_id)
    with as_system(session):
        row.withdrawn_at = row.withdrawn_at or now(session)
        session.flush()
    return row


def _check_trainer(by: Actor, unit_id: int, person_id: UUID) -> None:
    trains = by.is_system or any(
        grant.role in _TRAINERS and covers(grant, Scope(unit_id=unit_id)) for grant in by.grants
    )
    if not trains or by.id == person_id:
        raise NotAllowed("only the unit's trainers vouch for a user, and never for themselves")


def _valid_at(at: datetime) -> ColumnElement[bool]:
    return and_(
        Qualification.valid_from <= at,
        or_(Qualification.valid_until.is_(None), Qualification.valid_until > at),
        or_(Qualification.withdrawn_at.is_(None), Qualification.withdrawn_at > at),
    )


def _meets(instrument: Instrument) -> ColumnElement[bool]:
    return or_(
        Qualification.instrument_id == instrument.id,
        and_(
            Qualification.unit_id == instrument.unit_id,
            literal(instrument.class_code).startswith(Qualification.class_prefix),
        ),
    )
