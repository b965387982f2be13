"""Freezing, releasing and taking back a voucher: looked at a second time, with a reason."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from domain import vouchers
from domain.organisations.models import Unit
from domain.vouchers import Pool, Voucher
from engine.db import as_system
from engine.errors import InvalidSubmission, NotFound
from web import database
from web.access import current_actor, requires
from web.transactions import command
from web.vouchers.room import blueprint

_VERBS: dict[str, Callable[..., Voucher]] = {
    "freeze": vouchers.freeze,
    "unfreeze": vouchers.unfreeze,
    "revoke": vouchers.revoke,
}
_LEAST_REASON = 4
_LONGEST_REASON = 500


def _deciding(session: Session, voucher_id: UUID, kind: str) -> tuple[Voucher, Pool]:
    """Return a voucher that the reader may decide about; NotFound for anybody else."""
    voucher = vouchers.read(session, voucher_id)
    with as_system(session):
        pool = session.get_one(Pool, voucher.pool_id)
    if kind not in _VERBS or not vouchers.may_decide(current_actor(), pool):
        raise NotFound
    return voucher, pool


@blueprint.get("/vouchers/<uuid:voucher_id>/<kind>")
@requires("voucher_officer")
def second_look(voucher_id: UUID, kind: str) -> str:
    """Show once more what is about to be decided, and ask for the reason."""
    session = database.session()
    voucher, pool = _deciding(session, voucher_id, kind)
    return _page(session, voucher, pool, kind)


def _page(session: Session, voucher: Voucher, pool: Pool, kind: str, **more: Any) -> str:  # noqa: ANN401 - template values
    with as_system(session):
        holder = session.get_one(Unit, voucher.unit_id)
    return render_template(
        "vouchers/decide.html",
        voucher=voucher,
        pool=pool,
        holder=holder,
        kind=kind,
        last_day=vouchers.last_day(voucher),
        **more,
    )


@blueprint.post("/vouchers/<uuid:voucher_id>/<kind>")
@command
def decide(voucher_id: UUID, kind: str) -> AnyResponse:
    """Carry out a decision once; the reason stays in the ledger."""
    session, actor = database.session(), current_actor()
    voucher, _ = _deciding(session, voucher_id, kind)
    reason = request.form.get("reason", "").strip()[:_LONGEST_REASON]
    if len(reason) < _LEAST_REASON:
        raise InvalidSubmission({"reason": [{"code": "too_short", "min": _LEAST_REASON}]})
    if request.form.get("looked") != "yes":
        raise InvalidSubmission({"looked": [{"code": "required"}]})
    _VERBS[kind](
        session,
        voucher.public_id,
        by=actor,
        reason=reason,
        key=f"{kind}:{actor.id}:{request.form['_key']}",
    )
    flash(_done(kind, voucher.number), "good")
    address = url_for("vouchers.voucher_page", voucher_id=voucher.public_id)
    return make_response(redirect(address, 303))


def _done(kind: str, number: str) -> str:
    text: str = {
        "freeze": gettext("Voucher %(number)s is frozen.", number=number),
        "unfreeze": gettext("Voucher %(number)s can be used again.", number=number),
        "revoke": gettext("Voucher %(number)s was taken back.", number=number),
    }[kind]
    return text
