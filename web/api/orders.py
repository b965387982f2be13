"""Orders: what a case's booking costs, how it was paid, and what a voucher took over."""

from typing import Any
from uuid import UUID

from marshmallow.utils import get_value
from sqlalchemy import select

from domain import payments, vouchers
from domain.payments import ServiceOrder
from engine import instances
from engine.errors import NotFound
from web import database
from web.api import schemas
from web.api.contract import endpoint

_OF_ORDER = (
    "public_id", "number", "status", "gross_fen", "discount_fen", "offset_fen", "payable_fen",
    "paid_fen", "refunded_fen", "payments", "refunds",
)  # fmt: skip


@endpoint("GET", "/cases/<uuid:case_id>/order", answer=schemas.Order)
def read_order(case_id: UUID) -> dict[str, Any]:
    """Read the order of a case that the caller may see: amounts, payments, refunds, voucher."""
    session = database.session()
    case = instances.read(session, case_id)
    found = session.scalar(
        select(ServiceOrder.public_id).where(ServiceOrder.case_id == case.public_id)
    )
    if found is None:
        raise NotFound(f"no order of case {case_id}", kind="order")
    order = payments.read(session, found)
    held = vouchers.held_by_order(session, order.public_id)
    return {
        **{name: get_value(order, name) for name in _OF_ORDER},
        "voucher_reserved_fen": held.get("reserved", 0),
        "voucher_settled_fen": held.get("settled", 0),
    }
