"""Price a booking by the tariffs that apply today and place its order."""

from dataclasses import dataclass, field
from uuid import UUID

from domain import payments
from domain.booking import bookings
from domain.payments.errors import NoTariff
from engine.contract import BusinessError, Job
from engine.db import as_system
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    booking_id: UUID = field(metadata=label("预约", "Booking"))
    tier: str = field(metadata=label("价格档次", "Price tier"))
    time_percent: int = field(
        default=100, metadata=label("时段系数（%）", "Percent for the time of day")
    )


@dataclass(frozen=True)
class Result:
    order_id: UUID = field(metadata=label("订单", "Order"))
    order_number: str = field(metadata=label("订单编号", "Order number"))
    gross_fen: int = field(metadata=label("总价（分）", "Gross price (fen)"))
    payable_fen: int = field(metadata=label("应付（分）", "Payable (fen)"))
    price_text: str = field(metadata=label("价格说明", "Price in words"))
    price_text_en: str = field(metadata=label("价格说明（英文）", "Price in English words"))


@operation(mode="inline", title=("计价并生成订单", "Price and order"), errors=("no_tariff",))
def quote_booking(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(session):
        booking = bookings.read(session, params.booking_id)
        minutes = round((booking.end - booking.start).total_seconds() / 60)
        try:
            quoted = payments.quote(
                session,
                booking.instrument,
                tier=params.tier,
                minutes=minutes,
                time_percent=params.time_percent,
                on=payments.tariffs.today(session),
            )
        except NoTariff as refused:
            raise BusinessError(refused.code, str(refused), **refused.params) from refused
        order = payments.place(
            session, booking_id=params.booking_id, case_id=job.case_id, quote=quoted
        )
    return Result(
        order.public_id,
        order.number,
        order.gross_fen,
        order.payable_fen,
        quoted.text_zh,
        quoted.text_en,
    )
