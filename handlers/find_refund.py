"""Look up what of an order's money goes back, to whom, and whose case that is."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.payments import orders, payments, tariffs
from domain.payments.amounts import yuan
from domain.payments.models import ServiceOrder
from engine.contract import Job
from engine.db import as_system
from engine.models import Instance
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    order_id: UUID = field(metadata=label("订单", "Order"))


@dataclass(frozen=True)
class Result:
    order_number: str = field(metadata=label("订单编号", "Order number"))
    instrument_name: str = field(metadata=label("仪器名称", "Instrument's name"))
    refund_fen: int = field(metadata=label("应退（分）", "To be refunded (fen)"))
    refund_text: str = field(metadata=label("应退（元）", "To be refunded (yuan)"))
    payer: UUID = field(metadata=label("付款人", "Payer"))
    payer_name: str = field(metadata=label("付款单位", "Payer's unit"))
    managers: list[UUID] = field(metadata=label("机主", "Instrument's managers"))
    noticed_on: date = field(metadata=label("发现日期", "Noticed on"))


@operation(mode="inline", title=("核对应退款项", "Look up the refund"))
def find_refund(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(session):
        order = orders.read(session, params.order_id)
        _place_case(session, job.case_id, order)
        due = min(order.excess_fen, payments.refundable(session, order))
        return Result(
            order.number,
            order.instrument.name_zh,
            due,
            yuan(due),
            order.payer_id,
            order.payer_unit.name_zh if order.payer_unit else "",
            list(order.instrument.manager_ids),
            tariffs.today(session),
        )


def _place_case(session: Session, case_id: UUID, order: ServiceOrder) -> None:
    """Put the case into the payee's unit, whose finance acts, and let the payer see it."""
    case = session.scalars(select(Instance).where(Instance.public_id == case_id)).one()
    case.unit_id, case.region = order.unit_id, order.instrument.region
    case.region_path = list(order.region_path)
    case.participants = list(dict.fromkeys([*case.participants, order.payer_id]))
