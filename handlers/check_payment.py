"""Ask the payment provider how a payment stands and take in what it says."""

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
    payment_status: Literal["pending", "paid", "closed", "failed"] = field(
        metadata=label("支付状态", "Payment status")
    )


@operation(mode="job", title=("查询支付结果", "Check a payment"))
def check_payment(params: Params, job: Job) -> Result:
    with own_transaction() as session:
        payment = payments.read(session, params.payment_id)
        known, number = payments.standing(payment), payment.number
        desk = provider.of(session)
    if known != "pending":
        return Result(known)
    with provider.patiently():
        state = desk.query(number)
    with own_transaction() as session:
        payment = payments.take_in(session, params.payment_id, state).payment
        late.start_refunds(session)
        return Result(payments.standing(payment))
