"""Let a voucher take over as much of an order as the rule allows, and hold it for the order."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from domain import payments, vouchers
from domain.vouchers import Voucher, Wish, ledger
from domain.vouchers.errors import VoucherUnavailable
from engine.contract import BusinessError, Job
from engine.db import as_system
from engine.errors import NotFound
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    voucher_id: UUID = field(metadata=label("创新券", "Voucher"))
    order_id: UUID = field(metadata=label("订单", "Order"))
    offset_percent: int = field(metadata=label("抵扣比例（%）", "Offset (%)"))
    full_offset_up_to_fen: int = field(
        metadata=label("全额抵扣上限（分）", "Taken over whole up to (fen)")
    )
    yearly_cap_fen: int = field(metadata=label("年度使用上限（分）", "Most used in a year (fen)"))


@dataclass(frozen=True)
class Result:
    offset_fen: int = field(metadata=label("抵扣金额（分）", "Offset (fen)"))
    payable_fen: int = field(metadata=label("应付（分）", "Payable (fen)"))
    voucher_number: str = field(metadata=label("创新券编号", "Voucher number"))


@operation(mode="inline", title=("预留创新券", "Hold a voucher"), errors=("voucher_unavailable",))
def reserve_voucher(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(session):
        try:
            return _reserve(session, params, job.key)
        except VoucherUnavailable as refused:
            raise BusinessError(refused.code, str(refused), **refused.params) from refused
        except NotFound as unknown:
            # Whoever sends the number of no voucher hears what the owner of another one hears.
            raise BusinessError(
                VoucherUnavailable.code, str(unknown), reason="other_unit"
            ) from unknown


def _reserve(session: Session, params: Params, key: str) -> Result:
    voucher = vouchers.read(session, params.voucher_id)
    year = vouchers.today(session).year
    # The order of locks of the house: the holder's year, the order, the voucher.
    ledger.lock_year(session, voucher.unit_id, year)
    order = payments.lock(session, params.order_id)
    amount = _offset(session, voucher, order, params)
    voucher = vouchers.reserve(
        session,
        Wish(
            voucher_id=voucher.public_id,
            order_id=order.public_id,
            payer_unit_id=order.payer_unit_id or 0,
            payee_unit_id=order.unit_id,
            amount_fen=amount,
            cap_fen=params.yearly_cap_fen,
        ),
        key=f"reserve:{key}",
    )
    order = payments.set_offset(session, order.public_id, amount)
    return Result(amount, order.payable_fen, voucher.number)


def _offset(
    session: Session, voucher: Voucher, order: payments.ServiceOrder, params: Params
) -> int:
    left = vouchers.cap_left(
        session,
        unit_id=voucher.unit_id,
        year=vouchers.today(session).year,
        cap_fen=params.yearly_cap_fen,
    )
    mine = voucher.unit_id == order.payer_unit_id
    amount = vouchers.offset(
        price_fen=order.gross_fen - order.discount_fen,
        available_fen=voucher.available_fen,
        cap_left_fen=left,
        percent=params.offset_percent,
        full_up_to_fen=params.full_offset_up_to_fen,
    )
    if amount == 0 and mine and left == 0:
        raise VoucherUnavailable("the year's cap is used up", reason="cap", left_fen=0)
    return amount
