"""Publish a sharing plan: the instrument opens, its tariffs count from their day on."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.purchases.conclusions import months_on
from domain.sharing import publishing
from engine import history
from engine.contract import Job
from engine.operations import label, operation

_ZONE = ZoneInfo("Asia/Shanghai")
_MORNING = time(9)


@dataclass(frozen=True)
class Params:
    plan_id: UUID = field(metadata=label("开放方案", "Plan"))
    task: str = field(metadata=label("由哪个任务同意", "Task in which it was approved"))
    notice_days: int = field(metadata=label("调价提前天数", "Days ahead of a price change"))
    review_months: int = field(metadata=label("几个月后复核", "Months until the review"))


@dataclass(frozen=True)
class Result:
    effective_from: date | None = field(metadata=label("价格生效日", "Prices count from"))
    review_at: datetime = field(metadata=label("复核时间", "Review at"))


@operation(mode="inline", title=("发布开放方案", "Publish the sharing plan"))
def publish_sharing(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    by = job.actor or history.doer(session, job.case_id, params.task)
    if by is None:
        raise LookupError(f"nobody has completed {params.task}")
    plan = publishing.publish(
        session, params.plan_id, approved_by=by, notice_days=params.notice_days
    )
    day = months_on(job.now.astimezone(_ZONE).date(), params.review_months)
    return Result(plan.effective_from, datetime.combine(day, _MORNING, _ZONE))
