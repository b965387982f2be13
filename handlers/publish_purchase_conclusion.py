"""Publish the conclusion on a purchase and say how long it is valid."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from domain.purchases import conclusions
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    purchase_id: UUID = field(metadata=label("购置申报", "Purchase"))
    valid_months: int = field(metadata=label("有效月数", "Months of validity"))


@dataclass(frozen=True)
class Result:
    valid_until: date = field(metadata=label("有效期至（不含）", "Valid until (exclusive)"))
    approved_quantity: int | None = field(metadata=label("核准数量", "Approved quantity"))


@operation(mode="inline", title=("公布评议结论", "Publish the conclusion"))
def publish_purchase_conclusion(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    purchase = conclusions.publish(
        job.session, params.purchase_id, valid_months=params.valid_months
    )
    assert purchase.valid_until is not None  # noqa: S101 - publishing sets it
    return Result(purchase.valid_until, purchase.approved_quantity)
