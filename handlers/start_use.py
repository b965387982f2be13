"""Note that the user has come and the use begins."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from domain.booking import bookings
from engine.contract import BusinessError, Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    booking_id: UUID = field(metadata=label("预约", "Booking"))
    early_minutes: int = field(
        default=0, metadata=label("可提前几分钟签到", "Minutes before the start to check in")
    )


@dataclass(frozen=True)
class Result:
    booking_status: str = field(metadata=label("预约状态", "Booking status"))
    checked_in_at: datetime = field(metadata=label("签到时间", "Checked in at"))


@operation(mode="inline", title=("登记开始使用", "Record the start of use"), errors=("too_early",))
def start_use(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    booked = bookings.read(job.session, params.booking_id)
    if job.now < booked.start - timedelta(minutes=params.early_minutes):
        raise BusinessError("too_early", "the booked time has not come")
    booking = bookings.check_in(job.session, params.booking_id)
    return Result(booking.status, booking.checked_in_at or job.now)
