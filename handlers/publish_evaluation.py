"""Report a unit ready for public notice or publishing; the last one ranks, grades and tells all."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.evaluation import EvalResult, rounds, scope
from engine import messages
from engine.actors import SYSTEM
from engine.contract import Job
from engine.models import Instance
from engine.operations import label, operation, own_transaction

#: A unit's case that comes to wait a moment later still finds the message.
_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Params:
    eval_unit_id: UUID = field(metadata=label("参评单位", "Evaluated unit"))
    stage: Literal["provisional", "published"] = field(metadata=label("公示或发布", "Stage"))
    grades_decision: str = field(
        default="evaluation_grades", metadata=label("等次决策表", "Decision on grades")
    )


@dataclass(frozen=True)
class Result:
    all_ready: bool = field(metadata=label("全部单位已就绪", "All units are ready"))
    waiting_units: int = field(metadata=label("尚未就绪单位数", "Units not ready"))


@operation(mode="job", title=("评定并公布等次", "Grade and publish"))
def publish_evaluation(params: Params, job: Job) -> Result:
    with own_transaction() as session:
        row = scope.read_unit(session, params.eval_unit_id)
        made = rounds.join(session, row, params.stage, params.grades_decision, by=SYSTEM)
        for result in made:
            if result.eval_unit_id != row.id:
                _tell(session, result, params.stage)
        done = rounds.is_done(row, params.stage)
        left = 0 if done else len(rounds.missing(session, row, params.stage))
    return Result(done, left)


def _tell(session: Session, result: EvalResult, stage: str) -> None:
    number = session.scalar(
        select(Instance.number).where(Instance.public_id == result.eval_unit.case_id)
    )
    if number is not None:
        messages.deliver(
            session,
            f"evaluation.{stage}",
            number,
            {},
            actor=SYSTEM,
            message_id=f"{stage}:{result.public_id}",
            ttl=_KEPT,
        )
