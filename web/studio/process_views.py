"""/processes and /decisions: what is published, its versions, and what differs between them."""

from typing import Any

from flask import Response, render_template, request
from sqlalchemy.orm import Session

from engine import definitions
from engine.errors import NotFound
from engine.models import Definition
from web import database
from web.access import current_actor, requires
from web.monitor import people
from web.monitor.case_views import as_file
from web.studio import content, figures
from web.studio.content import Change
from web.studio.room import DESIGNERS, READERS, blueprint


@blueprint.get("/processes")
@requires(*READERS)
def processes() -> str:
    """List the processes with what runs on them."""
    session = database.session()
    found = definitions.processes(session)
    return render_template(
        "studio/processes.html",
        processes=found,
        names=people.names(session, figures.publishers(found)),
        running=figures.running_by_process(session),
        by_version={d.key: figures.running_by_version(session, d.key) for d in found},
        waiting=figures.open_tasks_by_process(session),
    )


@blueprint.get("/processes/<key>")
@requires(*READERS)
def process(key: str) -> str:
    """Show a version of a process: diagram with counts, forms, decisions, versions."""
    session = database.session()
    shown = content.version_of(session, "bpmn", key, request.args.get("version", type=int))
    versions = definitions.versions(session, "bpmn", key)
    return render_template(
        "studio/process.html",
        definition=shown,
        versions=versions,
        newest=versions[0],
        names=people.names(session, figures.publishers(versions)),
        running=figures.running_by_version(session, key),
        at_elements=figures.running_by_element(session, shown),
        parts=content.parts(session, shown),
        may_change=current_actor().has(*DESIGNERS),
        **_comparison(session, shown, versions),
    )


def _comparison(session: Session, shown: Definition, versions: list[Definition]) -> dict[str, Any]:
    """Return the difference to the version that the address names, if it names one."""
    number = request.args.get("compare", type=int)
    earlier = [each for each in versions if each.version != shown.version]
    if number is None:
        return {"others": earlier, "base": None, "changes": []}
    base = content.version_of(session, shown.kind, shown.key, number)
    changes = content.changes(shown.kind, base.content, shown.content)
    return {"others": earlier, "base": base, "changes": changes, **marks(changes)}


def marks(changes: list[Change]) -> dict[str, Any]:
    """Return the differences by element, as the diagrams of both versions mark them."""
    new = {c.element_id: c.kind for c in changes if c.kind != "removed"}
    old = {c.element_id: "removed" for c in changes if c.kind == "removed"}
    return {"new_marks": new, "old_marks": old}


@blueprint.get("/decisions/<key>")
@requires(*READERS)
def decision(key: str) -> str:
    """Show a version of a decision table."""
    session = database.session()
    shown = content.version_of(session, "dmn", key, request.args.get("version", type=int))
    versions = definitions.versions(session, "dmn", key)
    return render_template(
        "studio/decision.html",
        definition=shown,
        versions=versions,
        newest=versions[0],
        names=people.names(session, figures.publishers(versions)),
        **_comparison(session, shown, versions),
    )


@blueprint.get("/definitions/<kind>/<key>/<int:version>")
@requires(*READERS)
def definition_file(kind: str, key: str, version: int) -> Response:
    """Hand out a version as the file that was published."""
    if kind not in definitions.KINDS.values():
        raise NotFound
    return as_file(content.version_of(database.session(), kind, key, version))
