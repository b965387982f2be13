"""Figures for pages: uses and sensor states of a unit, a bulletin, an evaluated unit."""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import measures
from domain.booking.opening import SHANGHAI
from domain.bulletins import Bulletin, computing, periods, publishing
from domain.evaluation import EvalUnit, Rules, ScopeRule, reporting, results, scope
from domain.instruments.models import Instrument
from domain.measures.sensors import wire
from domain.organisations.models import Unit
from engine import decisions
from engine.actors import SYSTEM, Actor, Grant
from engine.clock import now
from engine.identity import uuid7
from engine.values import tag
from tests.unit.domain.evaluation_world import FakeSensors

PERIOD = measures.bimonth(2026, 5)
_MARKS = (88, 92, 75, 80, 85)


@dataclass(frozen=True)
class Figures:
    """What ``fill`` made, by public id."""

    published: Bulletin
    draft: Bulletin
    evaluated: EvalUnit


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, tzinfo=SHANGHAI)


@contextmanager
def sensing(sensors: FakeSensors):
    before = wire(sensors)
    try:
        yield
    finally:
        wire(before)


def answer(session: Session, table: str, year: int) -> Any:
    asked = {
        "evaluation_year": year,
        "period_end": tag(date(year - 1, 12, 31)),
        "basis_wanted": "",
    }
    return decisions.evaluate(session, table, asked, now=now(session)).value


def fill(session: Session, unit: Unit, region: str) -> Figures:
    """Declare uses, publish a bulletin, leave a draft of the next version, evaluate the unit."""
    instruments = session.scalars(
        select(Instrument).where(Instrument.unit_id == unit.id).order_by(Instrument.id)
    ).all()
    for number, instrument in enumerate(instruments):
        _use(session, instrument, number)
    sensors = FakeSensors()
    for number, instrument in enumerate(instruments[:4]):
        _states(sensors, instrument, number)
    with sensing(sensors):
        published, draft = _bulletins(session, region)
        evaluated = _evaluation(session, unit, region)
    session.flush()
    return Figures(published, draft, evaluated)


def _use(session: Session, instrument: Instrument, number: int) -> None:
    for year, month, external in (
        (2025, 3, True),
        (2025, 6, False),
        (2026, 9, True),
        (2026, 4, False),
    ):
        first = day(year, month, 1 + number % 9)
        row = measures.Declared(
            row_key=f"{year}-{month}",
            started_at=first,
            ended_at=first + timedelta(hours=60 + 25 * (number % 7)),
            user_name="某新材料有限公司" if external else "本单位课题组",
            outside=external,
            enterprise=external,
            charge_fen=1_250_000 if external else 0,
        )
        measures.declare(session, instrument.public_id, row, by=SYSTEM)


def _states(sensors: FakeSensors, instrument: Instrument, number: int) -> None:
    runs = (3, 90, 400, 700)[number]
    sensors.with_sensor.add(instrument.id)
    sensors.record(instrument, "running", PERIOD.start, PERIOD.start + timedelta(hours=runs))
    sensors.record(instrument, "off", PERIOD.start + timedelta(hours=runs), PERIOD.end)
    sensors.record(instrument, "running", day(2025, 3, 1), day(2025, 3, 9))
    sensors.record(instrument, "off", day(2025, 3, 9), day(2026, 1, 1))


def _bulletins(session: Session, region: str) -> tuple[Bulletin, Bulletin]:
    basis = answer(session, "bulletin_rated_hours", 2027)
    rules = computing.Rules("bulletin_idle", basis, 30_000_000)
    row = periods.close(session, region, wanted=PERIOD, late_days=3, by=SYSTEM)
    published = computing.compute(session, row, rules, by=SYSTEM)
    publishing.publish(session, published, signed_by=SYSTEM.id, by=SYSTEM)
    draft = computing.compute(session, row, rules, reason="补报传感器数据", by=SYSTEM)
    return published, draft


def _evaluation(session: Session, unit: Unit, region: str) -> EvalUnit:
    rules = Rules(
        answer(session, "evaluation_weights", 2026),
        answer(session, "evaluation_targets", 2026),
        answer(session, "evaluation_rated_hours", 2026),
    )
    rule = ScopeRule(rules.targets["scope_years"], rules.targets["least_worth_yuan"] * 100)
    period = scope.freeze(session, region, 2026, rule, by=SYSTEM, case_id=None)
    (row,) = [one for one in scope.units(session, period) if one.unit_id == unit.id]
    points = ("rules", "prices", "income", "staff")
    checklist = {point: {"met": True, "files": [str(uuid7())]} for point in points}
    said = "支撑国家级项目三项，发表论文十二篇，服务企业四家。"
    reporting.report(session, row.public_id, checklist, said, by=SYSTEM)
    for number, score in enumerate(_MARKS):
        expert = Actor(uuid7(), f"专家{number}", (Grant("expert", region="33"),))
        reporting.mark(session, row, score, expert=expert)
    for each in scope.units(session, period):
        results.compute(session, each, rules, by=SYSTEM)
    results.grade_all(session, period, "evaluation_grades", stage="published", reason="", by=SYSTEM)
    return row
