"""Note that the leaders of the departments that a case still waits for were urged."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.organisations.actors import counts_at
from domain.organisations.models import Person, RoleGrant
from domain.organisations.regions import path
from engine.contract import Job
from engine.db import as_system
from engine.models import Instance, OpenTask
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    subject: str = field(metadata=label("事由", "Subject"))


@dataclass(frozen=True)
class Result:
    urged_people: list[UUID] = field(metadata=label("督办了谁", "Who was urged"))
    urged_departments: list[str] = field(metadata=label("督办的部门", "Departments urged"))
    urged_at: datetime = field(metadata=label("督办时间", "Urged at"))


@operation(mode="inline", title=("督办部门", "Urge departments"))
def remind_department_leaders(params: Params, job: Job) -> Result:
    """The history keeps who was urged and why; their open task stands in their list as overdue."""
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(session):
        case = session.scalars(select(Instance).where(Instance.public_id == job.case_id)).one()
        groups = session.scalars(
            select(OpenTask.candidate_groups).where(OpenTask.instance_id == case.id)
        )
        departments = sorted(
            {
                group.partition(":")[2]
                for listed in groups
                for group in listed
                if group.startswith("department_")
            }
        )
        people = _leaders(session, job.now, departments, case.region or "")
    return Result(people, departments, job.now)


def _leaders(session: Session, at: datetime, departments: list[str], region: str) -> list[UUID]:
    query = (
        select(Person.public_id)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(
            RoleGrant.role == "department_leader",
            RoleGrant.department.in_(departments),
            RoleGrant.region.in_(path(region) if region else []),
            counts_at(at),
        )
        .order_by(Person.public_id)
        .distinct()
    )
    return list(session.scalars(query))
