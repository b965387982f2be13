"""Plans of sharing: proposed by the manager, checked, corrected until they fit."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.instruments.models import Instrument
from domain.payments import tariffs
from domain.sharing.errors import PlanClosed, SharingNotEntitled
from domain.sharing.models import SharingPlan
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotFound
from engine.values import tag

_FEN_PER_YUAN = 100
ShareMode = Literal["external", "internal", "none"]


@dataclass(frozen=True)
class Wish:
    """How an instrument is meant to open. Prices and the cost are yuan an hour; times HH:MM."""

    share_mode: ShareMode
    valid_from: date
    cost_yuan: float = 0
    internal_yuan: float | None = None
    public_research_yuan: float | None = None
    enterprise_yuan: float | None = None
    opens: str = "08:30"
    closes: str = "17:30"
    weekends: bool = False
    most_hours: int = 8
    approval: Literal["none", "first_time", "always"] = "first_time"
    needs_qualification: bool = False
    rules: str | None = None
    none_reason: str | None = None

    def prices(self) -> dict[tariffs.Tier, int]:
        """Return the prices in fen by tier, of the tiers that may use the instrument."""
        yuan: dict[tariffs.Tier, float | None] = {"internal": self.internal_yuan}
        if self.share_mode == "external":
            yuan |= {
                "public_research": self.public_research_yuan,
                "enterprise": self.enterprise_yuan,
            }
        if self.share_mode == "none":
            yuan = {}
        return {tier: fen(price) for tier, price in yuan.items() if price is not None}


def fen(yuan: float) -> int:
    """Return an amount of yuan in fen, rounded half up."""
    return int((Decimal(str(yuan)) * _FEN_PER_YUAN).quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True)
class Check:
    """What a plan looks like: its problems, and each price as a multiple of the cost.

    Problems: no_hours, no_price, no_contact, no_reason, no_cost. ``changes_prices`` tells that
    other prices apply now; ``days_ahead`` counts from today to the first day of the new ones.
    """

    problems: tuple[str, ...]
    internal_factor: float
    public_factor: float
    enterprise_factor: float
    changes_prices: bool
    days_ahead: int


def propose(
    session: Session, case_id: UUID, instrument_id: UUID, wish: Wish, *, by: Actor
) -> SharingPlan:
    """Keep a plan for an instrument, or the next version of the case's plan.

    Raises SharingNotEntitled (no_instrument, not_yours, not_online), PlanClosed.
    """
    with as_system(session):
        plan = session.scalar(
            select(SharingPlan).where(SharingPlan.case_id == case_id).with_for_update()
        )
        if plan is None:
            plan = _new(session, case_id, instrument_id, wish, by)
        if plan.status != "open":
            raise PlanClosed("it has ended", status=plan.status)
        plan.share_mode, plan.cost_fen = wish.share_mode, fen(wish.cost_yuan)
        plan.wish = tag(asdict(wish))
        plan.version += 1
        session.flush()
    return plan


def _new(
    session: Session, case_id: UUID, instrument_id: UUID, wish: Wish, by: Actor
) -> SharingPlan:
    instrument = session.scalar(select(Instrument).where(Instrument.public_id == instrument_id))
    if instrument is None:
        raise SharingNotEntitled("no such instrument", reason="no_instrument")
    if not tariffs.may_publish(by, instrument):
        raise SharingNotEntitled("not this actor's instrument", reason="not_yours")
    if instrument.lifecycle != "online":
        raise SharingNotEntitled("not in the network", reason="not_online")
    plan = SharingPlan(
        case_id=case_id,
        instrument_id=instrument.id,
        unit_id=instrument.unit_id,
        region_path=list(instrument.region_path),
        proposed_by=by.id,
        share_mode=wish.share_mode,
        cost_fen=fen(wish.cost_yuan),
        wish={},
        status="open",
        created_at=now(session),
        version=0,
    )
    session.add(plan)
    session.flush()
    return plan


def check(session: Session, plan: SharingPlan, wish: Wish) -> Check:
    """Return what is wrong with a plan and how its prices compare with the cost."""
    today = tariffs.today(session)
    prices = wish.prices()
    with as_system(session):
        present = tariffs.hourly(session, [plan.instrument], on=today).get(plan.instrument_id, {})
    changes = bool(present) and any(present.get(tier) != price for tier, price in prices.items())
    return Check(
        _problems(plan.instrument, wish, prices),
        _factor(prices.get("internal"), plan.cost_fen),
        _factor(prices.get("public_research"), plan.cost_fen),
        _factor(prices.get("enterprise"), plan.cost_fen),
        changes,
        (wish.valid_from - today).days,
    )


def _problems(
    instrument: Instrument, wish: Wish, prices: dict[tariffs.Tier, int]
) -> tuple[str, ...]:
    if wish.share_mode == "none":
        return () if (wish.none_reason or "").strip() else ("no_reason",)
    wanted = {"internal": 1, "external": 3}[wish.share_mode]
    found = {
        "no_hours": wish.opens >= wish.closes,
        "no_price": len(prices) < wanted,
        "no_contact": not (instrument.contact and instrument.phone),
        "no_cost": wish.cost_yuan <= 0,
    }
    return tuple(code for code, is_so in found.items() if is_so)


def _factor(price_fen: int | None, cost_fen: int) -> float:
    if price_fen is None or cost_fen <= 0:
        return 0.0
    return round(price_fen / cost_fen, 4)


def read(session: Session, plan_id: UUID) -> SharingPlan:
    """Return a plan; raises NotFound where the session's scope hides it."""
    plan = session.scalar(select(SharingPlan).where(SharingPlan.public_id == plan_id))
    if plan is None:
        raise NotFound(f"no sharing plan {plan_id}", kind="sharing_plan")
    return plan


def of_instrument(session: Session, instrument: Instrument) -> list[SharingPlan]:
    """Return an instrument's plans that the session's scope shows, the latest first."""
    query = (
        select(SharingPlan)
        .where(SharingPlan.instrument_id == instrument.id)
        .order_by(SharingPlan.id.desc())
    )
    return list(session.scalars(query))
