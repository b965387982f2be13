"""A unit's appeal: lodged during public notice, accepted by one official, decided by another."""

from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.errors import AppealRefused
from domain.evaluation import results
from domain.evaluation.models import EvalAppeal, EvalPeriod, EvalUnit
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotAllowed, NotFound

Outcome = Literal["upheld", "corrected"]
#: outcome → its name in Chinese and in English.
OUTCOMES: dict[str, tuple[str, str]] = {
    "": ("未决", "Open"),
    "upheld": ("维持", "Upheld"),
    "corrected": ("更正", "Corrected"),
}


def lodge(session: Session, row: EvalUnit, grounds: str, *, by: Actor) -> EvalAppeal:
    """Keep an appeal against the unit's provisional result.

    Raises NotAllowed for other units' people and AppealRefused (reason: no_result, open).
    """
    if not (by.is_system or any(grant.unit_id == row.unit_id for grant in by.grants)):
        raise NotAllowed("a unit appeals for itself")
    with as_system(session):
        result = results.latest_result(session, row, "provisional")
        if result is None or row.period.status != "public_notice":
            raise AppealRefused("not on public notice", reason="no_result")
        if any(not one.outcome for one in of_unit(session, row)):
            raise AppealRefused("there is one already", reason="open")
        appeal = EvalAppeal(
            eval_unit_id=row.id,
            result_id=result.id,
            grounds=grounds,
            lodged_by=by.id,
            lodged_at=now(session),
            unit_id=row.unit_id,
            region_path=row.region_path,
        )
        session.add(appeal)
        session.flush()
    return appeal


def of_unit(session: Session, row: EvalUnit) -> list[EvalAppeal]:
    """Return a unit's appeals in order, as far as the session's scope shows them."""
    query = select(EvalAppeal).where(EvalAppeal.eval_unit_id == row.id).order_by(EvalAppeal.id)
    return list(session.scalars(query))


def open_in(session: Session, period: EvalPeriod) -> int:
    """Return how many appeals of a round are not decided, as far as the scope shows them."""
    query = (
        select(func.count(EvalAppeal.id))
        .join(EvalUnit)
        .where(EvalUnit.period_id == period.id, EvalAppeal.outcome == "")
    )
    return session.scalar(query) or 0


def read(session: Session, public_id: UUID) -> EvalAppeal:
    """Return an appeal; raises NotFound where the session's scope hides it."""
    appeal = session.scalar(select(EvalAppeal).where(EvalAppeal.public_id == public_id))
    if appeal is None:
        raise NotFound(f"no appeal {public_id}", kind="appeal")
    return appeal


def accept(session: Session, appeal: EvalAppeal, *, by: Actor) -> None:
    """Note which official took the appeal in."""
    with as_system(session):
        appeal.accepted_by = by.id
        session.flush()


def decide(
    session: Session, appeal: EvalAppeal, outcome: Outcome, decision: str, *, by: Actor
) -> EvalAppeal:
    """Decide an appeal: 维持 or 更正 (then the unit's score is computed anew by the caller).

    Raises AppealRefused (reason: same_person, decided, decision).
    """
    if appeal.accepted_by == by.id:
        raise AppealRefused("another person decides", reason="same_person")
    if appeal.outcome:
        raise AppealRefused("decided already", reason="decided")
    if not decision.strip():
        raise AppealRefused("no reasons given", reason="decision")
    with as_system(session):
        appeal.outcome, appeal.decision = outcome, decision
        appeal.decided_by, appeal.decided_at = by.id, now(session)
        session.flush()
    return appeal
