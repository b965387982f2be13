"""/evaluations/units: a unit's points, each with the way down to its sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import g, render_template
from sqlalchemy import select

from domain import measures
from domain.evaluation import (
    BLOCKS,
    CHECKLIST,
    GRADES,
    INDICATORS,
    VETOES,
    EvalScope,
    EvalScore,
    EvalUnit,
    appeals,
    evidence,
    results,
    scope,
)
from domain.evaluation.appeals import OUTCOMES
from domain.evaluation.scope import REASONS
from domain.instruments.models import Instrument
from domain.measures import BASES, PROBLEMS, Basis, Period
from engine.errors import NotFound
from engine.models import Instance
from web.access import requires
from web.evaluation import words
from web.evaluation.room import OFFICIALS, UNITS, blueprint


@dataclass(frozen=True)
class Shown:
    """An indicator as the page shows it: names, points, weight and its summands."""

    code: str
    block: tuple[str, str]
    name: tuple[str, str]
    weight: str
    points: str
    percent: float


@blueprint.get("/evaluations/units/<uuid:public_id>")
@requires(*UNITS, *OFFICIALS)
def unit_page(public_id: UUID) -> str:
    """Show a unit's self-report, points, result and appeals."""
    row = scope.read_unit(g.session, public_id)
    score = results.latest_score(g.session, row)
    left_out = select(EvalScope).where(EvalScope.eval_unit_id == row.id, ~EvalScope.included)
    return render_template(
        "evaluation/unit.html",
        row=row,
        period=row.period,
        score=score,
        indicators=_indicators(score) if score else [],
        versions=results.versions(g.session, row),
        appeals=appeals.of_unit(g.session, row),
        outcomes=OUTCOMES,
        counts=scope.counts(g.session, row),
        left_out=g.session.scalars(left_out.order_by(EvalScope.id)).all(),
        reasons=REASONS,
        checklist=CHECKLIST,
        grades=GRADES,
        vetoes=VETOES,
        same=_still_adds_up(score) if score else True,
        case=_case(row),
        basis=_basis_name(score),
    )


def _case(row: EvalUnit) -> Instance | None:
    query = select(Instance).where(Instance.public_id == row.case_id)
    found: Instance | None = g.session.scalar(query)
    return found


def _basis_name(score: EvalScore | None) -> tuple[str, str]:
    return BASES[str(score.rules["basis"]["basis"])] if score else ("", "")


def _still_adds_up(score: EvalScore) -> bool:
    """Compute the score again from what was kept (INV-09)."""
    total, points = results.recomputed(score)
    return total == score.total and points == {one.code: one.points for one in score.indicators}


def _indicators(score: EvalScore) -> list[Shown]:
    return [
        Shown(
            one.code,
            BLOCKS[INDICATORS[one.code][0]],
            INDICATORS[one.code][1:],
            f"{one.weight:f}".rstrip("0").rstrip("."),
            f"{one.points:.2f}",
            float(one.share * 100),
        )
        for one in score.indicators
    ]


@blueprint.get("/evaluations/units/<uuid:public_id>/<any(I1,I2,I3,I4,I5,I6,I7,I8):code>")
@requires(*UNITS, *OFFICIALS)
def indicator_page(public_id: UUID, code: str) -> str:
    """Show where an indicator's points come from: inputs, summands, evidence."""
    row, score = _scored(public_id)
    (found,) = [one for one in score.indicators if one.code == code]
    return render_template(
        "evaluation/indicator.html",
        row=row,
        score=score,
        indicator=found,
        name=INDICATORS[code][1:],
        parts=results.parts_of(score, code),
        part_names=words.parts(),
        inputs=[(words.inputs()[key], _value(value)) for key, value in found.inputs.items()],
        lines=found.evidence,
        columns=words.columns(found.evidence),
        cell=words.cell,
        checklist=CHECKLIST,
        basis=_basis_name(score),
    )


def _value(value: Any) -> str:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return "、".join(str(each) for each in value) or "—"
    return evidence.shown_number(value)


def _scored(public_id: UUID) -> tuple[EvalUnit, EvalScore]:
    row = scope.read_unit(g.session, public_id)
    score = results.latest_score(g.session, row)
    if score is None:
        raise NotFound(f"{public_id} is not scored", kind="evaluation")
    return row, score


@blueprint.get("/evaluations/units/<uuid:public_id>/instruments/<uuid:instrument_id>")
@requires(*UNITS, *OFFICIALS)
def sources_page(public_id: UUID, instrument_id: UUID) -> str:
    """Show the records behind an instrument's hours, and whether they are those that counted."""
    row, score = _scored(public_id)
    query = (
        select(Instrument)
        .join(EvalScope)
        .where(EvalScope.eval_unit_id == row.id, Instrument.public_id == instrument_id)
    )
    instrument = g.session.scalar(query)
    if instrument is None:
        raise NotFound(f"{instrument_id} is not in the round", kind="instrument")
    period = Period(row.period.period_start, row.period.period_end)
    basis = Basis.read(dict(score.rules["basis"]))
    (figures,) = measures.of_instruments(g.session, [instrument], period, basis)
    kept = _kept(score.indicators[4].evidence, instrument_id)
    return render_template(
        "evaluation/sources.html",
        row=row,
        instrument=instrument,
        figures=figures,
        uses=sorted(figures.uses, key=lambda use: use.stretch.start),
        states=measures.STATE_NAMES,
        problems=PROBLEMS,
        basis=_basis_name(score),
        kept=kept,
        unchanged=kept.get("digest") == evidence.digest(figures.effective.sources),
        shown=measures.shown,
        hours=measures.hours,
    )


def _kept(lines: Sequence[Mapping[str, Any]], instrument_id: UUID) -> Mapping[str, Any]:
    for line in lines:
        if line["instrument"] == str(instrument_id):
            return line
    return {}
