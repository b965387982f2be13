"""Files of a case: handed in with a task, given out to whoever sees the case."""

import io
from typing import Any
from uuid import UUID

from flask import Response, jsonify, make_response, redirect, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from domain import documents
from domain.documents import Document
from engine import user_tasks
from engine.errors import InvalidSubmission, NotAllowed
from web import database, errors
from web.access import current_actor, requires
from web.inbox.room import blueprint
from web.transactions import command

_KILO = 1024


@blueprint.post("/tasks/<uuid:task_id>/files")
@command
def upload(task_id: UUID) -> AnyResponse:
    """Keep a file (field ``file``) for the case of a task that the sender may complete."""
    session, actor = database.session(), current_actor()
    view = user_tasks.read(session, task_id, actor)
    if not view.may_complete:
        raise NotAllowed
    file = request.files.get("file")
    if file is None:
        raise InvalidSubmission({"file": [{"code": "required"}]})
    kept = documents.store(
        session,
        name=file.filename or "",
        content=file.read(documents.MAX_BYTES + 1),
        by=actor,
        case_id=view.instance.public_id,
    )
    if errors.wants_json():
        return make_response(jsonify(as_json(kept)), 201)
    return make_response(redirect(url_for("inbox.task_page", task_id=task_id), 303))


@blueprint.get("/files/<uuid:file_id>")
@requires()
def download(file_id: UUID) -> Response:
    """Give out a file under its own name; others than those who see the case get 404."""
    kept = documents.read(database.session(), file_id)
    # Always as an attachment: what people hand in must never run as a page of this site.
    return send_file(
        io.BytesIO(kept.content),
        mimetype=kept.media_type,
        as_attachment=True,
        download_name=kept.name,
        etag=kept.sha256,
    )


def as_json(kept: Document) -> dict[str, Any]:
    """Return what a page needs to show a file."""
    address = url_for("inbox.download", file_id=kept.public_id)
    return {"id": str(kept.public_id), "name": kept.name, "size": kept.size, "url": address}


@blueprint.app_template_filter("file_size")
def file_size(octets: int) -> str:
    """Show the size of a file: 512 B, 14.2 KB, 3.1 MB."""
    if octets < _KILO:
        return f"{octets} B"
    if octets < _KILO * _KILO:
        return f"{octets / _KILO:.1f} KB"
    return f"{octets / _KILO / _KILO:.1f} MB"
