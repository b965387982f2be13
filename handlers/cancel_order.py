"""Cancel an order, keep a share of its price as a fee, and say what goes back."""

from dataclasses import dataclass, field
from uuid import UUID

from domain import payments
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    order_id: UUID = field(metadata=label("订单", "Order"))
    penalty_percent: int = field(metadata=label("扣费比例（%）", "Share kept (%)"))
    most_hours: float | None = field(
        default=None, metadata=label("最多按几小时计", "Reckoned on at most (hours)")
    )
    reason: str = field(default="", metadata=label("原因", "Reason"))


@dataclass(frozen=True)
class Result:
    fee_fen: int = field(metadata=label("扣费（分）", "Fee (fen)"))
    refund_fen: int = field(metadata=label("应退（分）", "To be refunded (fen)"))


@operation(mode="inline", title=("取消订单", "Cancel the order"))
def cancel_order(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    most = None if params.most_hours is None else round(params.most_hours * 60)
    done = payments.cancel(
        job.session,
        params.order_id,
        penalty_percent=params.penalty_percent,
        most_minutes=most,
        reason=params.reason,
    )
    return Result(done.fee_fen, done.refund_fen)
