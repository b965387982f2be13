"""Upload → check → difference → note → publish."""

from typing import Any
from uuid import UUID

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from engine import definitions
from engine.definitions import Resource
from engine.errors import InvalidDefinition, NotAllowed, NotFound
from engine.models import Deployment
from engine.problems import Problem, errors
from web import database
from web.access import current_actor, requires
from web.formats import language
from web.monitor import people
from web.monitor.texts import gettext, ngettext
from web.studio import figures, proposals
from web.studio.models import Proposal
from web.studio.process_views import marks
from web.studio.proposals import Part
from web.studio.room import DESIGNERS, PUBLISHERS, blueprint
from web.transactions import command

_LEAST_NOTE = 4


@blueprint.get("/processes/<key>/change")
@requires(*DESIGNERS)
def change(key: str) -> str:
    """Show the upload of changed files."""
    return _upload_page(key, [])


def _upload_page(key: str, reasons: list[str]) -> str:
    session = database.session()
    open_proposals = proposals.waiting(session, key)
    return render_template(
        "studio/change.html",
        definition=definitions.latest(session, "bpmn", key),
        reasons=reasons,
        proposals=open_proposals,
        names=people.names(session, {each.proposed_by for each in open_proposals}),
    )


@blueprint.post("/processes/<key>/proposals")
@requires(*DESIGNERS)
@command
def propose(key: str) -> AnyResponse:
    """Keep the uploaded files and go to their check."""
    files = [(f.filename or "", f.read()) for f in request.files.getlist("files") if f.filename]
    try:
        kept = proposals.make(database.session(), key, files, current_actor())
    except proposals.Unusable as unusable:
        return make_response(_upload_page(key, unusable.reasons), 422)
    return redirect(url_for("studio.proposal", key=key, public_id=kept.public_id), 303)


@blueprint.get("/processes/<key>/proposals/<uuid:public_id>")
@requires(*DESIGNERS)
def proposal(key: str, public_id: UUID) -> str:
    """Show what was found in the files, what they change, and what publishing would do."""
    session = database.session()
    kept = proposals.read(session, key, public_id)
    proposed = proposals.resources(session, kept)
    problems = proposals.check(session, kept, proposed)
    parts = proposals.parts(session, proposed)
    changed = [part for part in parts if proposals.is_changed(part)]
    diagram = next((part for part in parts if part.resource.kind == "bpmn"), None)
    return render_template(
        "studio/proposal.html",
        definition=definitions.latest(session, "bpmn", key),
        proposal=kept,
        names=people.names(session, {kept.proposed_by}),
        problems=[_shown(problem) for problem in problems],
        errors=len(errors(problems)),
        parts=parts,
        changed=changed,
        diagram=diagram,
        marked=_marked(problems, diagram),
        base=proposals.base_of(parts),
        running=sum(figures.running_by_version(session, key).values()),
        confirmation=confirmation(changed),
        may_publish=current_actor().has(*PUBLISHERS),
    )


def _shown(problem: Problem) -> dict[str, Any]:
    return {
        "text": problem.sentence(language()),
        "element_id": problem.element_id,
        "element_name": problem.element_name,
        "is_error": problem.is_error,
        "file": problem.file,
    }


def _marked(problems: list[Problem], diagram: Part | None) -> dict[str, Any]:
    """Return what the drawing marks: problems over differences."""
    counts: dict[str, int] = {}
    for problem in errors(problems):
        if problem.element_id:
            counts[problem.element_id] = counts.get(problem.element_id, 0) + 1
    changes = marks(diagram.changes)["new_marks"] if diagram else {}
    return {"problems": counts, "changes": changes}


def confirmation(changed: list[Part]) -> str:
    """Return the words that a publisher types: they name what will be in force."""
    first = next((p for p in changed if p.resource.kind == "bpmn"), changed[0] if changed else None)
    if first is None:
        return ""
    return gettext("publish %(key)s version %(n)s", key=first.resource.key, n=first.number)


@blueprint.get("/processes/<key>/proposals/<uuid:public_id>/<path:name>")
@requires(*DESIGNERS)
def proposal_file(key: str, public_id: UUID, name: str) -> Response:
    """Hand out a proposed file, for the drawing and for download."""
    kept = proposals.read(database.session(), key, public_id)
    file = next((each for each in kept.files if each["name"] == name), None)
    if file is None:
        raise NotFound(f"no file {name}")
    response = Response(file["content"], mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = "attachment"
    return response


@blueprint.post("/processes/<key>/proposals/<uuid:public_id>/publish")
@requires(*DESIGNERS)
@command
def publish(key: str, public_id: UUID) -> AnyResponse:
    """Publish what was checked, if it is still what the publisher has looked at."""
    session = database.session()
    if not current_actor().has(*PUBLISHERS):
        raise NotAllowed("only a process publisher may publish")
    kept = proposals.read(session, key, public_id)
    proposed = proposals.resources(session, kept)
    parts = proposals.parts(session, proposed)
    note = request.form.get("note", "").strip()
    obstacle = _obstacle(kept, parts, note)
    if obstacle:
        flash(obstacle, "danger")
        return _back(kept)
    return _publish(kept, proposed, parts, note)


def _obstacle(kept: Proposal, parts: list[Part], note: str) -> str:
    changed = [part for part in parts if proposals.is_changed(part)]
    if kept.deployment_id is not None or not changed:
        return gettext("These files are already published; there is nothing to do.")
    if request.form.get("base") != proposals.base_of(parts):
        return gettext("Somebody has published another version meanwhile. Look at the difference "
                       "again, then publish.")  # fmt: skip
    if len(note) < _LEAST_NOTE:
        return gettext("Say what changes and why: at least four characters.")
    if request.form.get("confirm", "").strip() != confirmation(changed):
        return gettext("Type the sentence exactly as it is shown to publish.")
    return ""


def _publish(kept: Proposal, proposed: list[Resource], parts: list[Part], note: str) -> AnyResponse:
    session, actor = database.session(), current_actor()
    running = sum(figures.running_by_version(session, kept.process_key).values())
    try:
        done = definitions.publish(session, proposed, actor=actor, note=note)
    except InvalidDefinition as refused:
        flash(ngettext("%(num)s problem must be solved first.",
                       "%(num)s problems must be solved first.", len(refused.problems)),
              "danger")  # fmt: skip
        return _back(kept)
    _note(kept, done, note)
    flash(_result(parts, running), "success")
    changed = [part for part in parts if proposals.is_changed(part)]
    diagram = next((part for part in changed if part.resource.kind == "bpmn"), None)
    if diagram is None:
        return redirect(url_for("studio.process", key=kept.process_key), 303)
    compare = diagram.published.version if diagram.published else None
    return redirect(
        url_for("studio.process", key=kept.process_key, version=diagram.number, compare=compare),
        303,
    )


def _note(kept: Proposal, done: Deployment | None, note: str) -> None:
    kept.note = note
    kept.deployment_id = done.id if done else None
    database.session().flush()


def _result(parts: list[Part], running: int) -> str:
    names = "、".join(
        gettext("%(name)s version %(n)s", name=part.name, n=part.number)
        for part in parts
        if part.published is None or part.changes
    )
    stays = ngettext(
        "%(num)s running case stays on its version.",
        "%(num)s running cases stay on their version.",
        running,
    )
    return gettext("Published: %(what)s.", what=names or "—") + " " + stays


def _back(kept: Proposal) -> AnyResponse:
    return redirect(url_for("studio.proposal", key=kept.process_key, public_id=kept.public_id), 303)
