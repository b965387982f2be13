"""Decide a unit's appeal: another person decides than the one who took it in."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from domain import deciders
from domain.evaluation import appeals
from engine.contract import BusinessError, Job
from engine.operations import label, operation, own_transaction


@dataclass(frozen=True)
class Params:
    appeal_id: UUID = field(metadata=label("申诉", "Appeal"))
    accepted_in: str = field(metadata=label("受理任务", "Task in which it was taken in"))
    decided_in: str = field(metadata=label("复核任务", "Task in which it was decided"))
    outcome: Literal["upheld", "corrected"] = field(metadata=label("结论", "Outcome"))
    decision: str = field(metadata=label("理由", "Reasons"))


@dataclass(frozen=True)
class Result:
    appeal_outcome: str = field(metadata=label("申诉结论", "Outcome of the appeal"))


@operation(mode="job", title=("登记申诉结论", "Record the decision"), errors=("same_person",))
def decide_appeal(params: Params, job: Job) -> Result:
    with own_transaction() as session:
        appeal = appeals.read(session, params.appeal_id)
        if appeal.outcome:
            # A repeated call after a crash: the first one has decided.
            return Result(appeal.outcome)
        accepted = deciders.of_task(session, job.case_id, params.accepted_in)
        decided = deciders.of_task(session, job.case_id, params.decided_in)
        if accepted.id == decided.id:
            raise BusinessError("same_person", "another person decides")
        appeals.accept(session, appeal, by=accepted)
        appeals.decide(session, appeal, params.outcome, params.decision, by=decided)
        return Result(params.outcome)
