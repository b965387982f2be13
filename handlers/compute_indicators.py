"""Compute a unit's indicators as they stand, for those who judge it; nothing is kept."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.evaluation import INDICATORS, Rules, results, scope
from domain.measures import shown
from engine.contract import Job
from engine.db import as_system
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    eval_unit_id: UUID = field(metadata=label("参评单位", "Evaluated unit"))
    weights: list[dict[str, Any]] = field(metadata=label("指标权重", "Weights"))
    targets: dict[str, Any] = field(metadata=label("目标值", "Targets"))
    basis: dict[str, Any] = field(metadata=label("定额机时口径", "Rated hours"))


@dataclass(frozen=True)
class Line:
    indicator: str
    name: str
    weight: str
    points: str


@dataclass(frozen=True)
class Result:
    indicators: list[Line] = field(metadata=label("指标得分", "Points of the indicators"))


@operation(mode="inline", title=("计算评价指标", "Compute the indicators"))
def compute_indicators(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    rules = Rules(params.weights, params.targets, params.basis)
    with as_system(job.session):
        row = scope.read_unit(job.session, params.eval_unit_id)
        _, scored = results.work_out(job.session, row, rules)
    return Result(
        [
            Line(one.code, INDICATORS[one.code][1], shown(one.weight, 0), shown(one.points, 2))
            for one in scored
        ]
    )
