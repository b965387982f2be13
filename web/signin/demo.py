"""The demo accounts that the sign-in page lists, in demo mode only."""

from dataclasses import dataclass

from flask import current_app, g
from sqlalchemy import select

from domain.organisations import ROLE_NAMES
from domain.organisations.models import Person, RoleGrant, Unit
from engine.db import as_system
from web.formats import language
from web.signin.models import Account

#: The roles that the page shows, in the order of a booking's way; a few people each.
SHOWN = (
    "applicant",
    "enterprise_agent",
    "instrument_manager",
    "unit_administrator",
    "department_officer",
    "auditor",
    "process_designer",
    "process_publisher",
    "operator",
    "platform_administrator",
)
_EACH = 2


@dataclass(frozen=True)
class DemoAccount:
    """One account to try: who it is, and with which name to sign in."""

    login: str
    name: str
    where: str


def password() -> str:
    """Return the one password of all demo accounts."""
    kept: str = current_app.config["DEMO_PASSWORD"]
    return kept


def groups() -> list[tuple[str, list[DemoAccount]]]:
    """Return accounts by role: those that hold it first, two for each role."""
    with as_system(g.session):
        rows = g.session.execute(
            select(RoleGrant.role, Account.login, Person, Unit)
            .join(Person, Person.id == RoleGrant.person_id)
            .join(Account, Account.person_id == Person.public_id)
            .outerjoin(Unit, Unit.id == Person.unit_id)
            .where(RoleGrant.role.in_(SHOWN), RoleGrant.revoked_at.is_(None), Account.active)
            .order_by(RoleGrant.id)
        ).all()
    found: dict[str, list[DemoAccount]] = {role: [] for role in SHOWN}
    for role, login, person, unit in rows:
        if len(found[role]) < _EACH and login not in {each.login for each in found[role]}:
            found[role].append(_shown(login, person, unit))
    chinese = language() == "zh"
    return [
        (ROLE_NAMES[role][0 if chinese else 1], accounts)
        for role, accounts in found.items()
        if accounts
    ]


def _shown(login: str, person: Person, unit: Unit | None) -> DemoAccount:
    chinese = language() == "zh"
    name = person.name if chinese else person.name_en or person.name
    where = "" if unit is None else unit.name_zh if chinese else unit.name_en
    return DemoAccount(login, name, where)
