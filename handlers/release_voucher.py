"""Give back what an order holds of a voucher, and let an open order cost its whole price again."""

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
    released_fen: int = field(metadata=label("已释放（分）", "Given back (fen)"))


@operation(mode="inline", title=("释放创新券", "Release the voucher"))
def release_voucher(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(session):
        order = payments.lock(session, params.order_id)
        released = vouchers.release(session, order_id=order.public_id, key=f"release:{job.key}")
        if released and order.status == "open":
            payments.set_offset(session, order.public_id, 0)
    return Result(released)
