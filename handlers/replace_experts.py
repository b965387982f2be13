"""Draw others for the experts who have not answered in time."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.purchases import reviewers
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    purchase_id: UUID = field(metadata=label("购置申报", "Purchase"))


@dataclass(frozen=True)
class Result:
    experts_asked: list[UUID] = field(metadata=label("待答复专家", "Experts still asked"))
    experts_replaced: int = field(metadata=label("更换专家数", "Experts replaced"))


@operation(mode="inline", title=("更换逾期专家", "Replace late experts"))
def replace_experts(params: Params, job: Job) -> Result:
    """Where nobody is left to draw, the late ones stay asked and get a fresh deadline."""
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    late = reviewers.pending(job.session, params.purchase_id)
    exchanged = reviewers.replace(job.session, params.purchase_id, late, reason="late")
    return Result(reviewers.pending(job.session, params.purchase_id), len(exchanged))
