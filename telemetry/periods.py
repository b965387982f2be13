"""Closed periods: what a bulletin has published is never told anew."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from telemetry.errors import PeriodClosed
from telemetry.models import ClosedPeriod

Span = tuple[datetime, datetime]


def close(
    session: Session, region: str, start: datetime, end: datetime, *, actor: Actor, note: str = ""
) -> ClosedPeriod:
    """Close ``[start, end)`` for all instruments of a region (GB/T 2260 prefix).

    Raises PeriodClosed where part of it is closed for that region already.
    """
    with as_system(session):
        query = select(ClosedPeriod).where(
            ClosedPeriod.region == region,
            ClosedPeriod.during.op("&&")(Range(start, end, bounds="[)")),
        )
        if session.scalar(query.limit(1)) is not None:
            raise PeriodClosed("closed", start=start.isoformat(), end=end.isoformat())
        period = ClosedPeriod(
            region=region,
            during=Range(start, end, bounds="[)"),
            note=note,
            closed_at=now(session),
            closed_by=actor.id,
        )
        session.add(period)
        session.flush()
    return period


def open_parts(
    session: Session, region_path: list[str], start: datetime, end: datetime
) -> list[Span]:
    """Return the parts of ``[start, end)`` that are open for an instrument, in order."""
    query = select(ClosedPeriod.during).where(
        ClosedPeriod.region.in_(region_path),
        ClosedPeriod.during.op("&&")(Range(start, end, bounds="[)")),
    )
    closed = sorted(
        (each.lower, each.upper)
        for each in session.scalars(query)
        if each.lower is not None and each.upper is not None
    )
    parts, at = [], start
    for begin, finish in closed:
        if begin > at:
            parts.append((at, begin))
        at = max(at, finish)
    if at < end:
        parts.append((at, end))
    return parts
