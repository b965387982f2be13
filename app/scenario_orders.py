"""Orders that a scenario's world holds already, paid or not as the scenario says."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.doubles.inside import ProviderInside
from domain.booking import bookings
from domain.instruments.models import Instrument
from domain.organisations.models import Person
from domain.payments import orders, payments, quotes, tariffs
from domain.payments.models import ServiceOrder
from domain.payments.provider import Demand
from engine.identity import uuid7
from engine.scenario_file import BadScenario

_PAID = ("not", "in_time", "late")


def place_order(
    session: Session,
    provider: ProviderInside,
    instrument: Instrument,
    payer: Person,
    said: Mapping[str, Any],
) -> ServiceOrder:
    """Insert a booking with its order; ``paid`` is ``not``, ``in_time`` or ``late``.

    Late money comes when the order has expired. With ``refund: refused_once`` the provider refuses
    the first refund of its payment. Raises BadScenario for another word.
    """
    paid = said.get("paid", "not")
    if paid not in _PAID:
        raise BadScenario(f"orders: paid {paid}; one of {', '.join(_PAID)} is known")
    wish = bookings.Request(
        instrument.public_id, payer.public_id, said["start"], said["start"] + timedelta(hours=2)
    )
    booking = bookings.hold(session, wish)
    quote = quotes.quote(
        session,
        instrument,
        tier=tariffs.tier_of(payer.unit, instrument),
        minutes=120,
        on=tariffs.today(session),
    )
    order = orders.place(session, booking_id=booking.public_id, case_id=None, quote=quote)
    if paid != "not":
        number = _pay(session, provider, order, late=paid == "late")
        if said.get("refund") == "refused_once":
            provider.refusing.add(number)
    return order


def _pay(session: Session, provider: ProviderInside, order: ServiceOrder, *, late: bool) -> str:
    payment = payments.open_attempt(
        session, order.public_id, purpose="booking", minutes=30, key=str(uuid7())
    )
    provider.create(Demand(payment.number, payment.amount_fen, order.instrument.name_zh, 1800))
    state = provider.pay(payment.number)
    if late:
        orders.expire(session, order.public_id)
    payments.take_in(session, payment.public_id, state)
    return payment.number
