"""Draw another for an expert who has not answered in time."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.purchases import reviewers
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    purchase_id: UUID = field(metadata=label("购置申报", "Purchase"))
    expert: UUID = field(metadata=label("逾期专家", "Late expert"))


@dataclass(frozen=True)
class Result:
    expert_now: UUID = field(metadata=label("现请专家", "Expert asked now"))
    expert_replaced: bool = field(metadata=label("已更换", "Replaced"))


@operation(mode="inline", title=("更换逾期专家", "Replace a late expert"))
def replace_expert(params: Params, job: Job) -> Result:
    """Where nobody is left to draw, the late one stays asked and gets a fresh deadline."""
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    exchanged = reviewers.replace(job.session, params.purchase_id, [params.expert], reason="late")
    return Result(exchanged.get(params.expert, params.expert), params.expert in exchanged)
