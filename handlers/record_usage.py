"""Note that the use has ended, how long it was, and by when its result is due."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import working_days
from domain.booking import bookings
from engine.contract import Job
from engine.operations import label, operation

_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Params:
    booking_id: UUID = field(metadata=label("预约", "Booking"))
    result_days: int = field(
        metadata=label("几个工作日内交结果", "Working days until the result is due")
    )
    by_itself: bool = field(
        default=False,
        metadata=label("自动签退：按预约的结束时间计", "Signed out by itself: ends as booked"),
    )


@dataclass(frozen=True)
class Result:
    booking_status: str = field(metadata=label("预约状态", "Booking status"))
    use_minutes: int = field(metadata=label("用机分钟数", "Minutes of use"))
    result_due: datetime = field(metadata=label("结果期限", "Result due"))


@operation(mode="inline", title=("登记用机", "Record the use"))
def record_usage(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    booking = bookings.check_out(job.session, params.booking_id, as_booked=params.by_itself)
    local = job.now.astimezone(_ZONE)
    day = working_days.add_working_days(job.session, local.date(), params.result_days)
    due = datetime.combine(day, local.time(), _ZONE)
    return Result(booking.status, booking.use_minutes or 0, due)
