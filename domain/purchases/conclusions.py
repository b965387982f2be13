"""Conclusions: decided by a named person, objected to once, published with a last day."""

import calendar
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from domain.purchases.applications import latest, lock
from domain.purchases.errors import AlreadyObjected, PurchaseClosed, ReasonMissing
from domain.purchases.models import Purchase, PurchaseConclusion, PurchaseObjection
from domain.purchases.opinions import SUPPORT, Decision
from engine.clock import now
from engine.db import as_system
from engine.values import ZONE

Closing = Literal["withdrawn", "lapsed", "recorded", "handed_over"]
_DECIDABLE = frozenset({"open", "decided"})
_MONTHS = 12


@dataclass(frozen=True)
class Advice:
    """What the decider was advised: by the algorithm and by the panel (approve, reject, none)."""

    algorithm: str = "none"
    panel: str = "none"

    def is_left_by(self, decision: Decision) -> bool:
        """Tell whether a decision goes against one of the two."""
        side = "approve" if decision in SUPPORT else "reject"
        return any(said not in ("none", side) for said in (self.algorithm, self.panel))


@dataclass(frozen=True)
class Ruling:
    """A decision with its reason; ``quantity`` only where a part is approved."""

    decision: Decision
    text: str = ""
    reason: str = ""
    quantity: int | None = None


def conclude(
    session: Session, purchase_id: UUID, ruling: Ruling, advice: Advice, *, by: UUID
) -> PurchaseConclusion:
    """Keep a named person's decision on the current revision.

    Raises ReasonMissing where it goes against the advice without a reason, PurchaseClosed.
    """
    departs = advice.is_left_by(ruling.decision)
    reason = ruling.reason.strip()
    if departs and not reason:
        raise ReasonMissing("against the advice", advice=advice.algorithm, decision=ruling.decision)
    with as_system(session):
        purchase = lock(session, purchase_id)
        if purchase.status not in _DECIDABLE:
            raise PurchaseClosed("no more decisions", status=purchase.status)
        conclusion = PurchaseConclusion(
            purchase_id=purchase.id,
            number=_count(session, purchase) + 1,
            revision=purchase.revision,
            decision=ruling.decision,
            approved_quantity=_quantity(session, purchase, ruling),
            advice=advice.algorithm,
            panel_advice=advice.panel,
            departs=departs,
            reason=reason,
            text=ruling.text.strip(),
            decided_by=by,
            decided_at=now(session),
        )
        session.add(conclusion)
        purchase.status, purchase.conclusion = "decided", ruling.decision
        purchase.approved_quantity = conclusion.approved_quantity
        purchase.version += 1
        session.flush()
    return conclusion


def _count(session: Session, purchase: Purchase) -> int:
    query = select(func.count()).where(PurchaseConclusion.purchase_id == purchase.id)
    return session.scalar(query) or 0


def _quantity(session: Session, purchase: Purchase, ruling: Ruling) -> int | None:
    if ruling.decision == "approve":
        return latest(session, purchase).quantity
    return ruling.quantity if ruling.decision == "partial" else None


def object_to(session: Session, purchase_id: UUID, text: str, *, by: UUID) -> PurchaseObjection:
    """Keep the applicant's objection (申辩). Raises AlreadyObjected, PurchaseClosed."""
    with as_system(session):
        purchase = lock(session, purchase_id)
        if purchase.status != "decided":
            raise PurchaseClosed("nothing to object to", status=purchase.status)
        if session.scalar(select(exists().where(PurchaseObjection.purchase_id == purchase.id))):
            raise AlreadyObjected("once only")
        objection = PurchaseObjection(
            purchase_id=purchase.id, text=text, raised_by=by, raised_at=now(session)
        )
        session.add(objection)
        session.flush()
    return objection


def publish(session: Session, purchase_id: UUID, *, valid_months: int) -> Purchase:
    """Publish the last conclusion; it is valid until the same day some months on (exclusive).

    A second call changes nothing. Raises PurchaseClosed where nothing was decided.
    """
    with as_system(session):
        purchase = lock(session, purchase_id)
        if purchase.status == "published":
            return purchase
        if purchase.status != "decided":
            raise PurchaseClosed("nothing decided", status=purchase.status)
        purchase.status, purchase.published_at = "published", now(session)
        purchase.valid_until = months_on(now(session).astimezone(ZONE).date(), valid_months)
        purchase.version += 1
        session.flush()
    return purchase


def close(session: Session, purchase_id: UUID, outcome: Closing) -> Purchase:
    """End a purchase without a conclusion: withdrawn, not corrected, recorded, handed over."""
    with as_system(session):
        purchase = lock(session, purchase_id)
        if purchase.status not in _DECIDABLE:
            raise PurchaseClosed("it has ended", status=purchase.status)
        purchase.status = outcome
        purchase.version += 1
        session.flush()
    return purchase


def months_on(day: date, months: int) -> date:
    """Return the same day some months later, or the month's last day where there is none."""
    years, month = divmod(day.month - 1 + months, _MONTHS)
    year = day.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def of_purchase(session: Session, purchase: Purchase) -> list[PurchaseConclusion]:
    """Return the conclusions in the order in which they were decided."""
    query = (
        select(PurchaseConclusion)
        .where(PurchaseConclusion.purchase_id == purchase.id)
        .order_by(PurchaseConclusion.number)
    )
    return list(session.scalars(query))


def objection_of(session: Session, purchase: Purchase) -> PurchaseObjection | None:
    """Return the applicant's objection, if there is one."""
    return session.scalar(
        select(PurchaseObjection).where(PurchaseObjection.purchase_id == purchase.id)
    )
