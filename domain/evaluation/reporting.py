"""What a unit says of itself in a round, what officials find, and the experts' marks."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import EvaluationClosed, ReportRefused
from domain.evaluation import scope
from domain.evaluation.evidence import CHECKLIST
from domain.evaluation.models import EvalUnit, PanelScore
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotAllowed

_BEST_MARK = 100
_OFFICIALS = ("department_officer", "department_leader")


def report(
    session: Session,
    eval_unit: UUID,
    checklist: Mapping[str, Mapping[str, Any]],
    summary: str,
    *,
    by: Actor,
) -> EvalUnit:
    """Keep a unit's self-report; a later one replaces it until results are on public notice.

    Raises NotFound, NotAllowed for other units' people, ReportRefused (reason: unknown, evidence)
    and EvaluationClosed.
    """
    row = scope.read_unit(session, eval_unit)
    if not (by.is_system or any(grant.unit_id == row.unit_id for grant in by.grants)):
        raise NotAllowed("a unit reports on itself")
    if row.period.status != "frozen":
        raise EvaluationClosed("no more reports", status=row.period.status)
    if set(checklist) - set(CHECKLIST):
        raise ReportRefused("unknown point", reason="unknown")
    if any(said.get("met") and not said.get("files") for said in checklist.values()):
        raise ReportRefused("met without evidence", reason="evidence")
    with as_system(session):
        row.checklist = {point: dict(checklist.get(point, {"met": False})) for point in CHECKLIST}
        row.summary = summary
        row.reported_at, row.reported_by = now(session), by.id
        row.changed_by = by.id
        session.flush()
    return row


def find_falsified(session: Session, eval_unit: UUID, finding: str, *, by: Actor) -> EvalUnit:
    """Note that a unit's data are falsified, which vetoes its grade.

    Raises NotFound, NotAllowed (not an official) and ReportRefused (reason: finding) without a
    written finding.
    """
    row = scope.read_unit(session, eval_unit)
    if not (by.is_system or by.has(*_OFFICIALS)):
        raise NotAllowed("an official decides this")
    if not finding.strip():
        raise ReportRefused("no finding", reason="finding")
    with as_system(session):
        row.falsified, row.finding, row.changed_by = True, finding, by.id
        session.flush()
    return row


def mark(
    session: Session, row: EvalUnit, score: int, comment: str = "", *, expert: Actor
) -> PanelScore:
    """Keep an expert's mark of a unit; an expert has one, the last one given.

    Raises ReportRefused (reason: mark, own_unit) and EvaluationClosed.
    """
    if not 0 <= score <= _BEST_MARK:
        raise ReportRefused("0 to 100", reason="mark")
    if any(grant.unit_id == row.unit_id for grant in expert.grants):
        raise ReportRefused("experts do not judge their own unit", reason="own_unit")
    if row.period.status == "published":
        raise EvaluationClosed("no more marks", status=row.period.status)
    with as_system(session):
        found = session.scalar(
            select(PanelScore).where(
                PanelScore.eval_unit_id == row.id, PanelScore.expert_id == expert.id
            )
        )
        if found is None:
            found = PanelScore(
                eval_unit_id=row.id, expert_id=expert.id, region_path=row.region_path
            )
            session.add(found)
        found.score, found.comment, found.scored_at = score, comment, now(session)
        session.flush()
    return found


def marks(session: Session, row: EvalUnit) -> list[PanelScore]:
    """Return the experts' marks of a unit, as far as the session's scope shows them."""
    query = select(PanelScore).where(PanelScore.eval_unit_id == row.id).order_by(PanelScore.id)
    return list(session.scalars(query))
