"""List the vouchers that the payer of an order can use today, those that end first first."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain import payments, vouchers
from domain.vouchers import Voucher, register
from engine.contract import Job
from engine.db import as_system
from engine.operations import label, operation

_FEN = 100


@dataclass(frozen=True)
class Params:
    order_id: UUID = field(metadata=label("订单", "Order"))
    applicant: UUID = field(metadata=label("申请人", "Applicant"))


@dataclass(frozen=True)
class Result:
    vouchers: list[dict[str, Any]] = field(metadata=label("可用创新券", "Usable vouchers"))
    has_vouchers: bool = field(metadata=label("有可用创新券", "There are usable vouchers"))


@operation(mode="inline", title=("查找可用创新券", "Find usable vouchers"))
def find_vouchers(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(session):
        order = payments.read(session, params.order_id)
        mine = order.payer_id == params.applicant and order.payer_unit_id is not None
        if not mine or register.related(session, order.payer_unit_id or 0, order.unit_id):
            return Result([], has_vouchers=False)
        usable = vouchers.usable(
            session, unit_id=order.payer_unit_id or 0, on=vouchers.today(session)
        )
        return Result([_choice(voucher) for voucher in usable], has_vouchers=bool(usable))


def _choice(voucher: Voucher) -> dict[str, Any]:
    yuan = f"{voucher.available_fen / _FEN:,.2f}"
    last = vouchers.last_day(voucher)
    return {
        "value": str(voucher.public_id),
        # Read in both languages: number, what is left, the last day.
        "label": f"{voucher.number} · ¥{yuan} · → {last.isoformat()}",
        "region": voucher.pool.region,
    }
