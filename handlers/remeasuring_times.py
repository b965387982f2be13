"""Work out the two periods in which a remedied instrument is measured again."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    days: int = field(metadata=label("每期天数", "Days of each period"))


@dataclass(frozen=True)
class Result:
    first_start: datetime = field(metadata=label("第一期开始", "First period starts"))
    first_end: datetime = field(metadata=label("第一期结束", "First period ends"))
    second_end: datetime = field(metadata=label("第二期结束", "Second period ends"))


@operation(mode="inline", title=("确定复测期间", "Settle the periods to measure"))
def remeasuring_times(params: Params, job: Job) -> Result:
    length = timedelta(days=params.days)
    return Result(job.now, job.now + length, job.now + 2 * length)
