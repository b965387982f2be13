"""Look up a unit's graded result of a stage, as it is kept; what a message says does not count."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from domain.evaluation import GRADES, results, scope
from engine.contract import BusinessError, Job
from engine.db import as_system
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    eval_unit_id: UUID = field(metadata=label("参评单位", "Evaluated unit"))
    stage: Literal["provisional", "published"] = field(metadata=label("公示或发布", "Stage"))


@dataclass(frozen=True)
class Result:
    total: str = field(metadata=label("总分", "Total"))
    grade: str = field(metadata=label("等次", "Grade"))
    grade_name: str = field(metadata=label("等次名称", "Grade's name"))
    rank: int = field(metadata=label("名次", "Rank"))
    ranked: int = field(metadata=label("参评单位数", "Units ranked"))
    result_version: int = field(metadata=label("结果版本", "Version of the result"))


@operation(mode="inline", title=("读取评价结果", "Read the result"), errors=("no_result",))
def read_result(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(job.session):
        row = scope.read_unit(job.session, params.eval_unit_id)
        found = results.latest_result(job.session, row, params.stage)
        if found is None:
            raise BusinessError("no_result", "not graded yet")
        name, _ = GRADES[found.grade]
        return Result(str(found.total), found.grade, name, found.rank, found.ranked, found.version)
