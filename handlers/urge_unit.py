"""Note that the leaders and administrators of a case's unit were urged (督办)."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from domain.organisations.actors import counts_at
from domain.organisations.models import Person, RoleGrant
from engine.contract import Job
from engine.db import as_system
from engine.models import Instance
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    subject: str = field(metadata=label("事由", "Subject"))


@dataclass(frozen=True)
class Result:
    urged_people: list[UUID] = field(metadata=label("督办了谁", "Who was urged"))
    urged_at: datetime = field(metadata=label("督办时间", "Urged at"))


@operation(mode="inline", title=("督办单位", "Urge the unit"))
def urge_unit(params: Params, job: Job) -> Result:
    """The history keeps who was urged and why."""
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(session):
        unit = select(Instance.unit_id).where(Instance.public_id == job.case_id)
        people = session.scalars(
            select(Person.public_id)
            .join(RoleGrant, RoleGrant.person_id == Person.id)
            .where(
                RoleGrant.role.in_(("unit_leader", "unit_administrator")),
                RoleGrant.unit_id == unit.scalar_subquery(),
                counts_at(job.now),
            )
            .order_by(Person.public_id)
            .distinct()
        ).all()
    return Result(list(people), job.now)
