"""Note an official's finding that a unit's data are falsified, which vetoes its grade."""

from dataclasses import dataclass, field
from uuid import UUID

from domain import deciders
from domain.evaluation import reporting
from engine.contract import Job
from engine.operations import label, operation, own_transaction


@dataclass(frozen=True)
class Params:
    eval_unit_id: UUID = field(metadata=label("参评单位", "Evaluated unit"))
    task: str = field(metadata=label("认定任务", "Task of the finding"))
    finding: str = field(metadata=label("认定事实", "Finding"))


@dataclass(frozen=True)
class Result:
    falsified: bool = field(metadata=label("弄虚作假", "Falsified"))


@operation(mode="job", title=("登记弄虚作假认定", "Record falsified data"))
def note_falsified(params: Params, job: Job) -> Result:
    with own_transaction() as session:
        who = deciders.of_task(session, job.case_id, params.task)
        reporting.find_falsified(session, params.eval_unit_id, params.finding, by=who)
    return Result(falsified=True)
