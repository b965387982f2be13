"""The officers' pages: pools with what is out of them, and the vouchers of a pool."""

from uuid import UUID

from flask import render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import vouchers
from domain.organisations import regions
from domain.organisations.models import Unit
from domain.vouchers import Figures, Voucher
from engine.db import as_system
from engine.errors import NotFound
from web import database
from web.access import requires
from web.formats import language
from web.vouchers import texts
from web.vouchers.room import WATCHERS, blueprint

_PAGE = 50
_YEAR_DIGITS = 4


@blueprint.get("/voucher-pools")
@requires(*WATCHERS)
def pools() -> str:
    """Show the pools of the reader's regions with their figures."""
    session = database.session()
    every = vouchers.pool_figures(session)
    years = sorted({figures.pool.year for figures in every}, reverse=True)
    wanted = request.args.get("year", "")
    year = int(wanted) if wanted.isdigit() and len(wanted) == _YEAR_DIGITS else None
    shown = [figures for figures in every if year in (None, figures.pool.year)]
    return render_template(
        "vouchers/pools.html",
        pools=shown,
        years=years,
        year=year,
        total=_total(shown),
        region=_region_names(session),
    )


def _total(shown: list[Figures]) -> dict[str, int]:
    return {
        "budget": sum(figures.pool.budget_fen for figures in shown),
        "issued": sum(figures.face_fen for figures in shown),
        "used": sum(figures.used_fen for figures in shown),
        "expired": sum(figures.expired_fen for figures in shown),
        "free": sum(figures.free_fen for figures in shown),
    }


def _region_names(session: Session) -> dict[str, str]:
    column = 0 if language() == "zh" else 1
    return {code: both[column] for code, both in regions.names(session).items()}


@blueprint.get("/voucher-pools/<uuid:pool_id>")
@requires(*WATCHERS)
def pool_page(pool_id: UUID) -> str:
    """Show a pool's figures and its vouchers, found by holder or number."""
    session = database.session()
    found = [f for f in vouchers.pool_figures(session) if f.pool.public_id == pool_id]
    if not found:
        raise NotFound
    figures = found[0]
    wanted = request.args.get("q", "").strip()[:_PAGE]
    rows = _rows(session, figures, wanted)
    pages = max(1, -(-len(rows) // _PAGE))
    asked = request.args.get("page", "")
    page = min(pages, max(1, int(asked) if asked.isdigit() and len(asked) < _YEAR_DIGITS else 1))
    return render_template(
        "vouchers/pool.html",
        figures=figures,
        rows=rows[(page - 1) * _PAGE : page * _PAGE],
        total=len(rows),
        page=page,
        pages=pages,
        wanted=wanted,
        page_url=lambda number: url_for(
            "vouchers.pool_page", pool_id=pool_id, q=wanted, page=number
        ),
        region=_region_names(session),
        state=texts.state,
        last_day=vouchers.last_day,
    )


def _rows(session: Session, figures: Figures, wanted: str) -> list[tuple[Voucher, Unit]]:
    issued = vouchers.of_pool(session, figures.pool)
    with as_system(session):
        ids = {voucher.unit_id for voucher in issued}
        holders = {unit.id: unit for unit in session.scalars(select(Unit).where(Unit.id.in_(ids)))}
    rows = [(voucher, holders[voucher.unit_id]) for voucher in issued]
    return [row for row in rows if _matches(row, wanted)]


def _matches(row: tuple[Voucher, Unit], wanted: str) -> bool:
    voucher, holder = row
    texts_of = (voucher.number, holder.name_zh, holder.name_en, holder.short_names, holder.uscc)
    return any(wanted.casefold() in text.casefold() for text in texts_of)
