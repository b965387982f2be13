"""Begin a case of an instrument's life from a page: apply, enter, share."""

import json
from typing import Any

from flask import Response, flash, g, jsonify, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf

from engine import definitions, instances
from engine.errors import NotFound
from web.access import current_actor, requires
from web.form_words import translated
from web.formats import language
from web.life.room import PROCESS_NAMES, STARTERS, blueprint
from web.transactions import command, new_key

_FORMS = {
    "purchase_review": "purchase_application",
    "network_entry": "entry_request",
    "sharing": "sharing_request",
}
#: What the address may bring along, by process; the reader can still change it.
_BROUGHT = {
    "purchase_review": (),
    "network_entry": ("purchase_id", "stock_id", "name"),
    "sharing": ("instrument_id",),
}


@blueprint.get("/start/<process>")
@requires(*STARTERS)
def start_page(process: str) -> str:
    """Show the start form of a process."""
    definition = definitions.latest(g.session, "form", _form_of(process))
    brought = {name: request.args[name] for name in _BROUGHT[process] if request.args.get(name)}
    here = url_for("life.start_page", process=process)
    return render_template(
        "life/start.html",
        name=gettext(PROCESS_NAMES[process]),
        form_data={
            "schema": translated(json.loads(definition.content), definition.words),
            "data": brought,
            "draft": None,
            "action": here,
            "draft_url": None,
            "files_url": None,
            "files": [],
            "csrf": generate_csrf(),
            "key": new_key(),
            "locale": language(),
            "sign_in": url_for("signin.page", next=here),
            "read_only": False,
        },
    )


def _form_of(process: str) -> str:
    if process not in _FORMS:
        raise NotFound(f"no start page of {process}")
    return _FORMS[process]


@blueprint.post("/start/<process>")
@requires(*STARTERS)
@command
def start(process: str) -> Response:
    """Start the case; its operations put it into the unit's scope."""
    _form_of(process)
    body = request.get_json()
    data: Any = body.get("data") if isinstance(body, dict) else None
    case = instances.start(
        g.session, process, actor=current_actor(), data=data if isinstance(data, dict) else {}
    )
    flash(gettext("%(number)s has been sent in.", number=case.number), "good")
    return jsonify(next=f"/cases/{case.public_id}", number=case.number)
