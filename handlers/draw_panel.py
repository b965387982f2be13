"""Draw the experts who judge a unit: never of the unit itself, the same ones for the same case."""

import hashlib
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, or_, select

from domain.evaluation import scope
from domain.organisations import regions
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
            select(Person.id, Person.public_id, func.max(func.length(RoleGrant.region)))
            .join(RoleGrant)
            .where(
                RoleGrant.role == "expert",
                RoleGrant.region.in_(regions.path(row.unit.region)),
                counts_at(job.now),
                Person.active,
                or_(Person.unit_id.is_(None), Person.unit_id != row.unit_id),
            )
            .group_by(Person.id)
        )
        known = job.session.execute(query).all()
    if len(known) < params.least:
        raise BusinessError("too_few_experts", f"{len(known)} experts are free")
    # Those named for the smaller region first, then by lot.
    ranked = sorted(known, key=lambda one: (-one[2], _lot(job.case_id, one[1])))
    drawn = [person for _, person, _ in sorted(ranked[: params.panel_size])]
    return Result(drawn, len(drawn))


def _lot(case_id: UUID, person: UUID) -> str:
    return hashlib.sha256(case_id.bytes + person.bytes).hexdigest()
