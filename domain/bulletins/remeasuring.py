"""Measures an idle instrument again after its remediation, in the periods that follow."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import measures
from domain.bulletins.judging import judge
from domain.bulletins.models import BulletinItem, Remeasure
from domain.errors import PeriodNotOver
from domain.measures import Basis, Period
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotFound


def read_item(session: Session, public_id: UUID) -> BulletinItem:
    """Return an instrument's verdict; raises NotFound where the session's scope hides it."""
    item = session.scalar(select(BulletinItem).where(BulletinItem.public_id == public_id))
    if item is None:
        raise NotFound(f"no verdict {public_id}", kind="bulletin")
    return item


def attach_case(session: Session, item: BulletinItem, case_id: UUID) -> None:
    """Note which case remedies an idle instrument; the last one named counts."""
    with as_system(session):
        item.case_id = case_id
        session.flush()


def measure_again(
    session: Session,
    item: BulletinItem,
    period: Period,
    decision: str,
    basis: Basis,
    *,
    by: Actor,
) -> Remeasure:
    """Judge an instrument again for a period that is over; the same period gives the same row.

    Raises PeriodNotOver, and what judging raises.
    """
    if now(session) < period.end:
        raise PeriodNotOver("not over", end=period.end.isoformat())
    with as_system(session):
        known = session.scalar(
            select(Remeasure).where(
                Remeasure.item_id == item.id, Remeasure.period_start == period.start
            )
        )
        if known is not None:
            return known
        (figures,) = measures.of_instruments(session, [item.instrument], period, basis)
        judged = judge(session, decision, figures, period)
        row = Remeasure(
            item_id=item.id,
            period_start=period.start,
            period_end=period.end,
            verdict=judged.verdict,
            running_hours=judged.running_hours,
            offline_percent=judged.offline_percent,
            rule=judged.rule,
            measured_at=now(session),
            measured_by=by.id,
            unit_id=item.unit_id,
            region_path=item.region_path,
        )
        session.add(row)
        session.flush()
    return row


def of_item(session: Session, item: BulletinItem) -> list[Remeasure]:
    """Return the later measurements of an instrument in order, as far as the scope shows them."""
    query = select(Remeasure).where(Remeasure.item_id == item.id).order_by(Remeasure.period_start)
    return list(session.scalars(query))
