"""Note that nobody came for a confirmed booking, and free the rest of its time."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from domain.booking import bookings
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    booking_id: UUID = field(metadata=label("预约", "Booking"))


@dataclass(frozen=True)
class Result:
    booking_status: str = field(metadata=label("预约状态", "Booking status"))
    hours_before: float = field(metadata=label("距开始（小时）", "Hours before the start"))


@operation(mode="inline", title=("登记爽约", "Record a no-show"))
def mark_no_show(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    booking = bookings.mark_no_show(job.session, params.booking_id)
    hours = (booking.start - job.now) / timedelta(hours=1)
    return Result(booking.status, round(hours, 2))
