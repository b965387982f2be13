"""Keep an expert's mark of what a unit's instruments supported and brought forth."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.evaluation import reporting, scope
from domain.organisations import actors
from engine.contract import Job
from engine.db import as_system
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    eval_unit_id: UUID = field(metadata=label("参评单位", "Evaluated unit"))
    expert: UUID = field(metadata=label("专家", "Expert"))
    mark: int = field(metadata=label("评分（0–100）", "Mark, 0 to 100"))
    comment: str = field(default="", metadata=label("评语", "Comment"))


@dataclass(frozen=True)
class Result:
    marked: bool = field(metadata=label("评分已登记", "Mark kept"))


@operation(mode="inline", title=("登记专家评分", "Record an expert's mark"))
def record_mark(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(job.session):
        row = scope.read_unit(job.session, params.eval_unit_id)
        expert = actors.load(job.session, params.expert)
        reporting.mark(job.session, row, params.mark, params.comment, expert=expert)
    return Result(marked=True)
