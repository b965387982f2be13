"""Book a refund that unit finance has made by hand, outside the payment provider."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.payments import refunds
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    order_id: UUID = field(metadata=label("订单", "Order"))
    amount_fen: int = field(metadata=label("退款金额（分）", "Amount refunded (fen)"))
    reference: str = field(metadata=label("转账凭证号", "Reference of the transfer"))
    reason: str = field(default="", metadata=label("原因", "Reason"))


@dataclass(frozen=True)
class Result:
    refunded_fen: int = field(metadata=label("已退（分）", "Refunded (fen)"))


@operation(mode="inline", title=("登记线下退款", "Record a refund by hand"))
def record_refund(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    refunds.by_hand(
        job.session,
        params.order_id,
        amount_fen=params.amount_fen,
        reference=params.reference,
        reason=params.reason,
        key=job.key,
    )
    return Result(params.amount_fen)
