"""Keep a named person's decision on a purchase beside the advice it had."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from domain.purchases import conclusions
from domain.purchases.conclusions import Advice, Ruling
from domain.purchases.errors import ReasonMissing
from engine import history
from engine.contract import BusinessError, Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    purchase_id: UUID = field(metadata=label("购置申报", "Purchase"))
    task: str = field(metadata=label("决定由哪个任务作出", "Task in which it was decided"))
    decision: Literal["approve", "partial", "reject", "reuse"] = field(
        metadata=label("决定", "Decision")
    )
    advice: str = field(metadata=label("系统建议", "The system's advice"))
    panel_advice: str | None = field(default=None, metadata=label("专家组意见", "Panel's advice"))
    text: str | None = field(default=None, metadata=label("决定说明", "Text"))
    reason: str | None = field(default=None, metadata=label("理由", "Reason"))
    quantity: int | None = field(default=None, metadata=label("核准数量", "Approved quantity"))


@dataclass(frozen=True)
class Result:
    conclusion: str = field(metadata=label("结论", "Conclusion"))
    departs: bool = field(metadata=label("与建议不一致", "Goes against the advice"))


@operation(
    mode="inline", title=("作出购置结论", "Conclude the purchase"), errors=("reason_missing",)
)
def conclude_purchase(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    by = job.actor or history.doer(session, job.case_id, params.task)
    if by is None:
        raise LookupError(f"nobody has completed {params.task}")
    ruling = Ruling(params.decision, params.text or "", params.reason or "", params.quantity)
    advice = Advice(params.advice, params.panel_advice or "none")
    try:
        found = conclusions.conclude(session, params.purchase_id, ruling, advice, by=by)
    except ReasonMissing as refused:
        raise BusinessError(refused.code, str(refused)) from refused
    return Result(found.decision, found.departs)
