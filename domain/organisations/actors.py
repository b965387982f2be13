"""From a person to the actor that the engine knows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from domain.organisations.models import Person, RoleGrant
from engine.actors import Actor, Grant
from engine.clock import now
from engine.db import as_system
from engine.errors import NotFound


def load(session: Session, public_id: UUID) -> Actor:
    """Return the actor for a person with the roles that count at this moment.

    Raises NotFound when there is no such person or the person has been made inactive.
    """
    with as_system(session):
        person = session.scalar(select(Person).where(Person.public_id == public_id, Person.active))
        if person is None:
            raise NotFound(f"no active person {public_id}", kind="person")
        rows = session.scalars(
            select(RoleGrant)
            .where(RoleGrant.person_id == person.id, counts_at(now(session)))
            .order_by(RoleGrant.id)
        ).all()
    return Actor(id=person.public_id, name=person.name, grants=tuple(map(as_grant, rows)))


def counts_at(at: datetime) -> ColumnElement[bool]:
    """Return the condition that a grant counts at a moment; the end is exclusive."""
    return and_(
        RoleGrant.valid_from <= at,
        or_(RoleGrant.valid_until.is_(None), RoleGrant.valid_until > at),
        or_(RoleGrant.revoked_at.is_(None), RoleGrant.revoked_at > at),
    )


def as_grant(row: RoleGrant) -> Grant:
    """Return the engine's view of a role grant."""
    return Grant(row.role, region=row.region, department=row.department, unit_id=row.unit_id)
