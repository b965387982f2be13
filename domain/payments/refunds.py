"""Money that goes back: planned under the order's lock, sent by a job, noted when it is done."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.payments import numbers, orders, payments
from domain.payments.models import Payment, Refund, ServiceOrder
from domain.payments.provider import RefundState
from engine.actors import SYSTEM
from engine.clock import now
from engine.db import as_system
from engine.errors import NotFound

_LONGEST_REASON = 200
_LONGEST_MARK = 60
#: What the mark of a refund begins with that was made outside the provider.
BY_HAND = "线下:"


def plan(
    session: Session, order_id: UUID, *, amount_fen: int, reason: str, key: str
) -> list[Refund]:
    """Spread an amount over the order's payments: late money first, then the latest payment.

    The same key again returns the same refunds. What is planned is set aside, so that two plans
    never send the same money back. Raises AmountRefused for more than can be sent back.
    """
    by = session.info.get("actor") or SYSTEM
    with as_system(session):
        order = orders.lock(session, order_id)
        known = _of_key(session, order, key)
        if known:
            return known
        payments.check_refundable(session, order, amount_fen)
        planned = []
        for payment in _sources(session, order):
            part = min(amount_fen, payment.amount_fen - payment.returned_fen)
            if part <= 0:
                continue
            amount_fen -= part
            payment.returned_fen += part
            refund = Refund(
                number=numbers.take(session, numbers.REFUND),
                request_key=f"{key}:{payment.number}",
                order_id=order.id,
                payment_id=payment.id,
                amount_fen=part,
                reason=reason[:_LONGEST_REASON],
                status="created",
                created_at=now(session),
                created_by=by.id,
            )
            session.add(refund)
            planned.append(refund)
        session.flush()
    return planned


def _of_key(session: Session, order: ServiceOrder, key: str) -> list[Refund]:
    query = select(Refund).where(
        Refund.order_id == order.id, Refund.request_key.startswith(f"{key}:", autoescape=True)
    )
    return list(session.scalars(query.order_by(Refund.id)))


def _sources(session: Session, order: ServiceOrder) -> list[Payment]:
    query = (
        select(Payment)
        .where(Payment.order_id == order.id, Payment.status == "succeeded")
        .order_by(Payment.late.desc(), Payment.id.desc())
        .with_for_update()
    )
    return list(session.scalars(query.execution_options(populate_existing=True)))


def by_number(session: Session, number: str) -> Refund | None:
    """Return the refund with one of our numbers, if there is one that the session sees."""
    return session.scalar(select(Refund).where(Refund.number == number))


def take_in(session: Session, number: str, state: RefundState) -> tuple[str, Refund]:
    """Take in what the provider says of a refund, once; returns what it came to and the refund.

    ``applied``, ``duplicate`` (nothing new), ``superseded`` or ``wrong_amount``. Raises NotFound.
    """
    with as_system(session):
        refund = by_number(session, number)
        if refund is None:
            raise NotFound(f"no refund {number}", kind="refund")
        order_id = session.scalars(
            select(ServiceOrder.public_id).where(ServiceOrder.id == refund.order_id)
        ).one()
        order = orders.lock(session, order_id)
        session.refresh(refund, with_for_update=True)
        taken = _taken(refund, state)
        if taken == "applied":
            _apply(session, order, refund, state)
        session.flush()
    return taken, refund


def _taken(refund: Refund, state: RefundState) -> str:
    if refund.status == state.status:
        return "duplicate"
    if refund.status in ("succeeded", "refused"):
        return "superseded"
    return "wrong_amount" if state.amount_fen != refund.amount_fen else "applied"


def _apply(session: Session, order: ServiceOrder, refund: Refund, state: RefundState) -> None:
    present = now(session)
    refund.status = state.status
    if state.status == "pending":
        return
    refund.ended_at = present
    if state.status == "succeeded":
        refund.transaction_id = state.transaction_id
        refund.provider_paid_at = state.refunded_at or present
        order.refunded_fen += refund.amount_fen
    else:
        refund.refusal = state.reason[:60]
        payment = session.get_one(Payment, refund.payment_id, with_for_update=True)
        payment.returned_fen -= refund.amount_fen
    order.version += 1


def by_hand(
    session: Session, order_id: UUID, *, amount_fen: int, reference: str, reason: str, key: str
) -> list[Refund]:
    """Book money that was sent back outside the provider, with the transfer's reference.

    The provider's statement knows nothing of it. The same key again changes nothing. Raises
    AmountRefused for more than can be sent back.
    """
    planned = plan(session, order_id, amount_fen=amount_fen, reason=reason, key=key)
    with as_system(session):
        order, present = orders.lock(session, order_id), now(session)
        for number, refund in enumerate(planned):
            if refund.status == "created":
                refund.status, refund.ended_at = "succeeded", present
                mark = f"{BY_HAND}{reference.strip()}"[:_LONGEST_MARK]
                refund.transaction_id = f"{mark}/{number}" if number else mark
                order.refunded_fen += refund.amount_fen
                order.version += 1
        session.flush()
    return planned
