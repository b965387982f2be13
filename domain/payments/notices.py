"""The provider's notices: kept exactly as they came, applied once, and answered by the protocol.

A notice is believed only if it is signed by the provider, meant for us, fresh and new. Whatever
else comes is kept with the reason why it was not believed, and moves nothing.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from domain.payments import late, payments, refunds, signing
from domain.payments.errors import BadSignature
from domain.payments.models import Payment, ServiceOrder
from domain.payments.provider import PaymentState, RefundState, Seal
from domain.payments.records import PaymentNotice
from domain.payments.signing import Message
from engine import messages
from engine.actors import SYSTEM
from engine.clock import now
from engine.db import as_system
from engine.errors import MessageNotExpected
from engine.models import Instance

log = logging.getLogger(__name__)

#: What a case waits for; its key is the payment's number (processes/booking).
MESSAGE = "payment.succeeded"
#: How long the message waits for a case that does not wait for it yet.
KEEP = timedelta(days=7)
LARGEST = 64 * 1024
#: outcome → the answer's status: by 2xx and 4xx the provider knows that we have it.
STATUS = {
    "applied": 200,
    "late": 200,
    "duplicate": 200,
    "superseded": 200,
    "wrong_amount": 409,
    "unknown": 404,
    "forged": 401,
    "malformed": 400,
}
_KEPT = 4096
#: Notices that are not believed are kept up to this many a minute; the log tells of the rest.
MOST_A_MINUTE = 120


class _NoticeSchema(Schema):
    id = fields.String(required=True, validate=validate.Length(1, 64))
    kind = fields.String(
        required=True,
        validate=validate.OneOf(
            (
                "payment.succeeded",
                "payment.closed",
                "payment.failed",
                "refund.succeeded",
                "refund.refused",
            )
        ),
    )
    number = fields.String(required=True, validate=validate.Length(1, 64))
    status = fields.String(required=True)
    amount_fen = fields.Integer(required=True, strict=True)
    transaction_id = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(1, 64)
    )
    at = fields.AwareDateTime(load_default=None, allow_none=True)
    reason = fields.String(load_default="")


@dataclass(frozen=True)
class Incoming:
    """A request at the callback's door: where it went, its headers and its bytes."""

    path: str
    headers: Mapping[str, str]
    body: bytes


def receive(session: Session, incoming: Incoming, *, seal: Seal, at: float) -> PaymentNotice:
    """Keep a notice with what came of it; ``at`` is the real time (Unix) that freshness asks for.

    Applying it, telling the case that waits, and starting the refund of late money are one
    transaction with keeping it.
    """
    with as_system(session):
        notice = _kept(session, incoming)
        try:
            notice.nonce = _verified(session, incoming, seal, at)
            said = _NoticeSchema().load(_json(incoming.body), unknown="exclude")
        except BadSignature as refused:
            notice.outcome, notice.detail = "forged", str(refused.params["reason"])
        except (ValidationError, ValueError) as refused:
            notice.outcome, notice.detail = "malformed", str(refused)[:200]
        else:
            _apply(session, notice, said)
        if notice.outcome in ("forged", "malformed") and _flooded(session):
            log.warning("more than %d unbelievable notices a minute", MOST_A_MINUTE)
            return notice
        session.add(notice)
        session.flush()
    return notice


def _flooded(session: Session) -> bool:
    """Tell whether so many were not believed lately that keeping more would only fill the disk."""
    lately = select(func.count(PaymentNotice.id)).where(
        PaymentNotice.outcome.in_(("forged", "malformed")),
        PaymentNotice.received_at > now(session) - timedelta(minutes=1),
    )
    return (session.scalar(lately) or 0) >= MOST_A_MINUTE


def _kept(session: Session, incoming: Incoming) -> PaymentNotice:
    text = incoming.body[:_KEPT].decode("utf-8", "replace").replace("\x00", "\ufffd")
    signed = incoming.headers.get(signing.SIGNATURE, "").replace("\x00", "")
    return PaymentNotice(received_at=now(session), body=text, signature=signed[:400])


def _verified(session: Session, incoming: Incoming, seal: Seal, at: float) -> str:
    message = Message("notice", "POST", incoming.path, incoming.body)
    nonce = signing.verify(message, incoming.headers, seal.key, merchant=seal.merchant, at=at)
    seen = exists().where(PaymentNotice.nonce == nonce)
    if session.scalar(select(seen)):
        raise BadSignature("this very message came before", reason="replayed")
    return nonce


def _json(body: bytes) -> dict[str, Any]:
    content = json.loads(body)
    if not isinstance(content, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one kind of refusal for the caller
    return content


def _apply(session: Session, notice: PaymentNotice, said: Mapping[str, Any]) -> None:
    notice.notice_id, notice.kind = said["id"], said["kind"]
    notice.subject_number, notice.amount_fen = said["number"], said["amount_fen"]
    if said["kind"].startswith("refund."):
        _apply_refund(session, notice, said)
    else:
        _apply_payment(session, notice, said)


def _apply_payment(session: Session, notice: PaymentNotice, said: Mapping[str, Any]) -> None:
    payment = payments.by_number(session, said["number"])
    if payment is None:
        notice.outcome, notice.detail = "unknown", "no such payment"
        return
    # The case goes first in the order of locks: what is told to it moves it.
    _lock_case(session, payment)
    state = PaymentState(
        number=payment.number,
        status=said["kind"].removeprefix("payment."),
        amount_fen=said["amount_fen"],
        transaction_id=said["transaction_id"],
        paid_at=said["at"],
    )
    receipt = payments.take_in(session, payment.public_id, state)
    notice.outcome = receipt.taken
    _place(session, notice, receipt.payment)
    if receipt.taken == "late":
        late.start_refunds(session)
    if payments.standing(receipt.payment) == "paid":
        _tell(session, notice, receipt.payment)


def _lock_case(session: Session, payment: Payment) -> None:
    case_id = session.scalar(
        select(ServiceOrder.case_id).where(ServiceOrder.id == payment.order_id)
    )
    if case_id is not None:
        session.scalar(select(Instance.id).where(Instance.public_id == case_id).with_for_update())


def _tell(session: Session, notice: PaymentNotice, payment: Payment) -> None:
    """Let the case that waits for this payment go on; the same notice tells it once."""
    try:
        messages.deliver(
            session,
            MESSAGE,
            payment.number,
            {"payment_status": "paid"},
            actor=SYSTEM,
            message_id=str(notice.notice_id),
            ttl=KEEP,
        )
    except MessageNotExpected:
        # The case stopped waiting in this moment; the money is booked all the same.
        notice.detail = "nobody waits"


def _apply_refund(session: Session, notice: PaymentNotice, said: Mapping[str, Any]) -> None:
    refund = refunds.by_number(session, said["number"])
    if refund is None:
        notice.outcome, notice.detail = "unknown", "no such refund"
        return
    state = RefundState(
        number=refund.number,
        status=said["kind"].removeprefix("refund."),
        amount_fen=said["amount_fen"],
        transaction_id=said["transaction_id"],
        refunded_at=said["at"],
        reason=said["reason"],
    )
    notice.outcome, taken = refunds.take_in(session, refund.number, state)
    _place(session, notice, session.get_one(Payment, taken.payment_id))


def _place(session: Session, notice: PaymentNotice, payment: Payment) -> None:
    """Give a notice the scope of the order it is about, whose unit's finance then sees it."""
    order = session.get_one(ServiceOrder, payment.order_id)
    notice.payment_id = payment.id
    notice.unit_id, notice.region_path = order.unit_id, list(order.region_path)


def listed(session: Session, *, limit: int = 100) -> list[PaymentNotice]:
    """Return the latest notices that the session's scope shows."""
    query = select(PaymentNotice).order_by(PaymentNotice.id.desc()).limit(limit)
    return list(session.scalars(query))
