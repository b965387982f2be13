"""The public pages: home, search, an instrument with its calendar, and booking a time of it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, jsonify, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from domain import instruments
from domain.booking import ratings
from domain.instruments import Filters, search
from domain.organisations import regions
from engine.clock import now
from web.access import requires
from web.formats import language
from web.portal import booking, choosing, finding, highlights, prices
from web.transactions import command

blueprint = Blueprint("portal", __name__)

_EVERYTHING = 24 * 60


@blueprint.get("/")
def home() -> str:
    """Show the search box first, then what is free soonest, popular, by class and by city."""
    facets = search(g.session, filters=Filters(bookable=True), size=1).facets
    free, popular = highlights.free_soonest(g.session), highlights.popular(g.session)
    return render_template(
        "portal/home.html",
        free=free,
        popular=popular,
        prices=prices.shown(g.session, [*(each.instrument for each in free), *popular]),
        classes=facets.get("class", []),
        cities=facets.get("city", []),
        regions=regions.names(g.session),
    )


@blueprint.get("/instruments")
def results() -> str:
    """Show what a search found, with filters that say what they would leave."""
    wish = finding.read(request.args)
    found = search(
        g.session,
        wish.text,
        filters=wish.filters,
        page=wish.page,
        size=finding.PAGE_SIZE,
        order=wish.order,
    )
    return render_template(
        "portal/results.html",
        wish=wish,
        found=found,
        groups=finding.chips(wish, found.facets),
        orders=finding.ORDERS,
        prices=prices.shown(g.session, found.items),
        regions=regions.names(g.session),
    )


@blueprint.get("/instruments/<uuid:public_id>")
def instrument(public_id: UUID) -> str:
    """Show one instrument: what it can do, when it is free, and the way to book it."""
    found = instruments.read(g.session, public_id)
    quick = choosing.quick(g.session, found)
    similar = highlights.similar(g.session, found)
    return render_template(
        "portal/instrument.html",
        instrument=found,
        instrument_class=instruments.class_name(found.class_code),
        run_status=instruments.RUN_STATUSES[found.run_status],
        approval=instruments.APPROVALS[found.approval],
        opening=choosing.week(found),
        shortest_end=choosing.shortest_end(found, quick),
        place=regions.names(g.session).get(found.region, (found.region, found.region)),
        summary=ratings.summary(g.session, found),
        comments=ratings.comments(g.session, found, limit=10),
        similar=similar,
        prices=prices.shown(g.session, similar),
        tiers=prices.tiers(g.session, found),
        regions=regions.names(g.session),
        hindrance=booking.hindrance(g.session, found),
        days=choosing.days(g.session, found),
        times=choosing.times(found),
        quick=quick,
        chart=_chart_settings(found),
    )


@blueprint.get("/instruments/<uuid:public_id>/calendar")
def calendar(public_id: UUID) -> Response:
    """Answer with the free and taken times of a stretch of days."""
    found = instruments.read(g.session, public_id)
    return jsonify(choosing.chart(g.session, found, request.args))


@blueprint.get("/instruments/<uuid:public_id>/book")
@requires()
def form(public_id: UUID) -> str | Response:
    """Show the process's start form for the chosen time."""
    found = instruments.read(g.session, public_id)
    wanted = choosing.asked(request.args)
    problem = booking.problem(g.session, found, wanted)
    page = render_template(
        "portal/book.html",
        instrument=found,
        wanted=wanted,
        problem=problem,
        quote=prices.quoted(g.session, found, wanted),
        form_data=None if problem else booking.form_data(g.session, found, wanted),
    )
    return Response(page, 409) if problem else page


@blueprint.post("/instruments/<uuid:public_id>/book")
@command
def book(public_id: UUID) -> AnyResponse:
    """Start a case of the booking process for the chosen time."""
    found = instruments.read(g.session, public_id)
    wanted = choosing.asked(request.args)
    return booking.start(g.session, found, wanted, _submitted())


def _submitted() -> dict[str, Any]:
    body = request.get_json()
    data = body.get("data") if isinstance(body, dict) else None
    return data if isinstance(data, dict) else {}


def _chart_settings(found: instruments.Instrument) -> dict[str, Any]:
    opens, closes = choosing.hours(found)
    return {
        "url": f"/instruments/{found.public_id}/calendar",
        "now": choosing.wall(now(g.session)),
        "last": choosing.wall(choosing.last_day(g.session, found)),
        "opens": f"{opens[:2]}:00:00",
        "closes": closes if closes.endswith(":00") else f"{int(closes[:2]) + 1:02d}:00",
        "step": found.step_minutes,
        "least": found.min_minutes,
        "most": min(found.max_minutes, _EVERYTHING),
        "locale": "zh-CN" if language() == "zh" else "en-GB",
        "words": {
            "taken": gettext("Taken"),
            "mine": gettext("My booking"),
            "today": gettext("Today"),
            "previous": gettext("Earlier"),
            "next": gettext("Later"),
            "not_free": gettext("This time is not free or not open. Choose a green time."),
            "failed": gettext("The calendar could not be loaded. Use the lists instead."),
        },
    }
