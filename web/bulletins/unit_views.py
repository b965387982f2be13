"""/bulletins/units: a unit checks its own figures before they are published."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from domain import bulletins
from domain.bulletins import BulletinItem, BulletinUnit, publishing
from domain.measures import BASES
from engine.db import as_system
from engine.errors import NotFound
from web.access import current_actor, requires
from web.bulletins.mine import unit_ids
from web.bulletins.room import REPLIERS, UNITS, blueprint
from web.transactions import command


@blueprint.get("/bulletins/units/<uuid:public_id>")
@requires(*UNITS)
def unit_page(public_id: UUID) -> str:
    """Show a unit its figures and verdicts, and the form of its reply."""
    row = _own(public_id)
    with as_system(g.session):
        bulletin = row.bulletin
    query = (
        select(BulletinItem)
        .where(BulletinItem.bulletin_id == row.bulletin_id, BulletinItem.unit_id == row.unit_id)
        .order_by(BulletinItem.verdict, BulletinItem.id)
    )
    return render_template(
        "bulletins/unit.html",
        row=row,
        bulletin=bulletin,
        figures=row.figures,
        items=g.session.scalars(query).all(),
        verdicts=bulletins.VERDICTS,
        reply_names=bulletins.REPLIES,
        basis=BASES[str(bulletin.content["basis"]["basis"])],
        may_reply=current_actor().has(*REPLIERS) and bulletin.status == "draft",
    )


def _own(public_id: UUID) -> BulletinUnit:
    row = g.session.scalar(select(BulletinUnit).where(BulletinUnit.public_id == public_id))
    if row is None or row.unit_id not in unit_ids(current_actor()):
        raise NotFound(f"no part {public_id}", kind="bulletin")
    found: BulletinUnit = row
    return found


@blueprint.post("/bulletins/units/<uuid:public_id>/reply")
@requires(*REPLIERS)
@command
def reply(public_id: UUID) -> Response:
    """Keep the unit's reply."""
    row = _own(public_id)
    answer = request.form.get("reply", "")
    if answer not in ("confirmed", "objection"):
        raise NotFound(f"no reply {answer}", kind="reply")
    publishing.reply(
        g.session, row,
        "confirmed" if answer == "confirmed" else "objection",
        request.form.get("remark", "")[:1000],
        by=current_actor(),
    )  # fmt: skip
    flash(gettext("Your reply has been kept."), "success")
    return redirect(url_for("bulletins.unit_page", public_id=public_id), 303)
