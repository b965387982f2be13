"""Compute the next version of a period's bulletin: figures, and which instruments are idle."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.bulletins import computing, periods
from domain.errors import BulletinPublished
from engine.actors import SYSTEM
from engine.contract import BusinessError, Job
from engine.operations import label, operation, own_transaction

_FEN = 100


@dataclass(frozen=True)
class Params:
    period_id: UUID = field(metadata=label("通报期间", "Period"))
    basis: dict[str, Any] = field(metadata=label("定额机时口径", "Rated hours"))
    least_worth_yuan: int = field(metadata=label("统计起点（元）", "Least worth in yuan"))
    idle_decision: str = field(
        default="bulletin_idle", metadata=label("闲置认定决策表", "Decision on idleness")
    )
    reason: str = field(default="", metadata=label("重算原因", "Why it is computed again"))


@dataclass(frozen=True)
class Result:
    bulletin_id: UUID = field(metadata=label("通报", "Bulletin"))
    version: int = field(metadata=label("版本", "Version"))
    unit_count: int = field(metadata=label("单位数", "Units"))
    instrument_count: int = field(metadata=label("仪器数", "Instruments"))
    idle_count: int = field(metadata=label("闲置台数", "Idle instruments"))
    low_count: int = field(metadata=label("低效台数", "Little used instruments"))
    unknown_count: int = field(metadata=label("未知台数", "Instruments not known about"))


@operation(mode="job", title=("计算通报", "Compute the bulletin"), errors=("bulletin_published",))
def compute_bulletin(params: Params, job: Job) -> Result:
    rules = computing.Rules(
        params.idle_decision, params.basis, params.least_worth_yuan * _FEN, job.key
    )
    with own_transaction() as session:
        row = periods.read(session, params.period_id)
        try:
            bulletin = computing.compute(session, row, rules, reason=params.reason, by=SYSTEM)
        except BulletinPublished as refused:
            raise BusinessError("bulletin_published", str(refused)) from refused
        total = bulletin.content["total"]
        verdicts = total["verdicts"]
        return Result(
            bulletin.public_id,
            bulletin.version,
            total["units"],
            total["instruments"],
            verdicts["idle"],
            verdicts["low"],
            verdicts["unknown"],
        )
