"""Close a booking whose result was confirmed or silently accepted."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.booking import bookings
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    booking_id: UUID = field(metadata=label("预约", "Booking"))
    confirmed: bool = field(metadata=label("申请人已认可", "Confirmed by the applicant"))


@dataclass(frozen=True)
class Result:
    booking_status: str = field(metadata=label("预约状态", "Booking status"))
    accepted_silently: bool = field(metadata=label("默认认可", "Accepted by silence"))


@operation(mode="inline", title=("办结预约", "Close the booking"))
def finish_booking(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    booking = bookings.finish(job.session, params.booking_id)
    return Result(booking.status, not params.confirmed)
