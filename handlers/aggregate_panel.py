"""Work out the panel's mean mark, without the highest and the lowest from five marks on."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.evaluation import reporting, scope
from domain.evaluation.indicators import panel_mean
from domain.measures import shown
from engine.contract import Job
from engine.db import as_system
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    eval_unit_id: UUID = field(metadata=label("参评单位", "Evaluated unit"))


@dataclass(frozen=True)
class Result:
    marks: int = field(metadata=label("有效评分数", "Marks given"))
    panel_mean: str = field(metadata=label("专家均分", "Panel's mean"))


@operation(mode="inline", title=("汇总专家评分", "Aggregate the panel's marks"))
def aggregate_panel(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(job.session):
        row = scope.read_unit(job.session, params.eval_unit_id)
        marks = [one.score for one in reporting.marks(job.session, row)]
    return Result(len(marks), shown(panel_mean(marks), 2))
