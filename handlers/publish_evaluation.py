"""Rank and grade a round's units: provisionally for public notice, or for good; tell the units."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import EvaluationClosed, NoScore
from domain.evaluation import GRADES, EvalResult, appeals, results, scope
from engine import messages
from engine.actors import SYSTEM
from engine.contract import BusinessError, Job
from engine.models import Instance
from engine.operations import label, operation, own_transaction

#: A unit's case that is still at an earlier step finds the message when it comes to it.
_KEPT = timedelta(days=60)


@dataclass(frozen=True)
class Params:
    period_id: UUID = field(metadata=label("评价轮次", "Round"))
    stage: Literal["provisional", "published"] = field(metadata=label("公示或发布", "Stage"))
    grades_decision: str = field(
        default="evaluation_grades", metadata=label("等次决策表", "Decision on grades")
    )
    reason: str = field(default="", metadata=label("说明", "Reason"))


@dataclass(frozen=True)
class Result:
    graded: int = field(metadata=label("定等单位数", "Units graded"))
    excellent: int = field(metadata=label("优", "Excellent"))
    poor: int = field(metadata=label("差", "Poor"))


@operation(
    mode="job",
    title=("评定并公布等次", "Grade and publish"),
    errors=("not_all_scored", "open_appeals"),
)
def publish_evaluation(params: Params, job: Job) -> Result:
    with own_transaction() as session:
        period = scope.read_period(session, params.period_id)
        if params.stage == "published" and appeals.open_in(session, period):
            raise BusinessError("open_appeals", "appeals are not decided yet")
        try:
            made = results.grade_all(
                session, period, params.grades_decision, stage=params.stage, reason=params.reason,
                by=SYSTEM,
            )  # fmt: skip
        except NoScore as refused:
            raise BusinessError("not_all_scored", str(refused)) from refused
        except EvaluationClosed:
            # A repeated call after a crash: the first one has published.
            made = results.published(session, period)
        for result in made:
            _tell(session, result, params.stage)
    grades = [result.grade for result in made]
    return Result(len(made), grades.count("excellent"), grades.count("poor"))


def _tell(session: Session, result: EvalResult, stage: str) -> None:
    number = session.scalar(
        select(Instance.number).where(Instance.public_id == result.eval_unit.case_id)
    )
    if number is None:
        return
    payload = {
        "result_id": str(result.public_id),
        "total": str(result.total),
        "grade": result.grade,
        "grade_name": GRADES[result.grade][0],
        "rank": result.rank,
        "ranked": result.ranked,
    }
    messages.deliver(
        session,
        f"evaluation.{stage}",
        number,
        payload,
        actor=SYSTEM,
        message_id=f"{stage}:{result.public_id}",
        ttl=_KEPT,
    )
