"""/incidents: what failed and waits for an operator, with the original error."""

from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response as AnyResponse

from engine import jobs
from engine.errors import NotFound
from engine.models import Incident, Instance
from web import database
from web.access import current_actor, requires
from web.monitor import people
from web.monitor.drawing import read as read_drawing
from web.monitor.room import OPERATORS, blueprint
from web.monitor.texts import gettext
from web.transactions import command

_SHOWN = 100
_LEAST_REASON = 4


@blueprint.get("/incidents")
@requires(*OPERATORS)
def incidents() -> str:
    """List what waits for an operator, or what was resolved lately."""
    session = database.session()
    resolved = request.args.get("show") == "resolved"
    wanted = Incident.resolved_at.is_not(None) if resolved else Incident.resolved_at.is_(None)
    query = (
        select(Incident)
        .where(wanted)
        .options(joinedload(Incident.instance).joinedload(Instance.definition))
        .order_by(Incident.resolved_at.desc() if resolved else Incident.id)
    )
    found = list(session.scalars(query.limit(_SHOWN)))
    names = people.names(session, {i.resolved_by for i in found if i.resolved_by})
    waiting = session.scalar(
        select(func.count()).select_from(Incident).where(Incident.resolved_at.is_(None))
    )
    return render_template(
        "monitor/incidents.html",
        incidents=found,
        elements={i.id: _element(i) for i in found},
        names=names,
        resolved=resolved,
        waiting=waiting or 0,
    )


def _element(incident: Incident) -> str:
    if not incident.element_id:
        return ""
    return read_drawing(incident.instance.definition.content).name_of(incident.element_id)


@blueprint.post("/incidents/<uuid:public_id>/retry")
@requires(*OPERATORS)
@command
def incident_retry(public_id: UUID) -> AnyResponse:
    """Let the failed step be tried again."""
    session = database.session()
    incident = _open_incident(public_id)
    jobs.retry(session, public_id, actor=current_actor())
    flash(gettext("The step is being tried again."), "success")
    return _to_record(incident)


@blueprint.post("/incidents/<uuid:public_id>/skip")
@requires(*OPERATORS)
@command
def incident_skip(public_id: UUID) -> AnyResponse:
    """Go on without the failed step, for a reason that stays on record."""
    session = database.session()
    incident = _open_incident(public_id)
    reason = request.form.get("reason", "").strip()
    if len(reason) < _LEAST_REASON:
        flash(gettext("Say why the step may be skipped: at least four characters."), "danger")
        return Response(status=303, headers={"Location": url_for("monitor.incidents")})
    jobs.skip(session, public_id, actor=current_actor(), reason=reason)
    flash(gettext("The step was skipped; the reason is on record."), "success")
    return _to_record(incident)


def _open_incident(public_id: UUID) -> Incident:
    found = database.session().scalar(select(Incident).where(Incident.public_id == public_id))
    if found is None:
        raise NotFound(f"no incident {public_id}")
    return found


def _to_record(incident: Incident) -> AnyResponse:
    target = url_for("monitor.case_page", public_id=incident.instance.public_id)
    return redirect(f"{target}#timeline", 303)
