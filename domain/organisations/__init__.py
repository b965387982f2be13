"""Regions, units, people and roles: who is who in the province."""

from domain.organisations import actors, people, regions, roles, uscc
from domain.organisations.models import Person, Region, RoleGrant, Unit
from domain.organisations.people import names
from domain.organisations.roles import DEPARTMENT_NAMES, ROLE_NAMES, grant, revoke

#: kind of unit → its name in Chinese and in English.
UNIT_KINDS = {
    "university": ("高校", "University"),
    "institute": ("科研院所", "Research institute"),
    "new_institute": ("新型研发机构", "New R&D institution"),
    "enterprise": ("企业", "Enterprise"),
    "hospital": ("医院", "Hospital"),
}

__all__ = [
    "DEPARTMENT_NAMES",
    "ROLE_NAMES",
    "UNIT_KINDS",
    "Person",
    "Region",
    "RoleGrant",
    "Unit",
    "actors",
    "grant",
    "names",
    "people",
    "regions",
    "revoke",
    "roles",
    "uscc",
]
