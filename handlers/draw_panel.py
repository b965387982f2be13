"""Draw the experts who judge a unit: never of the unit itself, the same ones for the same case."""

import hashlib
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import or_, select

from domain.evaluation import scope
from domain.organisations.actors import counts_at
from domain.organisations.models import Person, RoleGrant
from engine.contract import BusinessError, Job
from engine.db import as_system
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    eval_unit_id: UUID = field(metadata=label("参评单位", "Evaluated unit"))
    panel_size: int = field(metadata=label("专家人数", "Experts"))
    least: int = field(default=3, metadata=label("最少人数", "Experts at least"))


@dataclass(frozen=True)
class Result:
    experts: list[UUID] = field(metadata=label("专家", "Experts"))
    expert_count: int = field(metadata=label("专家人数", "How many experts"))


@operation(mode="inline", title=("抽取评审专家", "Draw the panel"), errors=("too_few_experts",))
def draw_panel(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(job.session):
        row = scope.read_unit(job.session, params.eval_unit_id)
        query = (
            select(Person.public_id)
            .join(RoleGrant)
            .where(
                RoleGrant.role == "expert",
                counts_at(job.now),
                Person.active,
                or_(Person.unit_id.is_(None), Person.unit_id != row.unit_id),
            )
            .distinct()
        )
        known = job.session.scalars(query).all()
    if len(known) < params.least:
        raise BusinessError("too_few_experts", f"{len(known)} experts are free")
    drawn = sorted(known, key=lambda person: _lot(job.case_id, person))[: params.panel_size]
    return Result(drawn, len(drawn))


def _lot(case_id: UUID, person: UUID) -> str:
    return hashlib.sha256(case_id.bytes + person.bytes).hexdigest()
