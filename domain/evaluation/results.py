"""Scores and graded results, in versions that are never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.errors import EvaluationClosed, NoScore
from domain.evaluation import evidence, grading, indicators, scope, scoring
from domain.evaluation.models import (
    EvalIndicator,
    EvalPeriod,
    EvalResult,
    EvalScore,
    EvalUnit,
)
from domain.evaluation.scoring import Weights
from domain.measures import Basis
from domain.measures.rates import half_up
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system

#: Decimals of a kept share and of kept points; the exact values follow from the kept inputs.
_SHARE, _POINTS = 10, 8


@dataclass(frozen=True)
class Rules:
    """The rules of a score, as the decision tables gave them (JSON), and the rated hours."""

    weights: Sequence[Mapping[str, Any]]
    targets: Mapping[str, Any]
    basis: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return what is kept beside a score, enough to compute it again."""
        return {
            "weights": {str(row["indicator"]): row["weight"] for row in self.weights},
            "targets": dict(self.targets),
            "basis": dict(self.basis),
        }


def work_out(
    session: Session, row: EvalUnit, rules: Rules
) -> tuple[dict[str, evidence.Gathered], list[scoring.Scored]]:
    """Gather and score a unit's eight indicators; nothing is kept. Raises WeightsRefused."""
    weights = Weights.read(rules.weights)
    with as_system(session):
        gathered = evidence.gather(session, row, Basis.read(dict(rules.basis)), rules.targets)
    inputs = {code: found.inputs for code, found in gathered.items()}
    return gathered, scoring.score(inputs, weights, rules.targets)


def compute(
    session: Session, row: EvalUnit, rules: Rules, *, reason: str = "", key: str = "", by: Actor
) -> EvalScore:
    """Compute a unit's eight indicators and its total, and keep them as the next version.

    A call with the ``key`` of the last version returns that version. Raises WeightsRefused.
    """
    with as_system(session):
        last = latest_score(session, row)
        if key and last is not None and last.rules.get("key") == key:
            return last
        gathered, scored = work_out(session, row, rules)
        score = EvalScore(
            eval_unit_id=row.id,
            version=_next(session, EvalScore, row),
            total=scoring.total(scored),
            rules={**rules.as_json(), "key": key},
            reason=reason,
            computed_at=now(session),
            computed_by=by.id,
            unit_id=row.unit_id,
            region_path=row.region_path,
        )
        score.indicators = [
            EvalIndicator(
                code=one.code,
                weight=half_up(one.weight, 2),
                share=half_up(one.share, _SHARE),
                points=half_up(one.points, _POINTS),
                inputs=gathered[one.code].inputs,
                evidence=gathered[one.code].evidence,
                computed_by=by.id,
                unit_id=row.unit_id,
                region_path=row.region_path,
            )
            for one in scored
        ]
        session.add(score)
        session.flush()
    return score


def _next(session: Session, kind: type[EvalScore] | type[EvalResult], row: EvalUnit) -> int:
    """Return the next version; the unit's row is locked so that two never get the same."""
    session.scalar(select(EvalUnit.id).where(EvalUnit.id == row.id).with_for_update())
    last = session.scalar(select(func.max(kind.version)).where(kind.eval_unit_id == row.id))
    return (last or 0) + 1


def recomputed(score: EvalScore) -> tuple[Decimal, dict[str, Decimal]]:
    """Compute a kept score again, from its kept inputs and rules alone (INV-09)."""
    weights = Weights.read(
        [{"indicator": code, "weight": weight} for code, weight in score.rules["weights"].items()]
    )
    inputs = {one.code: one.inputs for one in score.indicators}
    scored = scoring.score(inputs, weights, score.rules["targets"])
    return scoring.total(scored), {one.code: half_up(one.points, _POINTS) for one in scored}


def latest_score(session: Session, row: EvalUnit) -> EvalScore | None:
    """Return a unit's last score, as far as the session's scope shows it."""
    query = (
        select(EvalScore)
        .where(EvalScore.eval_unit_id == row.id)
        .order_by(EvalScore.version.desc())
        .limit(1)
    )
    return session.scalar(query)


def latest_result(session: Session, row: EvalUnit, stage: str | None = None) -> EvalResult | None:
    """Return a unit's last graded version (of a stage), as far as the scope shows it."""
    query = (
        select(EvalResult)
        .where(EvalResult.eval_unit_id == row.id)
        .order_by(EvalResult.version.desc())
        .limit(1)
    )
    return session.scalar(query.where(EvalResult.stage == stage) if stage else query)


def versions(session: Session, row: EvalUnit) -> list[EvalResult]:
    """Return all graded versions of a unit, the first one first."""
    query = select(EvalResult).where(EvalResult.eval_unit_id == row.id)
    return list(session.scalars(query.order_by(EvalResult.version)))


def grade_all(
    session: Session, period: EvalPeriod, decision: str, *, stage: str, reason: str, by: Actor
) -> list[EvalResult]:
    """Rank the units of a round by their last scores, grade them and keep a version of each.

    ``stage`` provisional puts the round on public notice, published closes it. Raises NoScore for
    a unit that was not scored, EvaluationClosed once it is published.
    """
    with as_system(session):
        session.refresh(period, with_for_update=True)
        if period.status == "published":
            raise EvaluationClosed("published", status=period.status)
        scores: list[tuple[EvalUnit, EvalScore]] = []
        for row in scope.units(session, period):
            score = latest_score(session, row)
            if score is None:
                raise NoScore("not scored", unit=row.unit.name_zh)
            scores.append((row, score))
        ranks = grading.ranks([score.total for _, score in scores])
        made = [
            _result(session, row, score, grading.Standing(rank, len(scores)), decision)
            for (row, score), rank in zip(scores, ranks, strict=True)
        ]
        for result in made:
            result.stage, result.reason, result.made_by = stage, reason, by.id
            session.add(result)
        period.status = "public_notice" if stage == "provisional" else "published"
        period.published_at = now(session) if stage == "published" else None
        session.flush()
    return made


def _result(
    session: Session,
    row: EvalUnit,
    score: EvalScore,
    standing: grading.Standing,
    decision: str,
) -> EvalResult:
    grade = grading.grade(session, decision, row, score.total, standing)
    return EvalResult(
        eval_unit_id=row.id,
        period_id=row.period_id,
        score_id=score.id,
        version=_next(session, EvalResult, row),
        total=score.total,
        grade=grade.grade,
        rank=standing.rank,
        ranked=standing.ranked,
        veto=grade.veto,
        rule=grade.rule,
        made_at=now(session),
        unit_id=row.unit_id,
        region_path=row.region_path,
    )


def correct(
    session: Session, row: EvalUnit, decision: str, *, reason: str, by: Actor
) -> EvalResult:
    """Publish a corrected version of one unit after the round was published.

    The unit is graded by its last score at the rank that score would have had; the other units'
    published versions stay. Raises NoScore, and EvaluationClosed before publishing.
    """
    if row.period.status != "published":
        raise EvaluationClosed("not published yet", status=row.period.status)
    with as_system(session):
        score = latest_score(session, row)
        before = latest_result(session, row, "published")
        if score is None or before is None:
            raise NoScore("nothing to correct", unit=row.unit.name_zh)
        others = [
            result.total
            for other in scope.units(session, row.period)
            if other.id != row.id
            and (result := latest_result(session, other, "published")) is not None
        ]
        rank = 1 + sum(total > score.total for total in others)
        standing = grading.Standing(rank, len(others) + 1)
        result = _result(session, row, score, standing, decision)
        result.stage, result.reason, result.made_by = "published", reason, by.id
        session.add(result)
        session.flush()
    return result


def published(session: Session, period: EvalPeriod) -> list[EvalResult]:
    """Return the published results of a round that count, by rank: each unit's last version."""
    last = (
        select(EvalResult.eval_unit_id, func.max(EvalResult.version).label("version"))
        .where(EvalResult.stage == "published")
        .group_by(EvalResult.eval_unit_id)
        .subquery()
    )
    query = (
        select(EvalResult)
        .join(
            last,
            (last.c.eval_unit_id == EvalResult.eval_unit_id)
            & (last.c.version == EvalResult.version),
        )
        .where(EvalResult.period_id == period.id)
        .order_by(EvalResult.rank, EvalResult.id)
    )
    return list(session.scalars(query))


def parts_of(score: EvalScore, code: str) -> list[indicators.Part]:
    """Return the summands of one indicator of a kept score, for pages."""
    (found,) = [one for one in score.indicators if one.code == code]
    return indicators.parts(code, found.inputs, score.rules["targets"])


def mean_total(results: Sequence[EvalResult]) -> Decimal | None:
    """Return the mean total of results, rounded half up to two decimals."""
    if not results:
        return None
    return half_up(sum((Fraction(one.total) for one in results), Fraction(0)) / len(results), 2)


def read_result(session: Session, public_id: UUID) -> EvalResult | None:
    """Return a graded version, None where the session's scope hides it."""
    return session.scalar(select(EvalResult).where(EvalResult.public_id == public_id))
