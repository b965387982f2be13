"""/overview: a unit's two headline figures of the running year, and its instruments behind them."""

from datetime import date
from typing import Any

from flask import g, render_template, request
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from domain import measures
from domain.bulletins import publishing
from domain.instruments.models import Instrument
from domain.measures import BASES, PROBLEMS, Basis, Figures
from domain.organisations.models import Unit
from engine import decisions
from engine.actors import UNIT_ROLES
from engine.clock import now
from engine.values import tag
from web.access import current_actor, requires
from web.evaluation.room import OFFICIALS, UNITS, blueprint
from web.formats import language, local

#: Bars that a chart can show; the table has all instruments.
_MOST = 12


@blueprint.get("/overview")
@requires(*UNITS, *OFFICIALS)
def overview() -> str:
    """Show 运行使用 and 开放共享 of this year so far, with their basis."""
    unit = _unit()
    year = local(now(g.session)).year
    basis = _basis(year)
    figures = _figures(unit, year, basis) if unit else []
    latest = publishing.published(g.session)
    return render_template(
        "evaluation/overview.html",
        unit=unit,
        year=year,
        together=measures.together(figures),
        figures=sorted(figures, key=_worst_first),
        basis=BASES[basis.name],
        problems=PROBLEMS,
        shown=measures.shown,
        chart_data=_chart(figures),
        latest=latest[0] if latest else None,
    )


def _unit() -> Unit | None:
    """Return the reader's unit, for officials the one asked for."""
    own = {
        grant.unit_id
        for grant in current_actor().grants
        if grant.role in UNIT_ROLES and grant.unit_id is not None
    }
    if own:
        mine: Unit | None = g.session.get(Unit, min(own))
        return mine
    code = request.args.get("unit", "")
    found: Unit | None = g.session.scalar(select(Unit).where(Unit.code == code))
    return found


def _basis(year: int) -> Basis:
    asked = {"period_end": tag(date(year, 12, 31)), "basis_wanted": ""}
    answer: Any = decisions.evaluate(
        g.session, "evaluation_rated_hours", asked, now=now(g.session)
    ).value
    return Basis.read(answer)


def _figures(unit: Unit, year: int, basis: Basis) -> list[Figures]:
    query = (
        select(Instrument)
        .options(joinedload(Instrument.unit))
        .where(Instrument.unit_id == unit.id, Instrument.lifecycle != "retired")
        .order_by(Instrument.id)
    )
    instruments = g.session.scalars(query).all()
    return measures.of_instruments(g.session, instruments, measures.year(year), basis)


def _worst_first(one: Figures) -> tuple[int, float]:
    return (not one.problems, float(one.usage.raw) if one.usage else -1.0)


def _chart(figures: list[Figures]) -> dict[str, Any]:
    busiest = sorted(figures, key=lambda one: one.effective.counted, reverse=True)[:_MOST]
    named = [
        one.instrument.name_zh if language() == "zh" else one.instrument.name_en for one in busiest
    ]
    return {
        "names": named,
        "unit": "h",
        "series": [
            {
                "name": gettext("Effective hours"),
                "values": [round(float(one.effective.hours), 1) for one in busiest],
            },
            {
                "name": gettext("External hours"),
                "values": [round(float(one.external.hours), 1) for one in busiest],
            },
        ],
    }
