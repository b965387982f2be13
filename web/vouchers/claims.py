"""Claiming a voucher: the process's start form, and taking a claim back."""

import json
from typing import Any
from uuid import UUID

from flask import flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response as AnyResponse

from engine import definitions, instances, messages
from engine.actors import Scope
from engine.errors import NotFound
from engine.models import Instance
from web import database
from web.access import current_actor, requires
from web.form_words import translated
from web.formats import language
from web.inbox.senders import check_sender
from web.transactions import command, new_key
from web.vouchers import wallet
from web.vouchers.room import CLAIMANTS, blueprint

PROCESS = "voucher"
FORM = "voucher_claim_form"
WITHDRAW = "voucher.withdraw"
_LONGEST_ID = 100


def open_claims(session: Session) -> list[Instance]:
    """Return the reader's claims that wait for somebody, the latest first."""
    query = (
        select(Instance)
        .options(joinedload(Instance.definition))
        .where(
            Instance.process_key == PROCESS,
            Instance.initiator_id == current_actor().id,
            Instance.status == "active",
        )
        .order_by(Instance.id.desc())
    )
    # After issuing, the case only waits for the voucher's end: that is the voucher's own story.
    return [case for case in session.scalars(query) if "voucher_id" not in case.variables]


@blueprint.get("/vouchers/apply")
@requires(*CLAIMANTS)
def apply() -> str:
    """Show the process's start form to an enterprise's agent."""
    session = database.session()
    unit = wallet.own_unit(session)
    if unit is None:
        raise NotFound
    return render_template("vouchers/apply.html", unit=unit, form_data=_form_data(session))


def _form_data(session: Session) -> dict[str, Any]:
    definition = definitions.latest(session, "form", FORM)
    here = url_for("vouchers.apply")
    return {
        "schema": translated(json.loads(definition.content), definition.words),
        "data": {},
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
    }


@blueprint.post("/vouchers/apply")
@command
def send_claim() -> AnyResponse:
    """Start a claim for the reader's enterprise."""
    session, actor = database.session(), current_actor()
    unit = wallet.own_unit(session)
    if unit is None or not actor.has(*CLAIMANTS):
        raise NotFound
    body = request.get_json()
    data = body.get("data") if isinstance(body, dict) else None
    case = instances.start(
        session,
        PROCESS,
        actor=actor,
        data=data if isinstance(data, dict) else {},
        scope=Scope(region=unit.region, unit_id=unit.id, department="science"),
    )
    return jsonify(next=_told(case), number=case.number)


def _told(case: Instance) -> str:
    """Leave a message for the next page, and return its address."""
    voucher_id = case.variables.get("voucher_id")
    if voucher_id:
        flash(gettext("Claim %(number)s was granted at once.", number=case.number), "good")
        return url_for("vouchers.voucher_page", voucher_id=UUID(voucher_id))
    if case.ended_at is not None:
        flash(gettext("Claim %(number)s was not accepted; see why.", number=case.number), "warn")
        return f"/cases/{case.public_id}"
    flash(gettext("Claim %(number)s has been sent in.", number=case.number), "good")
    return url_for("vouchers.wallet")


@blueprint.post("/vouchers/claims/<uuid:case_id>/withdraw")
@command
def withdraw(case_id: UUID) -> AnyResponse:
    """Take back a claim of mine that has not been decided yet."""
    session, actor = database.session(), current_actor()
    case = instances.read(session, case_id)
    if case.initiator_id != actor.id or case.process_key != PROCESS:
        raise NotFound
    check_sender(session, actor, case.number)
    messages.deliver(
        session,
        WITHDRAW,
        case.number,
        {},
        actor=actor,
        message_id=f"withdraw-{case.public_id}-{request.form['_key']}"[:_LONGEST_ID],
    )
    flash(gettext("Claim %(number)s was taken back.", number=case.number), "good")
    return make_response(redirect(url_for("vouchers.wallet"), 303))
