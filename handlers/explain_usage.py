"""Keep a unit's explanations of doubtful hours."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain import deciders
from domain.measures import reconciliation
from engine.contract import Job
from engine.operations import label, operation, own_transaction


@dataclass(frozen=True)
class Params:
    task: str = field(metadata=label("说明任务", "Task of the explanation"))
    explanations: list[dict[str, Any]] = field(metadata=label("逐台说明", "Explanations"))


@dataclass(frozen=True)
class Result:
    explained: int = field(metadata=label("已说明台数", "Instruments explained"))


@operation(mode="job", title=("登记存疑说明", "Record the explanations"))
def explain_usage(params: Params, job: Job) -> Result:
    with own_transaction() as session:
        who = deciders.of_task(session, job.case_id, params.task)
        for row in params.explanations:
            check_id = UUID(str(row["check_id"]))
            reconciliation.explain(session, check_id, str(row.get("explanation") or ""), by=who)
    return Result(len(params.explanations))
