"""The pages of this room: /states and one instrument's day under it."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Response, jsonify, render_template, request

from domain import instruments
from domain.booking import STATUS_NAMES
from domain.instruments.models import Instrument
from domain.organisations import regions
from engine.clock import now
from engine.errors import NotFound
from telemetry import model_life
from telemetry.states import STATES
from web import database
from web.access import requires
from web.formats import duration, language, local
from web.watch import day as days
from web.watch import wall
from web.watch.room import WATCHERS, blueprint
from web.watch.words import gettext, percent, state_name

__all__ = ["blueprint"]


@blueprint.app_template_filter("state_name")
def _state_name(state: str) -> str:
    return state_name(state)


@blueprint.app_template_filter("percent")
def _percent(share: float) -> str:
    return percent(share)


@blueprint.app_template_filter("hours_long")
def _hours_long(hours: float) -> str:
    return duration(timedelta(minutes=round(hours * 60)))


@blueprint.get("/states")
@requires(*WATCHERS)
def states() -> str:
    """Show the wall: each instrument that the reader watches and how it stands."""
    session = database.session()
    wanted = wall.read_filters(request.args)
    by_state = wall.counts(session, wanted)
    total = by_state.get(wanted.state, 0) if wanted.state else sum(by_state.values())
    pages = max(1, -(-total // wall.PAGE_SIZE))
    number = min(max(request.args.get("page", 1, type=int), 1), pages)
    names = regions.names(session)
    return render_template(
        "watch/wall.html",
        tiles=wall.tiles(session, wanted, number),
        wanted=wanted,
        by_state=by_state,
        everything=sum(by_state.values()),
        order=(*wall.ORDER, wall.UNTOLD),
        units=wall.units(session),
        cities={code: names.get(f"{code}00", (code, code)) for code in wall.cities(session)},
        total=total,
        number=number,
        pages=pages,
        present=now(session),
    )


def _instrument(public_id: UUID) -> Instrument:
    session = database.session()
    found = instruments.read(session, public_id)
    if not days.may_see(session, found):
        raise NotFound(f"no sensor of {public_id} for this reader", kind="instrument")
    return found


def _asked_day() -> date:
    today = local(now(database.session())).date()
    try:
        return min(datetime.strptime(request.args.get("day", ""), "%Y-%m-%d").date(), today)  # noqa: DTZ007
    except ValueError:
        return today


@blueprint.get("/states/<uuid:public_id>")
@requires(*WATCHERS)
def day(public_id: UUID) -> str:
    """Show one instrument's day: curve, states and bookings, and all of it in a table."""
    session = database.session()
    found, on = _instrument(public_id), _asked_day()
    seen = days.read(session, found, on)
    today = local(now(session)).date()
    return render_template(
        "watch/day.html",
        instrument=found,
        seen=seen,
        rows=days.rows(seen),
        by_hour=days.by_hour(seen),
        standing=days.standing(session, found),
        models=model_life.versions(session, found.id),
        before=on - timedelta(days=1),
        after=on + timedelta(days=1) if on < today else None,
        today=today,
        status_names=STATUS_NAMES,
        words=_chart_words(),
    )


@blueprint.get("/states/<uuid:public_id>/day.json")
@requires(*WATCHERS)
def day_data(public_id: UUID) -> Response:
    """Answer with what the chart of a day draws."""
    session = database.session()
    seen = days.read(session, _instrument(public_id), _asked_day())
    drawn = days.chart(seen)
    position = 0 if language() == "zh" else 1
    for each in drawn["bookings"]:
        each["status"] = STATUS_NAMES[each["status"]][position]
    return jsonify(drawn)


def _chart_words() -> dict[str, Any]:
    return {
        "states": {state: state_name(state) for state in STATES},
        "current": gettext("Current (A)"),
        "most": gettext("Highest in the minute"),
        "state": gettext("State"),
        "booking": gettext("Booking"),
        "failed": gettext("The chart could not be loaded. The tables below hold the same facts."),
    }
