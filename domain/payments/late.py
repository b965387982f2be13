"""Money that nobody needed any more when it came: a case for each such payment sends it back."""

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from domain.payments.models import Payment, ServiceOrder
from engine import instances
from engine.actors import SYSTEM, Scope
from engine.db import as_system
from engine.errors import EngineError

log = logging.getLogger(__name__)

PROCESS = "refund"


def start_refunds(session: Session, limit: int = 20) -> int:
    """Start the refund case of every late payment that has none; return how many were started.

    Called where late money is noticed, and again by the timers, so that a case which could not be
    started then (the process was withdrawn) is started later.
    """
    started = 0
    with as_system(session):
        query = (
            select(Payment)
            .where(Payment.late, Payment.status == "succeeded", Payment.refund_case_id.is_(None))
            .options(joinedload(Payment.order))
            .order_by(Payment.id)
            .limit(limit)
            .with_for_update(of=Payment, skip_locked=True)
        )
        for payment in session.scalars(query).all():
            started += _start(session, payment, payment.order)
    return started


def _start(session: Session, payment: Payment, order: ServiceOrder) -> bool:
    data = {"order_id": str(order.public_id)}
    try:
        with session.begin_nested():
            case = instances.start(
                session,
                PROCESS,
                actor=SYSTEM,
                data=data,
                scope=Scope(region=order.instrument.region, unit_id=order.unit_id),
                business_key=payment.number,
                participants=[order.payer_id],
            )
    except EngineError:
        log.exception("the refund of %s could not be started", payment.number)
        return False
    payment.refund_case_id = case.public_id
    session.flush()
    return True
