"""People: their names for pages, and the person behind a public id."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.organisations.models import Person
from engine.actors import SYSTEM
from engine.db import as_system
from engine.errors import NotFound


def names(session: Session, public_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the names of people by public id, for pages; unknown ids are left out.

    A name is all that everybody may know of everybody, so this reads with the platform's eyes.
    """
    wanted = set(public_ids)
    found = {SYSTEM.id: SYSTEM.name} if SYSTEM.id in wanted else {}
    wanted.discard(SYSTEM.id)
    if wanted:
        query = select(Person.public_id, Person.name).where(Person.public_id.in_(wanted))
        with as_system(session):
            found.update((public_id, name) for public_id, name in session.execute(query))
    return found


def read(session: Session, public_id: UUID) -> Person:
    """Return a person; raises NotFound where the session's scope hides them."""
    person = session.scalar(select(Person).where(Person.public_id == public_id))
    if person is None:
        raise NotFound(f"no person {public_id}", kind="person")
    return person


def of_unit(session: Session, unit_id: int) -> list[Person]:
    """Return the active people of a unit by name, as far as the session's scope shows them."""
    query = select(Person).where(Person.unit_id == unit_id, Person.active).order_by(Person.name)
    return list(session.scalars(query))
