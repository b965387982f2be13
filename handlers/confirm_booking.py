"""Make a held time sure and work out until when the user may come and must have signed out."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from domain.booking import bookings
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    booking_id: UUID = field(metadata=label("预约", "Booking"))
    grace_minutes: int = field(
        metadata=label("逾时几分钟算爽约", "Minutes after the start that make a no-show")
    )
    check_out_hours: int = field(
        metadata=label("结束几小时后自动签退", "Hours after the end until signed out by itself")
    )


@dataclass(frozen=True)
class Result:
    booking_status: str = field(metadata=label("预约状态", "Booking status"))
    no_show_at: datetime = field(metadata=label("视为爽约的时间", "Counts as a no-show from"))
    check_out_by: datetime = field(metadata=label("自动签退时间", "Signed out by itself at"))


@operation(mode="inline", title=("确认预约", "Confirm the booking"))
def confirm_booking(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    booking = bookings.confirm(job.session, params.booking_id)
    return Result(
        booking.status,
        booking.start + timedelta(minutes=params.grace_minutes),
        booking.end + timedelta(hours=params.check_out_hours),
    )
