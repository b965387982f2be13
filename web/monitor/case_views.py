"""/cases/<id>: one case for whoever may see it, its diagram, path, proof and export."""

import json
from uuid import UUID

from flask import Response, current_app, jsonify, render_template, request

from engine import history
from engine.history import Verification
from engine.models import Definition
from web import database
from web.access import current_actor, requires
from web.formats import when
from web.monitor import case, people, replay
from web.monitor.room import EXAMINERS, OPERATORS, WATCHERS, blueprint
from web.monitor.texts import gettext, status_text


@blueprint.get("/cases/<uuid:public_id>")
@requires()
def case_page(public_id: UUID) -> str:
    """Show a case so that it can be read without training."""
    session = database.session()
    record = case.read(session, public_id)
    actor = current_actor()
    open_tasks = case.tasks(session, record)
    ids = {each for task in open_tasks for each in (*task.candidate_users, task.assignee_id)}
    names = people.names(session, {each for each in ids if each})
    return render_template(
        "monitor/case.html",
        record=record,
        instance=record.instance,
        definition=record.instance.definition,
        tasks=[(task, case.whom(record, task, names)) for task in open_tasks],
        milestones=case.steps(session, record),
        timeline=case.timeline(session, record),
        names={**record.names, **names},
        unit=people.unit_names(session, [record.instance.unit_id]),
        documents=case.documents(session, record),
        document_link="inbox.document" in current_app.view_functions,
        incidents=case.incidents(session, record) if actor.has(*OPERATORS) else [],
        variables=case.variables(session, record) if actor.has(*EXAMINERS) else None,
        may_search=actor.has(*WATCHERS),
        verification=_verified(record) if request.args.get("verify") else None,
        status_text=status_text,
    )


def _verified(record: case.Record) -> Verification:
    return history.verify(database.session(), record.instance.id)


@blueprint.get("/cases/<uuid:public_id>/diagram.bpmn")
@requires()
def case_diagram(public_id: UUID) -> Response:
    """Hand out the version of the diagram that the case runs."""
    session = database.session()
    return as_file(case.read(session, public_id).instance.definition)


def as_file(definition: Definition) -> Response:
    """Hand out a definition as a file; opened by itself it is downloaded, never rendered."""
    name = f"{definition.key}-v{definition.version}.{definition.kind}"
    kind = "application/json" if definition.kind == "form" else "application/xml"
    response = Response(definition.content, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.get("/cases/<uuid:public_id>/path.json")
@requires()
def case_path(public_id: UUID) -> Response:
    """Tell the diagram which way the case went, step by step."""
    record = case.read(database.session(), public_id)
    return jsonify(replay.as_json(record.picture, record.sentences(), when))


@blueprint.get("/cases/<uuid:public_id>/history.json")
@requires()
def case_export(public_id: UUID) -> Response:
    """Hand out the history in the form that anyone can verify."""
    session = database.session()
    record = case.read(session, public_id)
    content = json.dumps(history.export(session, record.instance.id), ensure_ascii=False, indent=1)
    name = f"{record.instance.number}-history.json"
    return Response(
        content,
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def broken_text(found: Verification) -> str:
    """Return what is wrong with a history, for people."""
    reasons = {
        "end": gettext("entries are missing at the end"),
        "gap": gettext("an entry is missing or was inserted"),
        "previous": gettext("this entry does not follow the one before it"),
        "hash": gettext("the content of this entry was changed"),
        "column": gettext("the index of this entry contradicts its content"),
        "record": gettext("the content of this entry cannot be read"),
        "case": gettext("this entry belongs to another case"),
        "version": gettext("this entry is of an unknown format"),
    }
    kind = (found.reason or "").partition(":")[0]
    return reasons.get(kind, kind)


blueprint.add_app_template_global(broken_text, "broken_text")
