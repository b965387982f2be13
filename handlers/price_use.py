"""Price the measured use of a booking and say what is still to be paid or goes back."""

from dataclasses import dataclass, field
from uuid import UUID

from domain import payments
from domain.booking import bookings
from engine.contract import Job
from engine.db import as_system
from engine.operations import label, operation

_WHOLE = 100


@dataclass(frozen=True)
class Params:
    order_id: UUID = field(metadata=label("订单", "Order"))
    booking_id: UUID = field(metadata=label("预约", "Booking"))
    rounding_minutes: int = field(
        default=1, metadata=label("计时单位（分钟）", "Time is charged in steps of (minutes)")
    )
    least_minutes: int = field(
        default=0, metadata=label("最少计时（分钟）", "Least time charged (minutes)")
    )
    offset_percent: int | None = field(default=None, metadata=label("抵扣比例（%）", "Offset (%)"))
    full_offset_up_to_fen: int | None = field(
        default=None, metadata=label("全额抵扣上限（分）", "Taken over whole up to (fen)")
    )
    tolerance_minutes: int = field(
        default=0,
        metadata=label("相差几分钟以内不补不退", "Minutes of difference that are let go"),
    )


@dataclass(frozen=True)
class Result:
    final_gross_fen: int = field(metadata=label("实际总价（分）", "Final gross price (fen)"))
    extra_fen: int = field(metadata=label("应补（分）", "Still to be paid (fen)"))
    refund_fen: int = field(metadata=label("应退（分）", "To be refunded (fen)"))


@operation(mode="inline", title=("按实际机时计价", "Price the use"))
def price_use(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(session):
        booking = bookings.read(session, params.booking_id)
        booked = round((booking.end - booking.start).total_seconds() / 60)
        used = booked if booking.use_minutes is None else booking.use_minutes
        minutes = (
            booked if abs(used - booked) <= params.tolerance_minutes else _charged(params, used)
        )
        percent = params.offset_percent
        found = payments.final_price(
            session,
            params.order_id,
            minutes=minutes,
            offset_percent=_WHOLE if percent is None else percent,
            full_offset_up_to_fen=params.full_offset_up_to_fen or 0,
        )
    return Result(found.gross_fen, found.extra_fen, found.refund_fen)


def _charged(params: Params, used: int) -> int:
    step = max(1, params.rounding_minutes)
    return max(params.least_minutes, -(-used // step) * step)
