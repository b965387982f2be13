"""Keep a named official's approval of an entry; refused while anything is missing."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.entries import registration
from engine import history
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    entry_id: UUID = field(metadata=label("入网登记", "Entry"))
    task: str = field(metadata=label("由哪个任务同意", "Task in which it was approved"))


@dataclass(frozen=True)
class Result:
    approved_at: datetime = field(metadata=label("审核通过时间", "Approved at"))


@operation(mode="inline", title=("登记审核通过", "Record the approval"))
def approve_entry(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    by = job.actor or history.doer(session, job.case_id, params.task)
    if by is None:
        raise LookupError(f"nobody has completed {params.task}")
    registration.approve(session, params.entry_id, by=by)
    return Result(job.now)
