"""A plan becomes the instrument's opening and its tariffs; later plans take its place."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.instruments.models import Instrument
from domain.payments import tariffs
from domain.sharing.errors import PlanClosed
from domain.sharing.models import SharingPlan
from domain.sharing.plans import Wish
from engine.actors import SYSTEM
from engine.clock import now
from engine.db import as_system
from engine.errors import NotFound
from engine.values import untag

_WORKDAYS, _ALL_DAYS = range(1, 6), range(1, 8)
_MINUTES = 60


def publish(session: Session, plan_id: UUID, *, approved_by: UUID, notice_days: int) -> SharingPlan:
    """Publish a plan: opening and mode at once, prices from their day on.

    Prices that replace others begin ``notice_days`` from today at the earliest, first prices
    today. A second call changes nothing. Raises PlanClosed for a withdrawn plan.
    """
    with as_system(session):
        plan = _lock(session, plan_id)
        if plan.status == "published":
            return plan
        if plan.status != "open":
            raise PlanClosed("it has ended", status=plan.status)
        wish = Wish(**untag(plan.wish))
        instrument = session.scalars(
            select(Instrument).where(Instrument.id == plan.instrument_id).with_for_update()
        ).one()
        plan.effective_from = _first_day(session, instrument, wish, notice_days)
        _open(instrument, wish)
        _price(session, instrument, wish, plan)
        plan.status, plan.published_at = "published", now(session)
        plan.approved_by = approved_by
        plan.version += 1
        session.flush()
    return plan


def _first_day(session: Session, instrument: Instrument, wish: Wish, notice_days: int) -> date:
    today = tariffs.today(session)
    present = tariffs.hourly(session, [instrument], on=today).get(instrument.id)
    earliest = today + timedelta(days=notice_days) if present else today
    return max(wish.valid_from, earliest)


def _open(instrument: Instrument, wish: Wish) -> None:
    instrument.share_mode = wish.share_mode
    if wish.share_mode != "none":
        days = _ALL_DAYS if wish.weekends else _WORKDAYS
        instrument.opening = {str(day): [[wish.opens, wish.closes]] for day in days}
        instrument.max_minutes = max(wish.most_hours * _MINUTES, instrument.min_minutes)
        instrument.approval = wish.approval
        instrument.needs_qualification = wish.needs_qualification
    if wish.rules:
        instrument.rules = wish.rules
    instrument.version += 1


def _price(session: Session, instrument: Instrument, wish: Wish, plan: SharingPlan) -> None:
    assert plan.effective_from is not None  # noqa: S101 - publish has set it
    present = tariffs.hourly(session, [instrument], on=plan.effective_from)
    for tier, price in wish.prices().items():
        if present.get(instrument.id, {}).get(tier) != price:
            tariffs.publish(
                session,
                instrument,
                tariffs.Price("hour", tier, price),
                valid_from=plan.effective_from,
                by=SYSTEM,
                approval_note=f"plan {plan.public_id}",
            )


def withdraw(session: Session, plan_id: UUID) -> SharingPlan:
    """Give up a plan that is not published. Raises PlanClosed."""
    with as_system(session):
        plan = _lock(session, plan_id)
        if plan.status != "open":
            raise PlanClosed("it has ended", status=plan.status)
        plan.status = "withdrawn"
        plan.version += 1
        session.flush()
    return plan


def is_current(session: Session, plan_id: UUID) -> bool:
    """Tell whether a published plan is its instrument's latest, and the instrument still there."""
    with as_system(session):
        plan = _lock(session, plan_id)
        latest = session.scalar(
            select(SharingPlan.id)
            .where(
                SharingPlan.instrument_id == plan.instrument_id, SharingPlan.status == "published"
            )
            .order_by(SharingPlan.published_at.desc(), SharingPlan.id.desc())
            .limit(1)
        )
        return latest == plan.id and plan.instrument.lifecycle != "retired"


def _lock(session: Session, plan_id: UUID) -> SharingPlan:
    plan = session.scalar(
        select(SharingPlan)
        .where(SharingPlan.public_id == plan_id)
        .with_for_update(of=SharingPlan)
        .execution_options(populate_existing=True)
    )
    if plan is None:
        raise NotFound(f"no sharing plan {plan_id}", kind="sharing_plan")
    return plan
