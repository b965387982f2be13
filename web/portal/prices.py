"""Prices before anybody commits: an hour for this visitor, all tiers, and a chosen time's price."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from domain.booking import Interval
from domain.booking.occasions import night_or_weekend
from domain.booking.opening import local_day
from domain.instruments import Instrument
from domain.organisations import Unit, people
from domain.payments import quotes, tariffs
from domain.payments.errors import NoTariff
from domain.payments.states import LINE_NAMES, TIER_NAMES
from engine import decisions
from engine.clock import now
from engine.errors import EngineError
from engine.values import tag
from web.access import current_actor, is_signed_in
from web.formats import yuan

#: The published table that says tier and percent of a time (processes/booking).
DECISION = "booking_price"
#: The published table that says what counts as night.
HOURS = "booking_hours"
_FULL = 100


@dataclass(frozen=True)
class TierPrice:
    """One row of an instrument's prices; ``mine`` marks the visitor's own tier."""

    name: tuple[str, str]
    fen: int
    mine: bool


@dataclass(frozen=True)
class ShownLine:
    """One line of a price as the page shows it."""

    name: tuple[str, str]
    how: str
    amount_fen: int


@dataclass(frozen=True)
class ShownQuote:
    """A chosen time's price: the tier's name, the lines, the sum (fen)."""

    tier: tuple[str, str]
    lines: list[ShownLine]
    gross_fen: int


def shown(session: Session, instruments: Iterable[Instrument]) -> dict[int, int]:
    """Return instrument id → fen an hour for this visitor; an enterprise's before sign-in."""
    listed = list(instruments)
    unit = _own_unit(session)
    found = tariffs.hourly(session, listed, on=tariffs.today(session))
    priced = {}
    for instrument in listed:
        tier = tariffs.tier_of(unit, instrument)
        if tier in found.get(instrument.id, {}):
            priced[instrument.id] = found[instrument.id][tier]
    return priced


def tiers(session: Session, instrument: Instrument) -> list[TierPrice]:
    """Return an instrument's hour prices by tier."""
    own = tariffs.tier_of(_own_unit(session), instrument) if is_signed_in() else None
    return [
        TierPrice(TIER_NAMES[tariff.tier], tariff.price_fen, tariff.tier == own)
        for tariff in tariffs.listed(session, instrument, on=tariffs.today(session))
        if tariff.item == "hour"
    ]


def quoted(session: Session, instrument: Instrument, wanted: Interval) -> ShownQuote | None:
    """Return the price of a time for this person as the process will reckon it.

    None where nothing published applies: the price is agreed each time.
    """
    tier, percent = terms(session, instrument, wanted)
    try:
        found = quotes.quote(
            session,
            instrument,
            tier=tier,
            minutes=wanted.minutes,
            time_percent=percent,
            on=tariffs.today(session),
        )
    except NoTariff:
        return None
    lines = [ShownLine(LINE_NAMES[line.kind], _how(line), line.amount_fen) for line in found.lines]
    return ShownQuote(TIER_NAMES[tier], lines, found.gross_fen)


def terms(session: Session, instrument: Instrument, wanted: Interval) -> tuple[str, int]:
    """Return tier and percent of a time: from the published tables, else by unit and in full."""
    unit = _own_unit(session)
    tier = tariffs.tier_of(unit, instrument)
    facts = {
        "use_date": local_day(wanted.start),
        "internal": tier == "internal",
        "unit_kind": unit.kind if unit else "",
        # Tier and percent do not depend on who approves; the table asks for it all the same.
        "route": {"route": "auto"},
    }
    try:
        hours = _decided(session, HOURS, {"start": wanted.start})
        day = (hours["day_from"], hours["day_until"])
        facts["night_or_weekend"] = night_or_weekend(session, wanted, day)
        answer = _decided(session, DECISION, facts)
    except (EngineError, KeyError, TypeError):
        # No such tables yet, or such as ask for other facts: the case itself will say.
        return tier, _FULL
    return _said(answer, tier)


def _decided(session: Session, decision: str, facts: dict[str, Any]) -> Any:  # noqa: ANN401
    return decisions.evaluate(session, decision, tag(facts), now=now(session)).value


def _said(answer: Any, tier: str) -> tuple[str, int]:  # noqa: ANN401 - a decision's answer
    if not isinstance(answer, dict):
        return tier, _FULL
    said = answer.get("tier")
    percent = answer.get("time_percent")
    return (
        said if said in TIER_NAMES else tier,
        int(percent) if isinstance(percent, int | float) else _FULL,
    )


def _own_unit(session: Session) -> Unit | None:
    return people.read(session, current_actor().id).unit if is_signed_in() else None


def _how(line: quotes.Line) -> str:
    if line.kind != "hours":
        return ""
    hours = quotes.hours_text(line.minutes or 0)
    text = gettext("%(price)s an hour × %(hours)s h", price=yuan(line.unit_fen), hours=hours)
    return f"{text} × {line.percent}%" if line.percent != _FULL else text
