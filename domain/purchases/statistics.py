"""How often people decide against the advice: a figure for auditors, never a reproach by itself."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from domain.purchases.models import Purchase, PurchaseConclusion


@dataclass(frozen=True)
class Departures:
    """One decider's decisions in a period, and how many went against the advice."""

    decided_by: UUID
    decisions: int
    departures: int

    @property
    def share(self) -> float:
        """Return the part of decisions that went against the advice, from 0 to 1."""
        return self.departures / self.decisions


def departures(session: Session, since: datetime, until: datetime) -> list[Departures]:
    """Return the deciders of ``[since, until)`` that the session's scope shows, most first."""
    against = func.sum(cast(PurchaseConclusion.departs, Integer))
    query = (
        select(PurchaseConclusion.decided_by, func.count(), against)
        .join(Purchase, Purchase.id == PurchaseConclusion.purchase_id)
        .where(PurchaseConclusion.decided_at >= since, PurchaseConclusion.decided_at < until)
        .group_by(PurchaseConclusion.decided_by)
        .order_by(against.desc(), func.count().desc(), PurchaseConclusion.decided_by)
    )
    return [Departures(who, count, found) for who, count, found in session.execute(query)]
