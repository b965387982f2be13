"""Declared hours against the sensor's: where they are far apart, somebody has to explain."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from domain.measures.figures import Figures
from domain.measures.models import UsageCheck
from domain.measures.periods import Period, hours
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotAllowed, NotFound

Verdict = Literal["consistent", "doubtful", "unmeasured"]
#: verdict → its name in Chinese and in English.
VERDICTS: dict[Verdict, tuple[str, str]] = {
    "consistent": ("相符", "Consistent"),
    "doubtful": ("存疑", "Doubtful"),
    "unmeasured": ("传感器数据不足", "Too little sensor data"),
}
_LEAST = Fraction(1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Tolerance:
    """How far apart they may be: more than both is doubtful; too much offline says nothing.

    ``percent`` of the sensor's hours (of 1 h at least), ``hours``, and the share of the window
    offline (percent) from which the sensor is no reference. From ``usage_reconciliation.dmn``.
    """

    percent: int
    hours: int
    offline_percent: int


def compare(
    declared: timedelta, sensor: timedelta, offline_share: Fraction, tolerance: Tolerance
) -> Verdict:
    """Say whether declared hours agree with the sensor's running time."""
    if offline_share >= tolerance.offline_percent:
        return "unmeasured"
    apart = hours(abs(declared - sensor))
    share = apart / max(hours(sensor), _LEAST) * 100
    return "doubtful" if share > tolerance.percent and apart > tolerance.hours else "consistent"


def check(
    session: Session, figures: Figures, period: Period, tolerance: Tolerance, *, by: Actor
) -> UsageCheck | None:
    """Keep the comparison of one instrument; a second one replaces the verdict, not the reasons.

    Returns None for an instrument that was not yet in use.
    """
    if figures.window is None:
        return None
    with as_system(session):
        row = session.scalar(_of(figures.instrument.id, period.start, period.end))
        if row is None:
            row = UsageCheck(
                instrument_id=figures.instrument.id,
                period_start=period.start,
                period_end=period.end,
                unit_id=figures.instrument.unit_id,
                region_path=figures.instrument.region_path,
            )
            session.add(row)
        row.declared_minutes = figures.effective.counted // _MINUTE
        row.sensor_minutes = figures.running.counted // _MINUTE
        row.offline_minutes = figures.states["offline"].counted // _MINUTE
        row.verdict = compare(
            figures.effective.counted, figures.running.counted, figures.offline_share, tolerance
        )
        row.checked_by, row.checked_at = by.id, now(session)
        session.flush()
    return row


def _of(instrument_id: int, start: datetime, end: datetime) -> Select[UsageCheck]:
    return select(UsageCheck).where(
        UsageCheck.instrument_id == instrument_id,
        UsageCheck.period_start == start,
        UsageCheck.period_end == end,
    )


def doubtful(session: Session, unit_id: int, period: Period) -> list[UsageCheck]:
    """Return a unit's doubtful comparisons of a period, as far as the scope shows them."""
    query = (
        select(UsageCheck)
        .where(
            UsageCheck.unit_id == unit_id,
            UsageCheck.period_start == period.start,
            UsageCheck.period_end == period.end,
            UsageCheck.verdict == "doubtful",
        )
        .order_by(UsageCheck.id)
    )
    return list(session.scalars(query))


def explain(session: Session, check_id: UUID, explanation: str, *, by: Actor) -> UsageCheck:
    """Keep a unit's explanation of a doubtful comparison.

    Raises NotFound where the scope hides it and NotAllowed for another unit's people.
    """
    row = session.scalar(select(UsageCheck).where(UsageCheck.public_id == check_id))
    if row is None:
        raise NotFound(f"no comparison {check_id}", kind="usage_check")
    own = any(grant.unit_id == row.unit_id for grant in by.grants)
    if not (by.is_system or own):
        raise NotAllowed("only the unit explains its own figures")
    with as_system(session):
        row.explanation, row.explained_by = explanation, by.id
        row.explained_at = now(session)
        session.flush()
    return row
