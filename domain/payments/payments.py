"""Attempts to pay an order: open one, and take in what the provider says of it.

Whoever takes money in locks the order first and its payment second, so that two callbacks, or a
callback and a query, never count the same money twice.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from domain.payments import numbers, orders
from domain.payments.errors import AmountRefused, OrderClosed
from domain.payments.models import Payment, ServiceOrder
from domain.payments.provider import PaymentState
from engine.actors import SYSTEM
from engine.clock import now
from engine.db import as_system
from engine.errors import NotFound

Purpose = Literal["booking", "difference"]
#: What taking in a statement about a payment came to.
Taken = Literal["applied", "late", "duplicate", "superseded", "wrong_amount"]
#: purpose → the state of an order that such a payment is for.
_FOR = {"booking": "open", "difference": "paid"}
_OVER = ("succeeded", "closed", "failed")


@dataclass(frozen=True)
class Receipt:
    """What taking in a statement came to, with the payment and the order as they are now."""

    taken: Taken
    payment: Payment
    order: ServiceOrder


def open_attempt(
    session: Session, order_id: UUID, *, purpose: Purpose, minutes: int, key: str
) -> Payment:
    """Prepare a payment of what is due; the same key again returns the same payment.

    Raises OrderClosed for an order in another state or with nothing due.
    """
    by = session.info.get("actor") or SYSTEM
    with as_system(session):
        order = orders.lock(session, order_id)
        known = session.scalar(select(Payment).where(Payment.request_key == key))
        if known is not None:
            return known
        settled = order.status != _FOR[purpose] or order.due_fen == 0
        if settled or _is_paid(session, order, purpose):
            raise OrderClosed("nothing to pay", status=order.status, reason=purpose)
        present = now(session)
        payment = Payment(
            number=numbers.take(session, numbers.PAYMENT),
            request_key=key,
            order_id=order.id,
            purpose=purpose,
            amount_fen=order.due_fen,
            status="created",
            expires_at=present + timedelta(minutes=minutes),
            created_at=present,
            created_by=by.id,
        )
        session.add(payment)
        session.flush()
    return payment


def _is_paid(session: Session, order: ServiceOrder, purpose: str) -> bool:
    """Tell whether a payment for this purpose has come in and counts: there is one at most."""
    counts = exists().where(
        Payment.order_id == order.id,
        Payment.purpose == purpose,
        Payment.status == "succeeded",
        Payment.late.is_(False),
    )
    return bool(session.scalar(select(counts)))


def note_opened(session: Session, payment_id: UUID, state: PaymentState) -> Payment:
    """Keep the address of the payer's page and go from created to pending."""
    with as_system(session):
        payment = _locked(session, payment_id)[1]
        payment.pay_url = state.pay_url
        if payment.status == "created":
            payment.status = "pending"
        session.flush()
    return payment


def read(session: Session, public_id: UUID) -> Payment:
    """Return a payment of an order that the session's actor may read; raises NotFound."""
    payment = session.scalar(select(Payment).where(Payment.public_id == public_id))
    if payment is None:
        raise NotFound(f"no payment {public_id}", kind="payment")
    return payment


def by_number(session: Session, number: str) -> Payment | None:
    """Return the payment with one of our numbers, if there is one that the session sees."""
    return session.scalar(select(Payment).where(Payment.number == number))


def _locked(session: Session, payment_id: UUID) -> tuple[ServiceOrder, Payment]:
    payment = read(session, payment_id)
    order_id = session.scalars(
        select(ServiceOrder.public_id).where(ServiceOrder.id == payment.order_id)
    ).one()
    order = orders.lock(session, order_id)
    session.refresh(payment, with_for_update=True)
    return order, payment


def take_in(session: Session, payment_id: UUID, state: PaymentState) -> Receipt:
    """Take in what the provider says of a payment, once: the same again changes nothing.

    Money is counted only if it is exactly the payment's amount; money that the order does not
    need any more is counted as late and has to go back.
    """
    with as_system(session):
        order, payment = _locked(session, payment_id)
        if state.status == "succeeded":
            taken = _succeed(session, order, payment, state)
        else:
            taken = _end(session, payment, state)
        session.flush()
    return Receipt(taken, payment, order)


def _succeed(session: Session, order: ServiceOrder, payment: Payment, state: PaymentState) -> Taken:
    if payment.status == "succeeded":
        return "duplicate"
    if state.amount_fen != payment.amount_fen or not state.transaction_id:
        return "wrong_amount"
    # The clock may ask the database, which would write what is half changed: it goes first.
    present = now(session)
    late = order.due_fen < payment.amount_fen or _is_paid(session, order, payment.purpose)
    payment.status, payment.late = "succeeded", late
    payment.transaction_id = state.transaction_id
    payment.provider_paid_at = state.paid_at or present
    payment.succeeded_at = present
    order.paid_fen += payment.amount_fen
    order.version += 1
    if order.status == "open" and not late and order.due_fen == 0:
        order.status, order.paid_at = "paid", present
    return "late" if late else "applied"


def _end(session: Session, payment: Payment, state: PaymentState) -> Taken:
    if payment.status in _OVER:
        # Money that has come in is never unmade by word of an earlier state.
        return "duplicate" if payment.status == state.status else "superseded"
    if state.status == "pending":
        return "duplicate"
    present = now(session)
    payment.status, payment.closed_at = state.status, present
    return "applied"


def of_order(session: Session, order: ServiceOrder) -> list[Payment]:
    """Return an order's payments in the order of their beginning."""
    return list(
        session.scalars(select(Payment).where(Payment.order_id == order.id).order_by(Payment.id))
    )


def refundable(session: Session, order: ServiceOrder) -> int:
    """Return how much of an order's money can still be sent back (fen)."""
    left = session.scalar(
        select(func.sum(Payment.amount_fen - Payment.returned_fen)).where(
            Payment.order_id == order.id, Payment.status == "succeeded"
        )
    )
    return int(left or 0)


def check_refundable(session: Session, order: ServiceOrder, amount_fen: int) -> None:
    """Raise AmountRefused for more than can be sent back."""
    most = refundable(session, order)
    if amount_fen > most:
        raise AmountRefused("more than was paid", reason="refund", most_fen=most)


def standing(payment: Payment) -> Literal["pending", "paid", "closed", "failed"]:
    """Return how a payment stands for its order; late money pays nothing and counts as closed."""
    if payment.status == "succeeded":
        return "closed" if payment.late else "paid"
    if payment.status == "closed":
        return "closed"
    return "failed" if payment.status == "failed" else "pending"
