"""Who holds which role, who may give it, and what the roles are called."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import GrantRefused
from domain.organisations.actors import as_grant, counts_at
from domain.organisations.models import Person, Region, RoleGrant, Unit
from domain.organisations.regions import full_code, prefix
from engine.actors import (
    DEPARTMENTS,
    PERSONAL_ROLES,
    REGION_ROLES,
    ROLES,
    UNIT_ROLES,
    Actor,
    Grant,
)
from engine.clock import now
from engine.db import as_system
from engine.errors import NotAllowed, NotFound

#: role → its name in Chinese and in English.
ROLE_NAMES = {
    "applicant": ("申请人", "Applicant"),
    "enterprise_agent": ("企业代办人", "Enterprise agent"),
    "instrument_manager": ("机主", "Instrument manager"),
    "unit_administrator": ("单位管理员", "Unit administrator"),
    "unit_finance": ("单位财务", "Unit finance officer"),
    "unit_leader": ("单位负责人", "Unit leader"),
    "department_officer": ("主管部门经办人", "Department officer"),
    "department_leader": ("主管部门负责人", "Department leader"),
    "expert": ("评审专家", "Expert"),
    "voucher_officer": ("创新券专员", "Voucher officer"),
    "auditor": ("审计员", "Auditor"),
    "process_designer": ("流程设计员", "Process designer"),
    "process_publisher": ("流程发布员", "Process publisher"),
    "operator": ("运维人员", "Operator"),
    "platform_administrator": ("平台管理员", "Platform administrator"),
    "integration_client": ("对接系统", "Integration client"),
}
DEPARTMENT_NAMES = {
    "science": ("科技", "Science and technology"),
    "finance": ("财政", "Finance"),
    "education": ("教育", "Education"),
    "customs": ("海关", "Customs"),
}
_DEPARTMENT_ROLES = frozenset({"department_officer", "department_leader"})
#: role → the roles that its holder may give within the holder's own scope.
GIVES = {
    "platform_administrator": ROLES,
    "unit_administrator": UNIT_ROLES | PERSONAL_ROLES,
    "department_leader": frozenset({"department_officer", "expert", "voucher_officer"}),
}
#: An auditor examines what these decide, so nobody holds both.
_AUDITED = frozenset(
    {"department_officer", "department_leader", "operator", "platform_administrator"}
    | {"process_publisher"}
)


def grant(
    session: Session,
    person_id: UUID,
    given: Grant,
    *,
    by: Actor,
    until: datetime | None = None,
    reason: str = "",
) -> RoleGrant:
    """Give a person a role from now on, perhaps until a moment.

    Raises GrantRefused (reason: role, scope, term, self, wider, conflict) or NotFound.
    """
    at = now(session)
    if until is not None and until <= at:
        raise GrantRefused("the term ends before it begins", reason="term", role=given.role)
    with as_system(session):
        person = _person(session, person_id)
        _check_shape(session, given)
        _check_granter(person, given, by)
        _check_conflict(session, person, given, at)
        row = RoleGrant(
            person_id=person.id,
            role=given.role,
            region=given.region,
            department=given.department,
            unit_id=given.unit_id,
            valid_from=at,
            valid_until=until,
            granted_by=by.id,
            granted_at=at,
            reason=reason,
        )
        session.add(row)
        session.flush()
    return row


def revoke(session: Session, grant_id: UUID, *, by: Actor, reason: str = "") -> RoleGrant:
    """Take a role away from now on; the row stays as evidence. A second call changes nothing.

    Raises NotFound, or NotAllowed for somebody who could not have given the role.
    """
    with as_system(session):
        row = session.scalar(
            select(RoleGrant).where(RoleGrant.public_id == grant_id).with_for_update()
        )
        if row is None:
            raise NotFound(f"no role grant {grant_id}", kind="role_grant")
        if not may_give(by, as_grant(row), row.person.unit_id):
            raise NotAllowed("this role is not yours to take")
        if row.revoked_at is None:
            row.revoked_at = now(session)
            row.revoked_by = by.id
            row.reason = reason or row.reason
            session.flush()
    return row


def held(session: Session, person_id: UUID) -> list[RoleGrant]:
    """Return the grants of a person that count now, as far as the session's scope shows them."""
    return list(
        session.scalars(
            select(RoleGrant)
            .join(Person)
            .where(Person.public_id == person_id, counts_at(now(session)))
            .order_by(RoleGrant.id)
        )
    )


def may_give(by: Actor, given: Grant, person_unit_id: int | None) -> bool:
    """Tell whether an actor may give (or take) a role to somebody of a unit.

    What is given is never wider than the scope in which the giver holds the giving role.
    """
    return by.is_system or any(_reaches(own, given, person_unit_id) for own in by.grants)


def _reaches(own: Grant, given: Grant, person_unit_id: int | None) -> bool:
    if given.role not in GIVES.get(own.role, frozenset()):
        return False
    if own.role == "platform_administrator":
        return True
    if own.role == "unit_administrator":
        target = given.unit_id if given.role in UNIT_ROLES else person_unit_id
        return own.unit_id is not None and own.unit_id == target
    inside = own.region is not None and (given.region or "").startswith(own.region)
    return inside and own.department in (None, given.department)


def _person(session: Session, person_id: UUID) -> Person:
    person = session.scalar(
        select(Person).where(Person.public_id == person_id, Person.active).with_for_update()
    )
    if person is None:
        raise NotFound(f"no active person {person_id}", kind="person")
    return person


def _check_shape(session: Session, given: Grant) -> None:
    if given.role not in ROLES:
        raise GrantRefused(f"no role {given.role}", reason="role", role=given.role)
    fits = (
        _unit_fits(session, given)
        if given.role in UNIT_ROLES
        else _region_fits(session, given)
        if given.role in REGION_ROLES
        else given == Grant(given.role)
    )
    if not fits:
        raise GrantRefused("the role and its scope do not fit", reason="scope", role=given.role)


def _unit_fits(session: Session, given: Grant) -> bool:
    if given.unit_id is None or given.region or given.department:
        return False
    return session.get(Unit, given.unit_id) is not None


def _region_fits(session: Session, given: Grant) -> bool:
    if given.region is None or given.unit_id is not None:
        return False
    if given.department is not None and given.department not in DEPARTMENTS:
        return False
    if given.role in _DEPARTMENT_ROLES and given.department is None:
        return False
    code = full_code(given.region)
    return prefix(code) == given.region and session.get(Region, code) is not None


def _check_granter(person: Person, given: Grant, by: Actor) -> None:
    if by.id == person.public_id:
        raise GrantRefused("nobody gives a role to themselves", reason="self", role=given.role)
    if not may_give(by, given, person.unit_id):
        raise GrantRefused("wider than the giver's own scope", reason="wider", role=given.role)


def _check_conflict(session: Session, person: Person, given: Grant, at: datetime) -> None:
    if given.role != "auditor" and given.role not in _AUDITED:
        return
    against = _AUDITED if given.role == "auditor" else frozenset({"auditor"})
    conflict = session.scalar(
        select(RoleGrant.role).where(
            RoleGrant.person_id == person.id, RoleGrant.role.in_(against), counts_at(at)
        )
    )
    if conflict is not None:
        raise GrantRefused(
            "auditors decide nothing", reason="conflict", role=given.role, other=conflict
        )
