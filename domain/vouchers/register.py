"""What the platform knows of an enterprise: its entry in published lists, and who is related.

The lists are imported by day and source; nothing here asks another system.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from domain.errors import InvalidValue
from domain.organisations import regions, uscc
from domain.organisations.models import Person, Unit
from domain.vouchers import ledger
from domain.vouchers.models import EnterpriseEntry
from engine.clock import now
from engine.db import as_system

#: list → its name in Chinese and in English.
REGISTERS = {
    "tech_sme": ("科技型中小企业", "Technology-based small and medium enterprises"),
    "startup_team": ("创业团队", "Start-up teams"),
    "blacklist": ("失信名单", "Enterprises excluded for misconduct"),
}


@dataclass(frozen=True)
class Row:
    """One line of an imported list; ``valid_until`` is exclusive."""

    uscc: str
    name: str
    region: str
    valid_from: date
    valid_until: date | None = None
    legal_representative: str = ""
    parent_uscc: str = ""


@dataclass(frozen=True)
class Standing:
    """What is known of a person's unit on a day.

    ``known`` is false when no list has been imported in the past days, so that the absence of an
    entry says nothing.
    """

    unit: Unit | None
    known: bool = False
    listed: bool = False
    startup_team: bool = False
    excluded: bool = False


def import_rows(session: Session, register: str, rows: Iterable[Row], *, source: str) -> int:
    """Write a published list; a later import of the same enterprise replaces its line.

    Returns how many lines. Raises InvalidValue for a credit code whose check character is wrong.
    """
    lines = list(rows)
    for row in lines:
        if not uscc.is_valid(row.uscc):
            raise InvalidValue(f"{row.uscc}: check character", field="uscc", reason="check")
    actor = ledger.who(session)
    stamp = {"source": source, "imported_at": now(session), "imported_by": actor}
    with as_system(session):
        for row in lines:
            values = {
                **vars(row),
                "register": register,
                "region_path": regions.path(row.region),
                **stamp,
            }
            session.execute(
                upsert(EnterpriseEntry)
                .values(**values)
                .on_conflict_do_update(
                    index_elements=[EnterpriseEntry.register, EnterpriseEntry.uscc], set_=values
                )
            )
    return len(lines)


def standing(session: Session, person_id: UUID, *, on: date) -> Standing:
    """Return what the lists say of a person's unit on a day, with the platform's eyes."""
    with as_system(session):
        unit = session.scalar(
            select(Unit)
            .join(Person, Person.unit_id == Unit.id)
            .where(Person.public_id == person_id, Person.active, Unit.active)
        )
        if unit is None:
            return Standing(None)
        listed = set(
            session.scalars(
                select(EnterpriseEntry.register).where(
                    EnterpriseEntry.uscc == unit.uscc,
                    EnterpriseEntry.valid_from <= on,
                    or_(EnterpriseEntry.valid_until.is_(None), EnterpriseEntry.valid_until > on),
                )
            )
        )
        return Standing(
            unit,
            known=bool(listed) or _imported(session, unit.region),
            listed="tech_sme" in listed,
            startup_team="startup_team" in listed,
            excluded="blacklist" in listed,
        )


def _imported(session: Session, region: str) -> bool:
    """Tell whether a list of this city has been imported: without one, silence says nothing."""
    city = regions.path(region)[:2][-1]
    query = select(func.count()).where(
        EnterpriseEntry.register == "tech_sme", EnterpriseEntry.region_path.contains([city])
    )
    return bool(session.scalar(query))


def related(session: Session, one_id: int, other_id: int) -> bool:
    """Tell whether two units (inner ids) are related parties; needs system scope.

    The same credit code, parent and subsidiary, the same parent, or the same legal representative
    as the imported lists give them.
    """
    if one_id == other_id:
        return True
    codes = dict(
        session.execute(select(Unit.id, Unit.uscc).where(Unit.id.in_((one_id, other_id)))).all()
    )
    one, other = codes.get(one_id), codes.get(other_id)
    entries = session.scalars(
        select(EnterpriseEntry).where(EnterpriseEntry.uscc.in_(list(codes.values())))
    ).all()
    heads = {one: set[str](), other: set[str]()}
    for entry in entries:
        heads[entry.uscc] |= {entry.legal_representative, f"parent:{entry.parent_uscc}"}
    nobody = {"", "parent:"}
    parents = (f"parent:{one}" in heads[other]) or (f"parent:{other}" in heads[one])
    return parents or bool((heads[one] & heads[other]) - nobody)
