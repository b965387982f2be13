"""Fix what a voucher takes over of an order whose work is done, and give back the rest."""

from dataclasses import dataclass, field
from uuid import UUID

from domain import payments, vouchers
from engine.contract import Job
from engine.db import as_system
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    order_id: UUID = field(metadata=label("订单", "Order"))


@dataclass(frozen=True)
class Result:
    settled_fen: int = field(metadata=label("已抵扣（分）", "Settled (fen)"))


@operation(mode="inline", title=("结算创新券", "Settle the voucher"))
def settle_voucher(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(session):
        order = payments.lock(session, params.order_id)
        # The order's offset never exceeds its final price; a shorter use leaves a rest.
        settled = vouchers.settle(
            session,
            order_id=order.public_id,
            amount_fen=order.offset_fen,
            key=f"settle:{job.key}",
        )
    return Result(settled)
