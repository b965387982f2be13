"""Start one evaluation case for each unit of a round that has none yet."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.evaluation import scope
from engine import instances
from engine.actors import SYSTEM, Scope
from engine.contract import Job
from engine.operations import label, operation, own_transaction


@dataclass(frozen=True)
class Params:
    period_id: UUID = field(metadata=label("评价轮次", "Round"))
    process: str = field(default="evaluation", metadata=label("单位评价流程", "Unit's process"))


@dataclass(frozen=True)
class Result:
    opened: int = field(metadata=label("新开案件数", "Cases opened"))


@operation(mode="job", title=("通知各单位自评", "Ask the units to report"))
def open_evaluations(params: Params, job: Job) -> Result:
    opened = 0
    with own_transaction() as session:
        period = scope.read_period(session, params.period_id)
        for row in scope.units(session, period):
            # A repeated call finds the cases that the first one opened.
            if row.case_id is not None:
                continue
            data = {
                "evaluation_year": period.year,
                "region": period.region,
                "unit": str(row.unit.public_id),
            }
            place = Scope(row.unit.region, row.unit_id)
            case = instances.start(session, params.process, actor=SYSTEM, data=data, scope=place)
            scope.attach_case(session, row, case.public_id)
            opened += 1
    return Result(opened)
