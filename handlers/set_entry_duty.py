"""Keep whether an instrument must be entered, and work out until when."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from domain import working_days
from domain.entries import entries
from engine.contract import Job
from engine.operations import label, operation

_ZONE = ZoneInfo("Asia/Shanghai")
#: A working day ends at this time.
_CLOSE_OF_DAY = time(18)


@dataclass(frozen=True)
class Params:
    entry_id: UUID = field(metadata=label("入网登记", "Entry"))
    duty: Literal["must", "voluntary", "exempt"] = field(metadata=label("入网义务", "Duty"))
    accepted_on: date = field(metadata=label("验收日期", "Day of acceptance"))
    working_days: int = field(metadata=label("验收后工作日", "Working days after acceptance"))
    remind_before: int = field(
        metadata=label("期满前几个工作日提醒", "Remind so many working days before")
    )


@dataclass(frozen=True)
class Result:
    entry_due: datetime = field(metadata=label("入网期限", "Entry due"))
    entry_reminder: datetime = field(metadata=label("提醒时间", "Reminder"))


@operation(mode="inline", title=("登记入网义务与期限", "Keep duty and deadline"))
def set_entry_duty(params: Params, job: Job) -> Result:
    """Days that have passed already make the entry overdue at once, as they should."""
    due = _after(job, params.accepted_on, params.working_days)
    early = max(params.working_days - params.remind_before, 0)
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    entries.set_duty(job.session, params.entry_id, params.duty, due)
    return Result(due, _after(job, params.accepted_on, early))


def _after(job: Job, first: date, count: int) -> datetime:
    assert job.session is not None  # noqa: S101 - as above
    day = working_days.add_working_days(job.session, first, count)
    return datetime.combine(day, _CLOSE_OF_DAY, _ZONE)
