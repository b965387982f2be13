"""Tell whether a published plan still counts, and when it is reviewed next."""

from dataclasses import dataclass, field
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.purchases.conclusions import months_on
from domain.sharing import publishing
from engine.contract import Job
from engine.operations import label, operation

_ZONE = ZoneInfo("Asia/Shanghai")
_MORNING = time(9)


@dataclass(frozen=True)
class Params:
    plan_id: UUID = field(metadata=label("开放方案", "Plan"))
    review_months: int = field(metadata=label("几个月后复核", "Months until the review"))


@dataclass(frozen=True)
class Result:
    plan_current: bool = field(metadata=label("方案仍有效", "Plan still counts"))
    review_at: datetime = field(metadata=label("复核时间", "Review at"))


@operation(mode="inline", title=("核对方案是否有效", "Check whether the plan counts"))
def check_sharing(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    day = months_on(job.now.astimezone(_ZONE).date(), params.review_months)
    return Result(
        publishing.is_current(job.session, params.plan_id),
        datetime.combine(day, _MORNING, _ZONE),
    )
