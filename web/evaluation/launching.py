"""Launching a year's evaluation: one case for each unit with instruments in the region."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.evaluation import EvalPeriod, EvalUnit
from domain.instruments.models import Instrument
from domain.organisations import regions
from domain.organisations.models import Region, Unit
from engine import instances
from engine.actors import Actor, Scope
from engine.clock import now
from engine.db import as_system
from web.access import current_actor
from web.formats import language, local

PROCESS = "evaluation"


@dataclass(frozen=True)
class Offer:
    """What an official can launch: the year, and regions (code, name)."""

    year: int
    regions: list[tuple[str, str]]


def offer(session: Session) -> Offer | None:
    """Return what the reader may launch this year, None for nothing."""
    prefixes = {
        grant.region
        for grant in current_actor().grants
        if grant.department == "science" and grant.region
    }
    codes = sorted(regions.full_code(prefix) for prefix in prefixes)
    rows = session.scalars(select(Region).where(Region.code.in_(codes)).order_by(Region.code))
    named = [(row.code, row.name_zh if language() == "zh" else row.name_en) for row in rows]
    return Offer(local(now(session)).year, named) if named else None


def launch(session: Session, region: str, year: int, *, by: Actor) -> int:
    """Start the missing cases of a region's round as one command; return how many."""
    opened = 0
    with as_system(session):
        known = set(
            session.scalars(
                select(EvalUnit.unit_id)
                .join(EvalPeriod)
                .where(
                    EvalPeriod.region == region,
                    EvalPeriod.year == year,
                    EvalUnit.case_id.is_not(None),
                )
            )
        )
        owners = select(Instrument.unit_id).where(Instrument.lifecycle != "retired").distinct()
        query = select(Unit).where(
            Unit.region.startswith(regions.prefix(region)), Unit.active, Unit.id.in_(owners)
        )
        for unit in session.scalars(query.order_by(Unit.code)).all():
            if unit.id in known:
                continue
            data = {"evaluation_year": year, "region": region, "unit": str(unit.public_id)}
            place = Scope(unit.region, unit.id)
            instances.start(session, PROCESS, actor=by, data=data, scope=place)
            opened += 1
    return opened
