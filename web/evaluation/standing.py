"""How units stand in a round: for the officials' overview and for a unit's own list."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.evaluation import EvalPeriod, EvalResult, EvalScore, EvalUnit, results, scope
from engine.actors import UNIT_ROLES, Actor
from engine.models import Instance


@dataclass(frozen=True)
class Line:
    """A unit in a round with its last score and result, and where its case stands."""

    row: EvalUnit
    score: EvalScore | None
    result: EvalResult | None
    case: Instance | None


def lines(session: Session, period: EvalPeriod) -> list[Line]:
    """Return the units of a round by rank, then total, as far as the reader's scope shows them."""
    rows = scope.units(session, period)
    cases = {
        case.public_id: case
        for case in session.scalars(
            select(Instance).where(Instance.public_id.in_([r.case_id for r in rows if r.case_id]))
        )
    }
    found = [
        Line(
            row,
            results.latest_score(session, row),
            results.latest_result(session, row),
            cases.get(row.case_id) if row.case_id else None,
        )
        for row in rows
    ]
    return sorted(found, key=_order)


def _order(line: Line) -> tuple[int, float, str]:
    rank = line.result.rank if line.result else 10**6
    total = float(line.score.total) if line.score else -1.0
    return rank, -total, line.row.unit.code


def own_parts(session: Session, actor: Actor) -> list[EvalUnit]:
    """Return the parts of the actor's units in rounds, the latest first."""
    units = {g.unit_id for g in actor.grants if g.role in UNIT_ROLES and g.unit_id is not None}
    if not units:
        return []
    query = (
        select(EvalUnit)
        .join(EvalPeriod)
        .where(EvalUnit.unit_id.in_(units))
        .order_by(EvalPeriod.year.desc(), EvalUnit.id)
    )
    return list(session.scalars(query))
