"""Lets the payment sandbox know the demo's month, as if its payments had gone through it."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, sessionmaker

from app.doubles.store import Store
from domain.payments.models import Payment, Refund
from engine.actors import SYSTEM
from engine.db import set_scope


def teach_sandbox(sessions: sessionmaker[Session], books: Path) -> int:
    """Enter all payments and finished refunds into the sandbox's books; return how many.

    Payments that are left open keep the page that their payers were told.
    """
    with sessions() as session:
        set_scope(session, SYSTEM)
        payments = session.scalars(
            select(Payment).where(Payment.status != "created").options(joinedload(Payment.order))
        ).all()
        refunds = session.scalars(
            select(Refund)
            .where(Refund.provider_paid_at.is_not(None))
            .options(joinedload(Refund.payment))
        ).all()
        rows = [_payment(payment) for payment in payments]
        back = [_refund(refund) for refund in refunds]
    store = Store(books)
    try:
        store.enter(rows, back)
    finally:
        store.close()
    return len(rows) + len(back)


def _payment(payment: Payment) -> tuple[object, ...]:
    return (
        payment.number,
        payment.amount_fen,
        payment.order.number,
        "",
        payment.pay_url.rpartition("/")[2] or payment.number,
        payment.status,
        payment.transaction_id,
        payment.created_at.isoformat(),
        payment.expires_at.isoformat(),
        _text(payment.provider_paid_at),
    )


def _refund(refund: Refund) -> tuple[object, ...]:
    return (
        refund.number,
        refund.payment.number,
        refund.amount_fen,
        refund.status,
        refund.reason,
        refund.transaction_id,
        _text(refund.provider_paid_at),
    )


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
