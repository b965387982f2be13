"""Keep a named person's decision about a search for likes beside the advice."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.dedup import runs
from domain.dedup.errors import ReasonNeeded
from domain.organisations import actors
from engine.contract import BusinessError, Job
from engine.db import as_system
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    dedup_run: UUID = field(metadata=label("查重记录", "Search kept"))
    advice: str = field(metadata=label("规则建议", "Advice of the rules"))
    decision: str = field(metadata=label("决定", "Decision"))
    decided_by: UUID = field(metadata=label("决定人", "Decided by"))
    reason: str = field(default="", metadata=label("理由", "Reason"))


@dataclass(frozen=True)
class Result:
    departs_from_advice: bool = field(metadata=label("与建议不一致", "Departs from the advice"))


@operation(
    mode="inline",
    title=("记录查重决定", "Record the decision on a search"),
    errors=("dedup_reason_needed",),
)
def record_dedup_decision(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    said = runs.Decision(params.advice, params.decision, params.reason)
    with as_system(session):
        person = actors.load(session, params.decided_by)
        try:
            made = runs.decide(session, params.dedup_run, said, by=person)
        except ReasonNeeded as refused:
            raise BusinessError(refused.code) from refused
    return Result(made.departs)
