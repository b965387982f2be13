"""Work out a deadline in working days, with the adjusted holidays (调休)."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from domain import working_days
from engine.contract import Job
from engine.operations import label, operation

_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Params:
    working_days: int = field(metadata=label("工作日", "Working days"))
    remind_after: int | None = field(
        default=None, metadata=label("几个工作日后提醒", "Remind after this many working days")
    )


@dataclass(frozen=True)
class Result:
    due: datetime = field(metadata=label("期限", "Due"))
    reminder: datetime = field(metadata=label("提醒时间", "Reminder"))


@operation(mode="inline", title=("计算工作日期限", "Work out a deadline in working days"))
def working_day_deadline(params: Params, job: Job) -> Result:
    """Count from tomorrow; the clock time of this moment stays."""
    remind = params.working_days if params.remind_after is None else params.remind_after
    return Result(_after(job, params.working_days), _after(job, remind))


def _after(job: Job, count: int) -> datetime:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    local = job.now.astimezone(_ZONE)
    day = working_days.add_working_days(job.session, local.date(), count)
    return datetime.combine(day, local.time(), _ZONE)
