"""From a chosen time to a case: may this person have it, the start form, the start itself."""

import json
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, jsonify, url_for
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session

from domain.booking import Interval, calendar, may_book, slots
from domain.errors import BookingError, InstrumentUnavailable, SlotTaken
from domain.instruments import Instrument
from domain.organisations import people
from engine import definitions, instances
from engine.actors import Scope
from engine.models import Definition, Instance
from web import errors
from web.access import current_actor, is_signed_in
from web.form_words import translated
from web.formats import ZONE, language
from web.transactions import new_key

PROCESS = "booking"
FORM = "booking_request"
#: What the instrument's page settles already; the form asks for the rest.
SETTLED = frozenset({"instrument_id", "start", "end"})


def hindrance(session: Session, instrument: Instrument) -> str:
    """Return why nobody (or not this person) can book the instrument now; empty if they can."""
    try:
        if is_signed_in():
            person = people.read(session, current_actor().id)
            may_book(session, instrument, person, mode="technical")
        elif not slots.is_bookable(instrument):
            offline = instrument.lifecycle != "online"
            raise InstrumentUnavailable(
                reason=instrument.lifecycle if offline else instrument.run_status
            )
    except BookingError as refused:
        return errors.sentence(refused)
    return ""


def problem(session: Session, instrument: Instrument, wanted: Interval) -> str:
    """Return why this time cannot be booked as it stands; empty if it can."""
    text = hindrance(session, instrument)
    if text:
        return text
    try:
        slots.check(session, instrument, wanted)
        if calendar(session, instrument, wanted.start, wanted.end).busy:
            raise SlotTaken(start=wanted.start.isoformat(), end=wanted.end.isoformat())
    except BookingError as refused:
        return errors.sentence(refused)
    return ""


def form_data(session: Session, instrument: Instrument, wanted: Interval) -> dict[str, Any]:
    """Return what the form in the browser needs: schema, values, where to send them."""
    definition = definitions.latest(session, "form", FORM)
    here = url_for("portal.form", public_id=instrument.public_id) + f"?{_query(wanted)}"
    return {
        "schema": translated(_shown(definition), definition.words),
        "data": _known_of(session),
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


def _known_of(session: Session) -> dict[str, Any]:
    phone = people.read(session, current_actor().id).phone
    # The form's own rule for telephones wants the country's code.
    return {"contact_phone": phone if phone.startswith("+") else f"+86{phone}"} if phone else {}


def _shown(definition: Definition) -> dict[str, Any]:
    schema = json.loads(definition.content)
    parts = [part for part in schema.get("components", []) if part.get("key") not in SETTLED]
    return {**schema, "components": parts}


def _query(wanted: Interval) -> str:
    return urlencode({"start": _written(wanted)[0], "end": _written(wanted)[1]})


def _written(wanted: Interval) -> tuple[str, str]:
    start, end = (each.astimezone(ZONE) for each in (wanted.start, wanted.end))
    return start.isoformat(timespec="minutes"), end.isoformat(timespec="minutes")


def start(
    session: Session, instrument: Instrument, wanted: Interval, submitted: dict[str, Any]
) -> Response:
    """Start the booking's case and answer with the page that follows."""
    slots.check(session, instrument, wanted)
    begins, ends = _written(wanted)
    data = {**submitted, "instrument_id": str(instrument.public_id), "start": begins, "end": ends}
    case = instances.start(
        session,
        PROCESS,
        actor=current_actor(),
        data=data,
        scope=Scope(region=instrument.region, unit_id=instrument.unit_id),
    )
    return jsonify(next=_told(case), number=case.number)


def _told(case: Instance) -> str:
    """Leave a message for the next page, and return its address."""
    if case.ended_at is not None:
        flash(gettext("Booking %(number)s was not accepted; see why.", number=case.number), "warn")
        return f"/cases/{case.public_id}"
    flash(gettext("Booking %(number)s has been sent in.", number=case.number), "good")
    return "/my"
