"""Keep a unit's appeal against its provisional result."""

from dataclasses import dataclass, field
from uuid import UUID

from domain import deciders
from domain.evaluation import appeals, scope
from engine.contract import Job
from engine.operations import label, operation, own_transaction


@dataclass(frozen=True)
class Params:
    eval_unit_id: UUID = field(metadata=label("参评单位", "Evaluated unit"))
    task: str = field(metadata=label("申诉任务", "Task of the appeal"))
    grounds: str = field(metadata=label("申诉理由", "Grounds"))


@dataclass(frozen=True)
class Result:
    appeal_id: UUID = field(metadata=label("申诉", "Appeal"))


@operation(mode="job", title=("登记申诉", "Record the appeal"))
def lodge_appeal(params: Params, job: Job) -> Result:
    with own_transaction() as session:
        row = scope.read_unit(session, params.eval_unit_id)
        who = deciders.of_task(session, job.case_id, params.task)
        # A repeated call finds the appeal that the first one kept.
        for known in appeals.of_unit(session, row):
            if not known.outcome:
                return Result(known.public_id)
        return Result(appeals.lodge(session, row, params.grounds, by=who).public_id)
