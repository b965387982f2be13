"""Draw the experts of a purchase by lot, without conflicts of interest."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.purchases import reviewers
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    purchase_id: UUID = field(metadata=label("购置申报", "Purchase"))
    experts: int = field(metadata=label("专家人数", "Number of experts"))


@dataclass(frozen=True)
class Result:
    experts_asked: list[UUID] = field(metadata=label("待答复专家", "Experts still asked"))


@operation(mode="inline", title=("抽取专家", "Draw experts"))
def draw_experts(params: Params, job: Job) -> Result:
    """Too few experts is an incident: an official appoints more and tries again."""
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    reviewers.draw(job.session, params.purchase_id, params.experts)
    return Result(reviewers.pending(job.session, params.purchase_id))
