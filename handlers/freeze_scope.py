"""Open a year's evaluation of a region, or join it, and say which instruments are in it."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import ScopeFrozen
from domain.evaluation import EvalPeriod, EvalUnit, ScopeRule, scope
from domain.organisations import regions
from engine.actors import SYSTEM
from engine.contract import BusinessError, Job
from engine.db import as_system
from engine.models import Instance
from engine.operations import label, operation

_FEN = 100


@dataclass(frozen=True)
class Params:
    evaluation_year: int = field(metadata=label("评价年度", "Evaluation year"))
    scope_years: int = field(metadata=label("启用年限（年）", "Years of use that count"))
    least_worth_yuan: int = field(metadata=label("评价起点（元）", "Least worth in yuan"))
    region: str = field(default="330000", metadata=label("地区", "Region"))
    unit: UUID | None = field(default=None, metadata=label("单位", "Unit"))


@dataclass(frozen=True)
class Result:
    period_id: UUID = field(metadata=label("评价轮次", "Round"))
    eval_unit_id: UUID | None = field(metadata=label("参评单位", "Evaluated unit"))
    unit_name: str = field(metadata=label("单位名称", "Unit's name"))
    units: int = field(metadata=label("参评单位数", "Evaluated units"))
    instruments_in: int = field(metadata=label("在评仪器数", "Instruments in the round"))
    instruments_out: int = field(metadata=label("未纳入仪器数", "Instruments left out"))


@operation(
    mode="inline",
    title=("冻结评价范围", "Freeze the scope"),
    errors=("unit_not_in_scope", "round_closed"),
)
def freeze_scope(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    session = job.session
    rule = ScopeRule(params.scope_years, params.least_worth_yuan * _FEN)
    try:
        period = scope.freeze(
            session, params.region, params.evaluation_year, rule, by=SYSTEM, case_id=job.case_id
        )
    except ScopeFrozen as refused:
        raise BusinessError("round_closed", "the round is on public notice") from refused
    with as_system(session):
        if params.unit is None:
            _place(session, job.case_id, None, period.region)
            return _of_round(session, period)
        row = scope.unit_in(session, period, params.unit)
        if row is None:
            raise BusinessError("unit_not_in_scope", "no instrument of this unit is in the round")
        scope.attach_case(session, row, job.case_id)
        _place(session, job.case_id, row.unit_id, row.unit.region)
        return _of_unit(session, period, row)


def _of_round(session: Session, period: EvalPeriod) -> Result:
    rows = scope.units(session, period)
    counts = [scope.counts(session, row) for row in rows]
    inside = sum(count.get("", 0) for count in counts)
    return Result(
        period.public_id, None, "", len(rows), inside, sum(sum(c.values()) for c in counts) - inside
    )


def _of_unit(session: Session, period: EvalPeriod, row: EvalUnit) -> Result:
    counts = scope.counts(session, row)
    inside = counts.get("", 0)
    outside = sum(counts.values()) - inside
    return Result(period.public_id, row.public_id, row.unit.name_zh, 1, inside, outside)


def _place(session: Session, case_id: UUID, unit_id: int | None, region: str) -> None:
    """Put the case where its people are: the unit's, or the region's of the round."""
    case = session.scalars(select(Instance).where(Instance.public_id == case_id)).one()
    case.unit_id, case.region = unit_id, region
    case.region_path = regions.path(region)
