"""Published prices: publish, end, and find the ones that apply on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.instruments.models import Instrument
from domain.organisations.models import Unit
from domain.payments.errors import TariffRefused
from domain.payments.models import Tariff
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.values import ZONE

Item = Literal["hour", "sample", "time"]
Tier = Literal["internal", "public_research", "enterprise"]
ITEMS: tuple[Item, ...] = ("hour", "sample", "time")
TIERS: tuple[Tier, ...] = ("internal", "public_research", "enterprise")
_NO_OVERLAP = "tariff_no_overlap"
_RESEARCH = frozenset({"university", "institute", "new_institute", "hospital"})
_PUBLISHERS = frozenset({"unit_administrator", "unit_finance", "unit_leader"})


@dataclass(frozen=True)
class Price:
    """What is published: fen for each hour, sample or use, and the least that it costs (fen)."""

    item: Item
    tier: Tier
    price_fen: int
    minimum_fen: int = 0


def tier_of(user_unit: Unit | None, instrument: Instrument) -> Tier:
    """Return the price tier of a user: internal means the same legal entity (handbook, trap 2).

    Somebody without a unit pays as an enterprise does.
    """
    if user_unit is None:
        return "enterprise"
    if user_unit.id == instrument.unit_id:
        return "internal"
    return "public_research" if user_unit.kind in _RESEARCH else "enterprise"


def publish(  # noqa: PLR0913 - the contract's signature, all by name
    session: Session,
    instrument: Instrument,
    price: Price,
    *,
    valid_from: date,
    valid_until: date | None = None,
    by: Actor,
    approval_note: str = "",
) -> Tariff:
    """Publish a price from a day on (Shanghai's calendar), ending the one it follows that day.

    Accepted orders keep their price. Raises TariffRefused: ``not_yours``, ``past`` (only the
    platform itself publishes for past days), ``empty``, ``overlap`` (with a later price).
    """
    if not may_publish(by, instrument):
        raise TariffRefused("not this actor's instrument", reason="not_yours")
    if valid_until is not None and valid_until <= valid_from:
        raise TariffRefused("ends before it begins", reason="empty")
    if valid_from < today(session) and not by.is_system:
        raise TariffRefused("published before use", reason="past")
    with as_system(session):
        _end_open(session, instrument, price, valid_from)
        tariff = Tariff(
            instrument_id=instrument.id,
            item=price.item,
            tier=price.tier,
            price_fen=price.price_fen,
            minimum_fen=price.minimum_fen,
            valid=Range(valid_from, valid_until, bounds="[)"),
            published_at=now(session),
            published_by=by.id,
            approval_note=approval_note,
            unit_id=instrument.unit_id,
            region_path=list(instrument.region_path),
        )
        _insert(session, tariff)
    return tariff


def may_publish(actor: Actor, instrument: Instrument) -> bool:
    """Tell whether an actor sets an instrument's prices: its managers and its unit's offices."""
    if actor.is_system or actor.id in instrument.manager_ids:
        return True
    return any(g.role in _PUBLISHERS and g.unit_id == instrument.unit_id for g in actor.grants)


def _end_open(session: Session, instrument: Instrument, price: Price, day: date) -> None:
    """End the price that has no end yet, where the new one begins later than it does."""
    before = session.scalar(
        select(Tariff)
        .where(
            Tariff.instrument_id == instrument.id,
            Tariff.item == price.item,
            Tariff.tier == price.tier,
            func.upper_inf(Tariff.valid),
            func.lower(Tariff.valid) < day,
        )
        .with_for_update()
    )
    if before is not None:
        before.valid = Range(before.valid.lower, day, bounds="[)")
        session.flush()


def _insert(session: Session, tariff: Tariff) -> None:
    try:
        with session.begin_nested():
            session.add(tariff)
    except IntegrityError as error:
        if _NO_OVERLAP in str(error.orig):
            raise TariffRefused("another price is valid then", reason="overlap") from error
        raise


def retire(session: Session, tariff: Tariff, *, on: date, by: Actor) -> Tariff:
    """End a price: from this day on it prices no new order. Raises TariffRefused."""
    instrument = session.get_one(Instrument, tariff.instrument_id)
    if not may_publish(by, instrument):
        raise TariffRefused("not this actor's instrument", reason="not_yours")
    lower = tariff.valid.lower
    if lower is not None and on <= lower:
        raise TariffRefused("would never have been valid", reason="empty")
    if on < today(session) and not by.is_system:
        raise TariffRefused("the past stays as it was", reason="past")
    with as_system(session):
        tariff.valid = Range(lower, on, bounds="[)")
        session.flush()
    return tariff


def today(session: Session) -> date:
    """Return the day of the session's clock in Shanghai."""
    return now(session).astimezone(ZONE).date()


def applying(session: Session, instrument: Instrument, *, tier: str, on: date) -> dict[str, Tariff]:
    """Return the tariffs of a tier that apply on a day, by item: neither retired nor future."""
    rows = session.scalars(
        select(Tariff).where(
            Tariff.instrument_id == instrument.id, Tariff.tier == tier, Tariff.valid.contains(on)
        )
    )
    return {tariff.item: tariff for tariff in rows}


def listed(session: Session, instrument: Instrument, *, on: date) -> list[Tariff]:
    """Return all tariffs of an instrument that apply on a day, by item and tier."""
    rows = session.scalars(
        select(Tariff).where(Tariff.instrument_id == instrument.id, Tariff.valid.contains(on))
    ).all()
    return sorted(rows, key=lambda t: (ITEMS.index(_item(t)), TIERS.index(_tier(t))))


def _item(tariff: Tariff) -> Item:
    return next(item for item in ITEMS if item == tariff.item)


def _tier(tariff: Tariff) -> Tier:
    return next(tier for tier in TIERS if tier == tariff.tier)


def hourly(
    session: Session, instruments: Iterable[Instrument], *, on: date
) -> dict[int, dict[str, int]]:
    """Return instrument id → tier → fen an hour, of what applies on a day; for lists."""
    rows = session.execute(
        select(Tariff.instrument_id, Tariff.tier, Tariff.price_fen).where(
            Tariff.instrument_id.in_([instrument.id for instrument in instruments]),
            Tariff.item == "hour",
            Tariff.valid.contains(on),
        )
    )
    found: dict[int, dict[str, int]] = {}
    for instrument_id, tier, price_fen in rows:
        found.setdefault(instrument_id, {})[tier] = price_fen
    return found
