"""Where the units of a round wait for each other: before public notice and before publishing."""

from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.evaluation import results
from domain.evaluation.models import EvalResult, EvalUnit
from engine.actors import Actor
from engine.db import as_system

Stage = Literal["provisional", "published"]


def join(
    session: Session, row: EvalUnit, stage: Stage, decision: str, *, by: Actor
) -> list[EvalResult]:
    """Note that a unit is ready for a stage; the last one ranks and grades all.

    Returns the graded versions when this unit was the last one, and nothing while others are
    missing or after it was done. Raises what grading raises.
    """
    with as_system(session):
        # One at a time: two last ones would each see the other missing.
        session.refresh(row.period, with_for_update=True)
        if is_done(row, stage):
            return []
        row.ready_for, row.changed_by = stage, by.id
        session.flush()
        if missing(session, row, stage):
            return []
        return results.grade_all(session, row.period, decision, stage=stage, reason="", by=by)


def is_done(row: EvalUnit, stage: Stage) -> bool:
    """Tell whether the round has passed a stage."""
    passed = {"provisional": ("public_notice", "published"), "published": ("published",)}
    return row.period.status in passed[stage]


def missing(session: Session, row: EvalUnit, stage: Stage) -> list[EvalUnit]:
    """Return the units of the same round that are not ready for a stage yet."""
    query = select(EvalUnit).where(EvalUnit.period_id == row.period_id, EvalUnit.ready_for != stage)
    return list(session.scalars(query.order_by(EvalUnit.id)))
