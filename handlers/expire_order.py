"""Close an order that was not paid in time."""

from dataclasses import dataclass, field
from uuid import UUID

from domain import payments
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    order_id: UUID = field(metadata=label("订单", "Order"))


@dataclass(frozen=True)
class Result:
    order_status: str = field(metadata=label("订单状态", "Order status"))


@operation(mode="inline", title=("订单过期", "Expire the order"))
def expire_order(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    return Result(payments.expire(job.session, params.order_id).status)
