"""Give up a payment at the provider; money that has come in meanwhile is taken in."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from domain.payments import late, payments, provider
from engine.contract import Job
from engine.operations import label, operation, own_transaction


@dataclass(frozen=True)
class Params:
    payment_id: UUID = field(metadata=label("支付单", "Payment"))


@dataclass(frozen=True)
class Result:
    payment_status: Literal["closed", "paid"] = field(metadata=label("支付状态", "Payment status"))


@operation(mode="job", title=("关闭支付", "Close a payment"))
def close_payment(params: Params, job: Job) -> Result:
    with own_transaction() as session:
        payment = payments.read(session, params.payment_id)
        known, number = payments.standing(payment), payment.number
        desk = provider.of(session)
    if known == "pending":
        with provider.patiently():
            state = desk.close(number)
        with own_transaction() as session:
            payment = payments.take_in(session, params.payment_id, state).payment
            late.start_refunds(session)
            known = payments.standing(payment)
    return Result("paid" if known == "paid" else "closed")
