"""Send money of an order back to the payer through the payment provider."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from uuid import UUID

from domain.payments import provider, refunds
from domain.payments.errors import AmountRefused, ProviderRefused
from domain.payments.models import Refund
from domain.payments.provider import Provider, RefundState
from engine.contract import BusinessError, Job, RetryLater
from engine.operations import label, operation, own_transaction

#: A refund that the provider is still busy with is asked for again after this time.
_BUSY = timedelta(minutes=1)


@dataclass(frozen=True)
class Params:
    order_id: UUID = field(metadata=label("订单", "Order"))
    amount_fen: int = field(metadata=label("退款金额（分）", "Amount to refund (fen)"))
    reason: str = field(default="", metadata=label("原因", "Reason"))


@dataclass(frozen=True)
class Result:
    refunded_fen: int = field(metadata=label("已退（分）", "Refunded (fen)"))
    refund_status: Literal["succeeded", "none"] = field(metadata=label("退款状态", "Refund status"))


@operation(mode="job", title=("退款", "Refund"), errors=("refund_refused",))
def refund_payment(params: Params, job: Job) -> Result:
    if params.amount_fen <= 0:
        return Result(0, "none")
    desk, planned = _planned(params, job)
    for refund in planned:
        if refund.status not in ("succeeded", "refused"):
            refund = _sent(desk, refund)  # noqa: PLW2901 - the same refund as it is now
        if refund.status == "pending":
            raise RetryLater(f"{refund.number} is on its way", _BUSY)
        if refund.status == "refused":
            raise BusinessError("refund_refused", refund.refusal, reason=refund.refusal)
    return Result(params.amount_fen, "succeeded")


def _planned(params: Params, job: Job) -> tuple[Provider, list[Refund]]:
    try:
        with own_transaction() as session:
            planned = refunds.plan(
                session,
                params.order_id,
                amount_fen=params.amount_fen,
                reason=params.reason,
                key=job.key,
            )
            for refund in planned:
                session.refresh(refund, ["payment"])
            return provider.of(session), planned
    except AmountRefused as refused:
        raise BusinessError("refund_refused", str(refused), **refused.params) from refused


def _sent(desk: Provider, refund: Refund) -> Refund:
    try:
        with provider.patiently():
            state = desk.refund(
                refund.number, refund.payment.number, refund.amount_fen, refund.reason
            )
    except ProviderRefused as refused:
        why = str(refused.params.get("reason", ""))
        state = RefundState(refund.number, "refused", refund.amount_fen, reason=why)
    with own_transaction() as session:
        return refunds.take_in(session, refund.number, state)[1]
