"""Closing the periods of bulletins: two months each, without a gap, each once."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from domain import measures
from domain.booking.opening import local_day
from domain.bulletins.models import BulletinPeriod
from domain.errors import PeriodGap, PeriodNotOver
from domain.measures import Period
from domain.organisations import regions
from domain.organisations.models import Region
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotFound


def next_period(session: Session, region: str) -> Period:
    """Return the period that a region's next bulletin is about.

    It begins where the last closed one ended; the first of a region is the last whole pair of
    months before today.
    """
    last = _last(session, regions.full_code(region))
    if last is None:
        return measures.bimonth_before(local_day(now(session)))
    return measures.bimonth_of(local_day(last.period_end))


def close(
    session: Session,
    region: str,
    *,
    wanted: Period | None = None,
    late_days: int,
    by: Actor,
    case_id: UUID | None = None,
) -> BulletinPeriod:
    """Close a period of a region after ``late_days`` for late data; the next one unless wanted.

    Closing the same period again returns it. Raises PeriodNotOver, PeriodGap, NotFound (region).
    """
    code = regions.full_code(region)
    with as_system(session):
        if session.get(Region, code) is None:
            raise NotFound(f"no region {code}", kind="region")
        wait_for_others(session, code)
        expected = next_period(session, code)
        period = wanted or expected
        known = session.scalar(
            select(BulletinPeriod).where(
                BulletinPeriod.region == code,
                BulletinPeriod.period_start == period.start,
                BulletinPeriod.period_end == period.end,
            )
        ) or _of_case(session, code, case_id)
        if known is not None:
            return known
        _check(session, code, period, expected, late_days)
        row = BulletinPeriod(
            region=code,
            period_start=period.start,
            period_end=period.end,
            case_id=case_id,
            closed_at=now(session),
            closed_by=by.id,
        )
        session.add(row)
        session.flush()
    return row


def _of_case(session: Session, code: str, case_id: UUID | None) -> BulletinPeriod | None:
    if case_id is None:
        return None
    return session.scalar(
        select(BulletinPeriod).where(
            BulletinPeriod.region == code, BulletinPeriod.case_id == case_id
        )
    )


def wait_for_others(session: Session, code: str) -> None:
    """Wait until no other transaction works on a region's bulletins.

    The first period of a region has no row to lock; the key keeps two first ones apart.
    """
    key = {"key": f"bulletin:{code}"}
    session.execute(text("select pg_advisory_xact_lock(hashtext(:key))"), key)


def _check(session: Session, code: str, period: Period, expected: Period, late_days: int) -> None:
    open_until = closes_at(period, late_days)
    if now(session) < open_until:
        raise PeriodNotOver("late data may still come", end=open_until.isoformat())
    if _last(session, code) is not None and period != expected:
        raise PeriodGap(
            "bulletins follow each other",
            expected=expected.start.date().isoformat(),
            wanted=period.start.date().isoformat(),
        )


def closes_at(period: Period, late_days: int) -> datetime:
    """Return when a period can be closed: its end and some days for late data."""
    return period.end + timedelta(days=late_days)


def _last(session: Session, code: str) -> BulletinPeriod | None:
    query = (
        select(BulletinPeriod)
        .where(BulletinPeriod.region == code)
        .order_by(BulletinPeriod.period_start.desc())
        .limit(1)
    )
    return session.scalar(query)


def read(session: Session, public_id: UUID) -> BulletinPeriod:
    """Return a closed period; raises NotFound."""
    row = session.scalar(select(BulletinPeriod).where(BulletinPeriod.public_id == public_id))
    if row is None:
        raise NotFound(f"no period {public_id}", kind="bulletin")
    return row
