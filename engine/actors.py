"""Who acts, with which roles, in which scope: the engine's view of a person."""

from dataclasses import dataclass
from uuid import UUID

#: Roles by the kind of scope in which they count (design.md, section 7).
UNIT_ROLES = frozenset({"instrument_manager", "unit_administrator", "unit_finance", "unit_leader"})
REGION_ROLES = frozenset(
    {"department_officer", "department_leader", "voucher_officer", "auditor", "expert"}
)
PLATFORM_ROLES = frozenset(
    {
        "process_designer",
        "process_publisher",
        "operator",
        "platform_administrator",
        "integration_client",
    }
)
PERSONAL_ROLES = frozenset({"applicant", "enterprise_agent"})
ROLES = UNIT_ROLES | REGION_ROLES | PLATFORM_ROLES | PERSONAL_ROLES
DEPARTMENTS = frozenset({"science", "finance", "education", "customs"})


@dataclass(frozen=True)
class Grant:
    """A role within a scope: a unit, or a region (GB/T 2260 prefix) and perhaps a department."""

    role: str
    region: str | None = None
    department: str | None = None
    unit_id: int | None = None


@dataclass(frozen=True)
class Actor:
    """A person or the platform itself, as the engine sees them for one transaction.

    ``id`` is the person's public id (UUIDv7), the only identity of people that the engine keeps.
    """

    id: UUID
    name: str
    grants: tuple[Grant, ...] = ()
    is_system: bool = False

    def has(self, *roles: str) -> bool:
        """Tell whether the actor holds one of these roles in any scope."""
        return any(grant.role in roles for grant in self.grants)


#: The platform acting by itself: timers, jobs, start-up.
SYSTEM = Actor(id=UUID(int=0), name="大仪平台", is_system=True)


@dataclass(frozen=True)
class Scope:
    """Where a case belongs: region code (six digits), unit and perhaps one department."""

    region: str | None = None
    unit_id: int | None = None
    department: str | None = None


def covers(grant: Grant, scope: Scope) -> bool:
    """Tell whether a grant reaches a scope.

    Unit roles need the same unit; region roles need a region at or above the scope's region and,
    when both name one, the same department; platform roles reach everything. Personal roles never
    reach anybody else's case.
    """
    if grant.role in PLATFORM_ROLES:
        return True
    if grant.role in UNIT_ROLES:
        return grant.unit_id is not None and grant.unit_id == scope.unit_id
    if grant.role in REGION_ROLES:
        inside = grant.region is not None and (scope.region or "").startswith(grant.region)
        return inside and (not scope.department or grant.department in (None, scope.department))
    return False


def holds(actor: Actor, group: str, scope: Scope) -> bool:
    """Tell whether the actor belongs to a candidate group within a scope.

    A group is a role (``instrument_manager``) or a role of a department
    (``department_officer:science``). Personal roles (``applicant``) count without scope.
    """
    role, _, department = group.partition(":")
    return any(
        grant.role == role
        and (not department or grant.department == department)
        and (role in PERSONAL_ROLES or covers(grant, scope))
        for grant in actor.grants
    )
