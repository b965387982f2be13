"""Keep the wanted time for the applicant until it is confirmed or given back."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from domain.booking import bookings
from domain.errors import BookingError
from engine.contract import BusinessError, Job
from engine.db import as_system
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    instrument_id: UUID = field(metadata=label("仪器", "Instrument"))
    applicant: UUID = field(metadata=label("申请人", "Applicant"))
    start: datetime = field(metadata=label("开始时间", "Start"))
    end: datetime = field(metadata=label("结束时间", "End"))
    purpose: str = field(default="", metadata=label("用途", "Purpose"))
    mode: Literal["occupy", "technical", "commission", "remote"] = field(
        default="occupy", metadata=label("使用方式", "Way of use")
    )


@dataclass(frozen=True)
class Result:
    booking_id: UUID = field(metadata=label("预约", "Booking"))
    booking_status: str = field(metadata=label("预约状态", "Booking status"))


@operation(mode="inline", title=("预留时段", "Hold the time"), errors=("slot_taken",))
def hold_slot(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    request = bookings.Request(
        instrument_id=params.instrument_id,
        person_id=params.applicant,
        start=params.start,
        end=params.end,
        mode=params.mode,
        purpose=params.purpose,
        case_id=job.case_id,
    )
    try:
        with as_system(job.session):
            booking = bookings.hold(job.session, request)
    except BookingError as refused:
        # Only slot_taken is foreseen in the diagram; another code means that the policy table
        # lets through what the instrument's own rules forbid, and becomes an incident.
        raise BusinessError(refused.code, str(refused), **refused.params) from refused
    return Result(booking.public_id, booking.status)
