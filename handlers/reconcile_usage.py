"""Compare a unit's declared hours with the sensors' and list what is doubtful."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain import measures
from domain.evaluation import scope
from domain.measures import Basis, Period
from domain.measures.reconciliation import Tolerance, check
from engine.actors import SYSTEM
from engine.contract import Job
from engine.db import as_system
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    eval_unit_id: UUID = field(metadata=label("参评单位", "Evaluated unit"))
    percent: int = field(metadata=label("相差比例%", "Difference in percent"))
    hours: int = field(metadata=label("相差小时", "Difference in hours"))
    offline_percent: int = field(metadata=label("离线比例上限%", "Most offline in percent"))
    basis: dict[str, Any] = field(metadata=label("定额机时口径", "Rated hours"))


@dataclass(frozen=True)
class Doubt:
    check_id: UUID
    instrument: str
    declared_hours: float
    sensor_hours: float


@dataclass(frozen=True)
class Result:
    doubtful: list[Doubt] = field(metadata=label("存疑机时", "Doubtful hours"))
    doubtful_count: int = field(metadata=label("存疑台数", "Doubtful instruments"))
    unmeasured_count: int = field(metadata=label("未核对台数", "Instruments not compared"))


@operation(mode="inline", title=("核对填报与传感器机时", "Reconcile declared and sensor hours"))
def reconcile_usage(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    session = job.session
    tolerance = Tolerance(params.percent, params.hours, params.offline_percent)
    with as_system(session):
        row = scope.read_unit(session, params.eval_unit_id)
        period = Period(row.period.period_start, row.period.period_end)
        figures = measures.of_instruments(
            session, scope.instruments(session, row), period, Basis.read(params.basis)
        )
        found = [
            (one, kept)
            for one in figures
            if (kept := check(session, one, period, tolerance, by=SYSTEM)) is not None
        ]
    doubtful = [
        Doubt(
            kept.public_id,
            one.instrument.name_zh,
            round(kept.declared_minutes / 60, 1),
            round(kept.sensor_minutes / 60, 1),
        )
        for one, kept in found
        if kept.verdict == "doubtful"
    ]
    unmeasured = sum(kept.verdict == "unmeasured" for _, kept in found)
    return Result(doubtful, len(doubtful), unmeasured)
