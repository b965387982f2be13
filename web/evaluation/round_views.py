"""/evaluations: rounds, published results for everybody, the officials' overview and launch."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from domain.evaluation import GRADES, VETOES, EvalPeriod, results, scope
from domain.organisations import regions
from engine.actors import Actor
from engine.errors import NotFound
from web.access import current_actor, requires
from web.evaluation import launching, standing
from web.evaluation.room import LAUNCHERS, OFFICIALS, blueprint
from web.transactions import command


@blueprint.get("/evaluations")
def rounds_page() -> str:
    """List the rounds, a unit's own parts in them, and the way to launch one."""
    actor = current_actor()
    query = select(EvalPeriod).order_by(EvalPeriod.year.desc(), EvalPeriod.region)
    return render_template(
        "evaluation/rounds.html",
        rounds=g.session.scalars(query).all(),
        own=standing.own_parts(g.session, actor),
        regions=regions.names(g.session),
        launch=launching.offer(g.session) if actor.has(*LAUNCHERS) else None,
    )


@blueprint.get("/evaluations/<uuid:public_id>")
def round_page(public_id: UUID) -> str:
    """Show a round by rank and grade: published results, for officials also those in work."""
    period = scope.read_period(g.session, public_id)
    official = current_actor().has(*OFFICIALS)
    rows = standing.lines(g.session, period) if official else []
    made = results.published(g.session, period)
    return render_template(
        "evaluation/round.html",
        period=period,
        place=regions.names(g.session).get(period.region, (period.region, period.region)),
        results=made,
        rows=rows,
        grades=GRADES,
        vetoes=VETOES,
        counts={grade: sum(one.grade == grade for one in made) for grade in GRADES},
        mean=results.mean_total(made),
        official=official,
    )


@blueprint.post("/evaluations/launch")
@requires(*LAUNCHERS)
@command
def launch() -> Response:
    """Start a case for each unit of a region that has no case of this year yet."""
    actor: Actor = current_actor()
    offer = launching.offer(g.session)
    if offer is None or request.form.get("region") not in {code for code, _ in offer.regions}:
        raise NotFound("nothing to launch here", kind="evaluation")
    opened = launching.launch(g.session, str(request.form["region"]), offer.year, by=actor)
    flash(ngettext("%(num)s case was opened.", "%(num)s cases were opened.", opened), "success")
    return redirect(url_for("evaluation.rounds_page"), 303)
