"""/bulletins: what was published, with tables, charts and files; drafts for officials."""

from typing import Any
from uuid import UUID

from flask import Response, g, render_template, request
from sqlalchemy import select

from domain import bulletins
from domain.bulletins import Bulletin, computing, printing, publishing, wording
from domain.measures import BASES
from engine.models import Instance
from web.access import current_actor, is_signed_in
from web.bulletins import charts, mine
from web.bulletins.room import OFFICIALS, UNITS, blueprint

#: Verdicts whose instruments the page names; the annex of the files names the unknown ones too.
_NAMED = ("idle", "low")
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@blueprint.get("/bulletins")
def bulletins_page() -> str:
    """List the published bulletins, and what waits for this reader."""
    official = current_actor().has(*OFFICIALS)
    return render_template(
        "bulletins/list.html",
        published=publishing.published(g.session),
        drafts=publishing.in_work(g.session) if official else [],
        to_check=mine.to_check(g.session, current_actor()),
        official=official,
        number=wording.number,
        named=charts.named,
    )


@blueprint.get("/bulletins/<uuid:public_id>")
def bulletin_page(public_id: UUID) -> str:
    """Show one bulletin: figures, charts with their tables, files."""
    found = bulletins.read(g.session, public_id)
    content = found.content
    official = current_actor().has(*OFFICIALS)
    return render_template(
        "bulletins/bulletin.html",
        bulletin=found,
        content=content,
        total=content["total"],
        basis=BASES[str(content["basis"]["basis"])],
        verdicts=bulletins.VERDICTS,
        number=wording.number(found),
        named=charts.named,
        city_chart=charts.rates(content["cities"]),
        items=computing.listed(g.session, found, _NAMED) if is_signed_in() else [],
        replies=found.units if official else [],
        reply_names=bulletins.REPLIES,
        official=official,
        signed_in=is_signed_in() and current_actor().has(*OFFICIALS, *UNITS),
        case=_case(found) if official else None,
    )


def _case(found: Bulletin) -> Instance | None:
    query = select(Instance).where(Instance.public_id == found.period.case_id)
    case: Instance | None = g.session.scalar(query)
    return case


@blueprint.get("/bulletins/<uuid:public_id>/file.<any(pdf, docx):kind>")
def bulletin_file(public_id: UUID, kind: str) -> Response:
    """Hand out the bulletin as PDF or Word; ``annex=1`` adds the instruments the reader may see."""
    found = bulletins.read(g.session, public_id)
    wants_annex = bool(request.args.get("annex")) and is_signed_in()
    annex = computing.listed(g.session, found) if wants_annex else []
    make: Any = printing.pdf if kind == "pdf" else printing.docx
    response = Response(make(found, annex), mimetype="application/pdf" if kind == "pdf" else _WORD)
    first = str(found.content["first_day"])[:7]
    name = f"bulletin-{found.region}-{first}-v{found.version}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
