"""Which instruments and units an evaluation looks at, frozen at its cut-off."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from domain import measures
from domain.errors import ScopeFrozen
from domain.evaluation.models import EvalPeriod, EvalScope, EvalUnit
from domain.instruments.models import Instrument
from domain.organisations import regions
from domain.organisations.models import Region, Unit
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotFound

#: reason of leaving an instrument out → its name in Chinese and in English.
REASONS = {
    "too_new": ("启用不足一年", "Not yet in use at the start of the year"),
    "too_old": ("启用超过十年", "In use for more than ten years"),
    "too_small": ("原值低于评价起点", "Worth less than the threshold"),
    "retired": ("已退出", "Retired"),
}


@dataclass(frozen=True)
class ScopeRule:
    """Who is in: the last ``years`` whole years before the evaluation's, and ``least_fen``.

    For evaluation year Y and ten years: first use from (Y−10)-01-01 to (Y−1)-12-31. Both figures
    come from the decision ``evaluation_targets``.
    """

    years: int
    least_fen: int

    def excluded(self, year: int, begin_date: date, worth_fen: int, lifecycle: str) -> str:
        """Return why an instrument is not in an evaluation year's scope, empty if it is."""
        if begin_date >= date(year, 1, 1):
            return "too_new"
        if begin_date < date(year - self.years, 1, 1):
            return "too_old"
        if worth_fen < self.least_fen:
            return "too_small"
        return "retired" if lifecycle == "retired" else ""


def freeze(
    session: Session, region: str, year: int, rule: ScopeRule, *, by: Actor, case_id: UUID | None
) -> EvalPeriod:
    """Open a round for a region and note which instruments of which units are in it.

    A unit is in when at least one of its instruments is. The first call of a year freezes, later
    ones join; raises ScopeFrozen once results are on public notice, NotFound for a region.
    """
    code = regions.full_code(region)
    with as_system(session):
        key = {"key": f"evaluation:{code}:{year}"}
        session.execute(text("select pg_advisory_xact_lock(hashtext(:key))"), key)
        known = session.scalar(
            select(EvalPeriod).where(EvalPeriod.region == code, EvalPeriod.year == year)
        )
        if known is not None:
            if known.status != "frozen":
                raise ScopeFrozen("the round has moved on", year=year, region=code)
            return known
        if session.get(Region, code) is None:
            raise NotFound(f"no region {code}", kind="region")
        judged = measures.year(year - 1)
        period = EvalPeriod(
            region=code,
            year=year,
            period_start=judged.start,
            period_end=judged.end,
            case_id=case_id,
            frozen_at=now(session),
            frozen_by=by.id,
        )
        session.add(period)
        session.flush()
        _add_units(session, period, rule, by)
    return period


def _add_units(session: Session, period: EvalPeriod, rule: ScopeRule, by: Actor) -> None:
    place = regions.prefix(period.region)
    query = (
        select(Instrument, Unit)
        .join(Unit)
        .where(Unit.region.startswith(place), Unit.active)
        .order_by(Unit.code, Instrument.id)
    )
    found: dict[int, list[tuple[Instrument, str]]] = {}
    units: dict[int, Unit] = {}
    for instrument, unit in session.execute(query):
        units[unit.id] = unit
        reason = rule.excluded(
            period.year, instrument.begin_date, instrument.worth_fen, instrument.lifecycle
        )
        found.setdefault(unit.id, []).append((instrument, reason))
    for unit_id, instruments in found.items():
        if any(not reason for _, reason in instruments):
            _add_unit(session, period, units[unit_id], instruments, by)


def _add_unit(
    session: Session,
    period: EvalPeriod,
    unit: Unit,
    instruments: Iterable[tuple[Instrument, str]],
    by: Actor,
) -> None:
    path = regions.path(unit.region)
    row = EvalUnit(period_id=period.id, unit_id=unit.id, changed_by=by.id, region_path=path)
    session.add(row)
    session.flush()
    session.add_all(
        EvalScope(
            eval_unit_id=row.id,
            instrument_id=instrument.id,
            included=not reason,
            reason=reason,
            begin_date=instrument.begin_date,
            worth_fen=instrument.worth_fen,
            added_by=by.id,
            unit_id=unit.id,
            region_path=path,
        )
        for instrument, reason in instruments
    )
    session.flush()


def read_period(session: Session, public_id: UUID) -> EvalPeriod:
    """Return a round; raises NotFound."""
    period = session.scalar(select(EvalPeriod).where(EvalPeriod.public_id == public_id))
    if period is None:
        raise NotFound(f"no evaluation {public_id}", kind="evaluation")
    return period


def read_unit(session: Session, public_id: UUID) -> EvalUnit:
    """Return a unit in a round; raises NotFound where the session's scope hides it."""
    row = session.scalar(select(EvalUnit).where(EvalUnit.public_id == public_id))
    if row is None:
        raise NotFound(f"no evaluated unit {public_id}", kind="evaluation")
    return row


def unit_in(session: Session, period: EvalPeriod, unit: UUID) -> EvalUnit | None:
    """Return a unit (public id) in a round, None where it is not in it or the scope hides it."""
    query = (
        select(EvalUnit).join(Unit).where(EvalUnit.period_id == period.id, Unit.public_id == unit)
    )
    return session.scalar(query)


def attach_case(session: Session, row: EvalUnit, case_id: UUID) -> None:
    """Note which case evaluates a unit; the last one named counts."""
    with as_system(session):
        row.case_id = case_id
        session.flush()


def units(session: Session, period: EvalPeriod) -> list[EvalUnit]:
    """Return the units of a round by their codes, as far as the session's scope shows them."""
    query = select(EvalUnit).join(Unit).where(EvalUnit.period_id == period.id).order_by(Unit.code)
    return list(session.scalars(query))


def instruments(session: Session, row: EvalUnit) -> list[Instrument]:
    """Return the instruments of a unit that are in the round."""
    query = (
        select(Instrument)
        .join(EvalScope)
        .where(EvalScope.eval_unit_id == row.id, EvalScope.included)
        .order_by(Instrument.id)
    )
    return list(session.scalars(query))


def counts(session: Session, row: EvalUnit) -> dict[str, int]:
    """Return how many instruments are in (key ``""``) and left out, by reason."""
    query = select(EvalScope.reason).where(EvalScope.eval_unit_id == row.id)
    found: dict[str, int] = {}
    for reason in session.scalars(query):
        found[reason] = found.get(reason, 0) + 1
    return found
