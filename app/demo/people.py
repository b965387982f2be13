"""The demo's people and their roles."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo import organisations
from app.demo.tables import SINCE, public_id, rows
from domain.organisations import Person, RoleGrant, Unit
from engine.actors import SYSTEM, UNIT_ROLES


def seed(session: Session) -> None:
    """Write the people and roles that are not there yet."""
    units = organisations.by_code(session)
    known = {person.public_id: person for person in session.scalars(select(Person))}
    grants = set(session.scalars(select(RoleGrant.public_id)))
    for number, row in enumerate(rows("people"), start=1):
        unit = units.get(row["unit"])
        person = known.get(public_id("person", number))
        if person is None:
            person = _person(number, row, unit)
            session.add(person)
        for position, text in enumerate(row["roles"].split()):
            grant_id = public_id("role_grant", number * 10 + position)
            if grant_id not in grants:
                grant = _grant(person, text, unit)
                grant.public_id = grant_id
                session.add(grant)
    session.flush()


def _person(number: int, row: dict[str, str], unit: Unit | None) -> Person:
    return Person(
        public_id=public_id("person", number),
        name=row["name"],
        name_en=row["name_en"],
        unit=unit,
        title=row["title"],
        email=f"{row['login']}@example.cn",
        phone=f"1990571{number:04d}",
        created_at=SINCE,
    )


def _grant(person: Person, text: str, unit: Unit | None) -> RoleGrant:
    """Read ``role``, ``role@region`` or ``role@region:department``."""
    role, _, scope = text.partition("@")
    region, _, department = scope.partition(":")
    return RoleGrant(
        person=person,
        role=role,
        region=region or None,
        department=department or None,
        unit=unit if role in UNIT_ROLES else None,
        valid_from=SINCE,
        granted_by=SYSTEM.id,
        granted_at=SINCE,
        reason="演示数据",
    )
