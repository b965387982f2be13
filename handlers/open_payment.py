"""Ask the payment provider to collect what is due of an order, within some minutes."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.payments import payments, provider
from domain.payments.errors import OrderClosed
from domain.payments.models import Payment
from engine.contract import BusinessError, Job
from engine.operations import label, operation, own_transaction


@dataclass(frozen=True)
class Params:
    order_id: UUID = field(metadata=label("订单", "Order"))
    purpose: Literal["booking", "difference"] = field(metadata=label("用途", "Purpose"))
    pay_minutes: int = field(metadata=label("支付时限（分钟）", "Minutes to pay"))


@dataclass(frozen=True)
class Result:
    payment_id: UUID = field(metadata=label("支付单", "Payment"))
    payment_number: str = field(metadata=label("支付单号", "Payment number"))
    pay_url: str = field(metadata=label("付款地址", "Address to pay at"))
    pay_by: datetime = field(metadata=label("支付期限", "Pay by"))
    amount_fen: int = field(metadata=label("金额（分）", "Amount (fen)"))


@operation(mode="job", title=("发起支付", "Open a payment"), errors=("order_closed",))
def open_payment(params: Params, job: Job) -> Result:
    with own_transaction() as session:
        try:
            payment = payments.open_attempt(
                session,
                params.order_id,
                purpose=params.purpose,
                minutes=params.pay_minutes,
                key=job.key,
            )
        except OrderClosed as refused:
            raise BusinessError(refused.code, str(refused), **refused.params) from refused
        demand, desk = _demand(payment, job), provider.of(session)
    if payment.status == "created":
        with provider.patiently():
            state = desk.create(demand)
        with own_transaction() as session:
            payment = payments.note_opened(session, payment.public_id, state)
    return Result(
        payment.public_id,
        payment.number,
        payment.pay_url,
        payment.expires_at,
        payment.amount_fen,
    )


def _demand(payment: Payment, job: Job) -> provider.Demand:
    order = payment.order
    left = round((payment.expires_at - job.now).total_seconds())
    return provider.Demand(
        number=payment.number,
        amount_fen=payment.amount_fen,
        subject=f"{order.instrument.name_zh} {order.number}",
        valid_seconds=max(1, left),
        return_url=provider.return_url(order.public_id),
    )
