"""What can happen to an order. Every verb locks the order's row first (after booking and case).

An order's amounts always say what is owed now: its lines add up to ``gross``, a cancellation or a
measured use adds a line that corrects them, and ``payable`` follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.orm import Session, joinedload

from domain.booking import bookings
from domain.booking.models import Booking
from domain.payments import numbers, states
from domain.payments.amounts import share
from domain.payments.errors import AmountRefused, OrderClosed
from domain.payments.models import OrderLine, Payment, ServiceOrder
from domain.payments.quotes import Line, Quote, lines_of, total
from engine.actors import SYSTEM, Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotFound

_LONGEST_REASON = 200
_PERCENT = 100
#: Whose unit offices read what their people owe.
_PAYER_ROLES = frozenset({"unit_finance", "unit_administrator"})
_PAYEE_ROLES = _PAYER_ROLES | {"instrument_manager", "unit_leader"}


@dataclass(frozen=True)
class Difference:
    """The price of the measured use, and what is still to be paid or goes back (fen)."""

    gross_fen: int
    extra_fen: int
    refund_fen: int


@dataclass(frozen=True)
class Cancelled:
    """What a cancelled order costs, and what of the money paid goes back (fen)."""

    fee_fen: int
    refund_fen: int


def place(
    session: Session, *, booking_id: UUID, case_id: UUID | None, quote: Quote
) -> ServiceOrder:
    """Order what was quoted for a booking; the same booking again returns its order unchanged.

    An order of nothing is paid at once. Locks the booking. Raises NotFound.
    """
    by = _actor(session)
    with as_system(session):
        booking = _lock_booking(session, booking_id)
        known = order_of_booking(session, booking_id)
        if known is not None:
            return known
        order = _new(session, booking, quote, by)
        order.case_id = case_id or booking.case_id
        session.add(order)
        session.flush()
        _add(session, order, quote.lines)
        session.flush()
    return order


def _new(session: Session, booking: Booking, quote: Quote, by: Actor) -> ServiceOrder:
    present = now(session)
    free = quote.gross_fen == 0
    return ServiceOrder(
        number=numbers.take(session, numbers.ORDER),
        booking_id=booking.public_id,
        instrument_id=booking.instrument_id,
        payer_id=booking.person_id,
        payer_unit_id=booking.person_unit_id,
        status="paid" if free else "open",
        paid_at=present if free else None,
        gross_fen=quote.gross_fen,
        discount_fen=0,
        offset_fen=0,
        payable_fen=quote.gross_fen,
        paid_fen=0,
        refunded_fen=0,
        price=dict(quote.price),
        created_at=present,
        created_by=by.id,
        unit_id=booking.unit_id,
        region_path=list(booking.region_path),
    )


def _actor(session: Session) -> Actor:
    actor: Actor = session.info.get("actor") or SYSTEM
    return actor


def _lock_booking(session: Session, booking_id: UUID) -> Booking:
    seen = bookings.read(session, booking_id)
    return session.get_one(Booking, seen.id, with_for_update=True, populate_existing=True)


def _add(session: Session, order: ServiceOrder, lines: Sequence[Line]) -> None:
    first = len(order.lines) + 1
    for seq, line in enumerate(lines, first):
        order.lines.append(
            OrderLine(
                seq=seq,
                kind=line.kind,
                tariff_id=line.tariff_id,
                unit_fen=line.unit_fen,
                minutes=line.minutes,
                percent=line.percent,
                amount_fen=line.amount_fen,
                added_at=now(session),
            )
        )


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that an actor may read an order; row-level security is behind it.

    The payer; finance and administrators of the payer's unit; managers, finance, administrators
    and leaders of the payee's unit; auditors in their region; the platform.
    """
    if actor.is_system or actor.has("operator", "platform_administrator"):
        return true()
    conditions: list[ColumnElement[bool]] = [ServiceOrder.payer_id == actor.id]
    for grant in actor.grants:
        if grant.role in _PAYEE_ROLES:
            conditions.append(ServiceOrder.unit_id == grant.unit_id)
        if grant.role in _PAYER_ROLES:
            conditions.append(ServiceOrder.payer_unit_id == grant.unit_id)
        if grant.role == "auditor" and grant.region:
            conditions.append(ServiceOrder.region_path.contains([grant.region]))
    return or_(*conditions)


def read(session: Session, public_id: UUID) -> ServiceOrder:
    """Return an order that the session's actor may read; raises NotFound otherwise."""
    query = select(ServiceOrder).where(
        ServiceOrder.public_id == public_id, visible(_actor(session))
    )
    order = session.scalar(query.options(joinedload(ServiceOrder.instrument)))
    if order is None:
        raise NotFound(f"no order {public_id}", kind="order")
    return order


def order_of_booking(session: Session, booking_id: UUID) -> ServiceOrder | None:
    """Return a booking's order, if there is one that the session's actor may read."""
    query = select(ServiceOrder).where(ServiceOrder.booking_id == booking_id)
    return session.scalar(query.where(visible(_actor(session))))


def lock(session: Session, public_id: UUID) -> ServiceOrder:
    """Lock an order's row and return it as it is now. Needs system scope; raises NotFound."""
    order = session.scalar(
        select(ServiceOrder)
        .where(ServiceOrder.public_id == public_id)
        .with_for_update(of=ServiceOrder)
        .execution_options(populate_existing=True)
    )
    if order is None:
        raise NotFound(f"no order {public_id}", kind="order")
    return order


def set_offset(session: Session, order_id: UUID, offset_fen: int) -> ServiceOrder:
    """Say how much a voucher takes over; the payable amount follows (fen).

    Only while nothing has been paid and nobody is paying; to the offset that it has already, in
    any state. Raises OrderClosed, AmountRefused (more than the price, or negative).
    """
    with as_system(session):
        order = lock(session, order_id)
        if offset_fen == order.offset_fen:
            return order
        _refuse_offset(session, order)
        most = order.gross_fen - order.discount_fen
        if not 0 <= offset_fen <= most:
            raise AmountRefused("beyond the price", reason="offset", most_fen=most)
        present, settled = now(session), offset_fen == most
        order.offset_fen = offset_fen
        order.payable_fen = most - offset_fen
        order.status = "paid" if settled else "open"
        order.paid_at = present if settled else None
        _changed(session, order)
    return order


def _refuse_offset(session: Session, order: ServiceOrder) -> None:
    begun = order.paid_fen > 0 or order.final_minutes is not None
    if order.status not in ("open", "paid") or begun:
        raise OrderClosed("the price is settled", status=order.status, reason="offset")
    being_paid = exists().where(
        Payment.order_id == order.id, Payment.status.in_(("created", "pending"))
    )
    if session.scalar(select(being_paid)):
        raise OrderClosed("somebody is paying", status=order.status, reason="payment_pending")


def final_price(
    session: Session,
    order_id: UUID,
    *,
    minutes: int,
    offset_percent: int = _PERCENT,
    full_offset_up_to_fen: int = 0,
) -> Difference:
    """Price the measured minutes with the order's frozen prices; the lines are corrected.

    The voucher's offset stays, but never exceeds its share of the new price: the whole of a price
    up to ``full_offset_up_to_fen``, else ``offset_percent`` of it, rounded down. Working out the
    same minutes again changes nothing. Raises OrderClosed unless the order is paid.
    """
    with as_system(session):
        order = lock(session, order_id)
        if order.status != "paid":
            raise OrderClosed("not paid", status=order.status, reason="final_price")
        gross = total(lines_of(order.price, minutes))
        if gross != order.gross_fen:
            correction = Line("measured", 0, gross - order.gross_fen, minutes=minutes)
            _add(session, order, [correction])
        order.gross_fen = gross
        order.discount_fen = min(order.discount_fen, gross)
        price = gross - order.discount_fen
        whole = price <= full_offset_up_to_fen
        most = price if whole else price * offset_percent // _PERCENT
        order.offset_fen = min(order.offset_fen, most)
        order.payable_fen = gross - order.discount_fen - order.offset_fen
        order.final_minutes = minutes
        _changed(session, order)
        return Difference(gross, order.due_fen, order.excess_fen)


def cancel(
    session: Session,
    order_id: UUID,
    *,
    penalty_percent: int,
    most_minutes: int | None = None,
    reason: str,
) -> Cancelled:
    """Cancel an order; a share of the payable amount is kept as a fee, never more than was paid.

    With ``most_minutes`` the fee is reckoned on at most so many of the booked minutes (a missed
    booking: two hours). The voucher takes over nothing of a fee. A second call changes nothing.
    Raises OrderClosed for a settled or expired order.
    """
    by = _actor(session)
    with as_system(session):
        order = lock(session, order_id)
        if order.status != "cancelled":
            states.check(order.status, "cancelled")
            fee = _fee(order, penalty_percent, most_minutes)
            _add(session, order, [Line("cancellation", 0, fee - order.gross_fen)])
            order.gross_fen = order.payable_fen = fee
            order.discount_fen = order.offset_fen = 0
            _close(session, order, "cancelled", by, reason)
        return Cancelled(order.payable_fen, order.excess_fen)


def _fee(order: ServiceOrder, penalty_percent: int, most_minutes: int | None) -> int:
    base = order.payable_fen
    booked = order.price.get("minutes") or 0
    if most_minutes is not None and booked > most_minutes:
        base = share(base, most_minutes, booked)
    return min(order.kept_fen, share(base, penalty_percent, _PERCENT))


def expire(session: Session, order_id: UUID) -> ServiceOrder:
    """Close an order that was not paid in time; its voucher takes over nothing any more.

    A second call changes nothing. Raises OrderClosed for an order that has been paid.
    """
    by = _actor(session)
    with as_system(session):
        order = lock(session, order_id)
        if order.status != "expired":
            states.check(order.status, "expired")
            order.offset_fen = 0
            order.payable_fen = order.gross_fen - order.discount_fen
            _close(session, order, "expired", by)
    return order


def settle(session: Session, order_id: UUID) -> ServiceOrder:
    """Close an order whose service is finished and paid: paid → settled.

    A second call changes nothing. Raises OrderClosed while something is due.
    """
    by = _actor(session)
    with as_system(session):
        order = lock(session, order_id)
        if order.status != "settled":
            states.check(order.status, "settled")
            if order.due_fen:
                raise OrderClosed("not fully paid", status=order.status, reason="due")
            _close(session, order, "settled", by)
    return order


def _close(session: Session, order: ServiceOrder, status: str, by: Actor, reason: str = "") -> None:
    present = now(session)
    order.status, order.closed_at = status, present
    order.closed_by = by.id
    order.reason = reason[:_LONGEST_REASON]
    _changed(session, order)


def _changed(session: Session, order: ServiceOrder) -> None:
    order.version += 1
    session.flush()


def listed(
    session: Session,
    *,
    payer_id: UUID | None = None,
    payer_unit_id: int | None = None,
    status: str | None = None,
    limit: int = 200,
) -> list[ServiceOrder]:
    """Return orders that the session's actor may read, the latest first: a person's, a unit's."""
    conditions = [visible(_actor(session))]
    for column, wanted in (
        (ServiceOrder.payer_id, payer_id),
        (ServiceOrder.payer_unit_id, payer_unit_id),
        (ServiceOrder.status, status),
    ):
        if wanted is not None:
            conditions.append(column == wanted)
    query = select(ServiceOrder).where(and_(*conditions)).order_by(ServiceOrder.id.desc())
    loaded = query.options(joinedload(ServiceOrder.instrument), joinedload(ServiceOrder.unit))
    return list(session.scalars(loaded.limit(limit)))
