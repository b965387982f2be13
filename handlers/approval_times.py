"""Work out by when a booking should be approved and when it counts as not approved."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain import working_days
from engine.contract import Job
from engine.operations import label, operation

_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Params:
    start: datetime = field(metadata=label("开始时间", "Start"))
    working_days: int = field(metadata=label("审批工作日", "Working days to approve"))
    lapse_hours: int = field(
        metadata=label("用机前几小时视为未批", "Hours before the start at which it lapses")
    )
    least_hours: int = field(
        default=0, metadata=label("至少留给机主几小时", "Hours that the manager has at least")
    )


@dataclass(frozen=True)
class Result:
    approval_due: datetime = field(metadata=label("审批期限", "Approval due"))
    approval_reminder: datetime = field(metadata=label("提醒时间", "Reminder"))
    approval_lapse: datetime = field(metadata=label("视为未批的时间", "Approval lapses"))


@operation(mode="inline", title=("计算审批期限", "Work out the approval's times"))
def approval_times(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    local = job.now.astimezone(_ZONE)
    day = working_days.add_working_days(job.session, local.date(), params.working_days)
    reminder = datetime.combine(day, local.time(), _ZONE)
    before_start = params.start - timedelta(hours=params.lapse_hours)
    earliest = local + timedelta(hours=params.least_hours)
    lapse = min(params.start, max(before_start, earliest))
    return Result(min(reminder, lapse), reminder, lapse)
