"""Keep what a department or an expert says of a purchase."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from domain.purchases import opinions, reviewers
from domain.purchases.errors import OpinionGiven
from engine import history
from engine.contract import BusinessError, Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    purchase_id: UUID = field(metadata=label("购置申报", "Purchase"))
    task: str = field(metadata=label("意见由哪个任务给出", "Task in which it was given"))
    role: Literal["expert", "science", "finance", "education", "customs"] = field(
        metadata=label("以何身份", "In which role")
    )
    person: UUID | None = field(
        default=None, metadata=label("由谁提出（专家）", "Who gave it (an expert)")
    )
    conclusion: Literal["approve", "partial", "reject", "reuse"] | None = field(
        default=None, metadata=label("意见", "Opinion")
    )
    text: str | None = field(default=None, metadata=label("说明", "Text"))
    conflict: bool = field(default=False, metadata=label("申请回避", "Conflict declared"))
    relevance: int | None = field(default=None, metadata=label("学科相关性", "Relevance"))
    necessity: int | None = field(default=None, metadata=label("必要性", "Necessity"))
    reasonableness: int | None = field(default=None, metadata=label("合理性", "Reasonableness"))


@dataclass(frozen=True)
class Result:
    experts_asked: list[UUID] = field(metadata=label("待答复专家", "Experts still asked"))
    replacement: UUID | None = field(
        default=None, metadata=label("改由哪位专家", "Expert who takes the seat")
    )


@operation(
    mode="inline",
    title=("登记评议意见", "Record an opinion"),
    errors=("opinion_given",),
)
def record_purchase_opinion(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    by = params.person or job.actor or history.doer(session, job.case_id, params.task)
    if by is None:
        raise LookupError(f"nobody has completed {params.task}")
    said = opinions.Said(
        params.conclusion,
        params.text or "",
        params.conflict,
        (params.relevance, params.necessity, params.reasonableness),
    )
    try:
        opinions.record(session, params.purchase_id, said, by=by, role=params.role)
    except OpinionGiven as refused:
        raise BusinessError(refused.code, str(refused)) from refused
    exchanged = (
        reviewers.replace(session, params.purchase_id, [by], reason="conflict")
        if params.conflict
        else {}
    )
    return Result(reviewers.pending(session, params.purchase_id), exchanged.get(by))
