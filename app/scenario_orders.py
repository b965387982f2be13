"""Orders that a scenario's world holds already, paid or not as the scenario says."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from domain.booking import bookings
from domain.instruments.models import Instrument
from domain.organisations.models import Person
from domain.payments import orders, payments, provider, quotes, tariffs
from domain.payments.models import ServiceOrder
from engine.identity import uuid7
from engine.scenario_file import BadScenario

_PAID = ("not", "in_time", "late")


def place_order(
    session: Session, instrument: Instrument, payer: Person, said: Mapping[str, Any]
) -> ServiceOrder:
    """Insert a booking with its order; ``paid`` is ``not``, ``in_time`` or ``late``.

    Late money comes when the order has expired. Raises BadScenario for another word.
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
        _pay(session, order, late=paid == "late")
    return order


def _pay(session: Session, order: ServiceOrder, *, late: bool) -> None:
    payment = payments.open_attempt(
        session, order.public_id, purpose="booking", minutes=30, key=str(uuid7())
    )
    desk = provider.of(session)
    desk.create(provider.Demand(payment.number, payment.amount_fen, order.instrument.name_zh, 1800))
    state = desk.query(payment.number)
    if late:
        orders.expire(session, order.public_id)
    payments.take_in(session, payment.public_id, state)
