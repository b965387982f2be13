"""Close an order whose service is finished and fully paid."""

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


@operation(mode="inline", title=("结算订单", "Settle the order"))
def settle_order(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    return Result(payments.settle(job.session, params.order_id).status)
