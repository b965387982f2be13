"""Compute and keep a unit's score, or those of all units of a round that have none."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.evaluation import EvalUnit, Rules, results, scope
from engine.actors import SYSTEM
from engine.contract import BusinessError, Job
from engine.operations import label, operation, own_transaction


@dataclass(frozen=True)
class Params:
    weights: list[dict[str, Any]] = field(metadata=label("指标权重", "Weights"))
    targets: dict[str, Any] = field(metadata=label("目标值", "Targets"))
    basis: dict[str, Any] = field(metadata=label("定额机时口径", "Rated hours"))
    eval_unit_id: UUID | None = field(default=None, metadata=label("参评单位", "Evaluated unit"))
    period_id: UUID | None = field(
        default=None, metadata=label("评价轮次（补算未得分单位）", "Round, to score those without")
    )
    reason: str = field(default="", metadata=label("计算原因", "Why it is computed"))


@dataclass(frozen=True)
class Result:
    scored: int = field(metadata=label("计算单位数", "Units scored"))
    total: str = field(metadata=label("总分", "Total"))


@operation(mode="job", title=("计算评价得分", "Compute the score"), errors=("nothing_to_score",))
def compute_score(params: Params, job: Job) -> Result:
    rules = Rules(params.weights, params.targets, params.basis)
    with own_transaction() as session:
        rows: list[EvalUnit] = []
        if params.eval_unit_id is not None:
            rows = [scope.read_unit(session, params.eval_unit_id)]
        elif params.period_id is not None:
            period = scope.read_period(session, params.period_id)
            rows = [
                row
                for row in scope.units(session, period)
                if results.latest_score(session, row) is None
            ]
        if not rows and params.period_id is None:
            raise BusinessError("nothing_to_score", "neither unit nor round is named")
        totals = [
            results.compute(session, row, rules, reason=params.reason, key=job.key, by=SYSTEM).total
            for row in rows
        ]
    return Result(len(totals), str(totals[0]) if len(totals) == 1 else "")
