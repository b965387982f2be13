"""Give a booked time back before its use: cancelled, rejected, or expired for want of an answer."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from uuid import UUID

from domain.booking import bookings
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    booking_id: UUID = field(metadata=label("预约", "Booking"))
    status: Literal["cancelled", "rejected", "expired"] = field(
        metadata=label("情形", "What has happened")
    )
    reason: str = field(default="", metadata=label("理由", "Reason"))


@dataclass(frozen=True)
class Result:
    booking_status: str = field(metadata=label("预约状态", "Booking status"))
    hours_before: float = field(metadata=label("距开始（小时）", "Hours before the start"))


#: A booking keeps this much of a reason; the case keeps all of it.
_LONGEST_REASON = 200


@operation(mode="inline", title=("释放时段", "Release the time"))
def release_slot(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    booking = bookings.release(
        job.session,
        params.booking_id,
        outcome=params.status,
        reason=params.reason[:_LONGEST_REASON],
    )
    hours = (booking.start - job.now) / timedelta(hours=1)
    return Result(booking.status, round(hours, 2))
