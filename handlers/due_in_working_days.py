"""Work out the day and time that lies some working days ahead, adjusted holidays included."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from domain import working_days
from engine.contract import Job
from engine.operations import label, operation

_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Params:
    working_days: int = field(metadata=label("几个工作日", "How many working days"))


@dataclass(frozen=True)
class Result:
    due: datetime = field(metadata=label("期限", "Due"))


@operation(mode="inline", title=("按工作日计算期限", "Work out a due date in working days"))
def due_in_working_days(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    local = job.now.astimezone(_ZONE)
    day = working_days.add_working_days(job.session, local.date(), params.working_days)
    return Result(datetime.combine(day, local.time(), _ZONE))
