"""Judge an instrument again after its remediation, by the rules of the bulletin that named it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from domain.bulletins import remeasuring
from domain.errors import PeriodNotOver
from domain.measures import Basis, Period
from engine.actors import SYSTEM
from engine.contract import Job, RetryLater
from engine.operations import label, operation, own_transaction


@dataclass(frozen=True)
class Params:
    item_id: UUID = field(metadata=label("认定记录", "Verdict"))
    since: datetime = field(metadata=label("复测开始", "Measured from"))
    days: int = field(metadata=label("复测天数", "Days measured"))


@dataclass(frozen=True)
class Result:
    verdict: str = field(metadata=label("复测认定", "Verdict"))
    running_hours: float = field(metadata=label("期间开机小时", "Hours it ran"))
    offline_percent: float = field(metadata=label("离线占比%", "Offline in percent"))


@operation(mode="job", title=("复测闲置", "Measure again"))
def measure_again(params: Params, job: Job) -> Result:
    period = Period(params.since, params.since + timedelta(days=params.days))
    with own_transaction() as session:
        item = remeasuring.read_item(session, params.item_id)
        rules = item.bulletin.rules
        basis = Basis.read(dict(rules["basis"]))
        try:
            row = remeasuring.measure_again(
                session, item, period, str(rules["idle"]), basis, by=SYSTEM
            )
        except PeriodNotOver as early:
            raise RetryLater("the period is not over", period.end - job.now) from early
        return Result(row.verdict, float(row.running_hours), float(row.offline_percent))
