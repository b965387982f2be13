"""The small unit of docs/worked-evaluation.md: three instruments in the round, one too old."""

from collections.abc import Collection, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from domain import measures
from domain.booking.models import Booking, Rating
from domain.booking.opening import SHANGHAI
from domain.evaluation import EvalPeriod, EvalUnit, Rules, ScopeRule, reporting, scope
from domain.instruments.models import Instrument
from domain.measures import StateInterval
from domain.measures.sensors import wire
from engine import decisions, definitions
from engine.actors import SYSTEM, Actor, Grant
from engine.clock import now
from engine.identity import uuid7
from engine.values import tag

FOLDER = Path("processes/evaluation")
MARKS = (88, 92, 75, 80, 85)
FULL: dict[str, Any] = {
    "nation": "德国", "functions": "成像", "services": "检测", "address": "求是路 1 号",
    "contact": "王芳", "phone": "0571-87950000",
}  # fmt: skip


@dataclass
class FakeSensors:
    """Sensors of a test: what they recorded, who has one, who needs none."""

    recorded: list[StateInterval] = field(default_factory=list)
    with_sensor: set[int] = field(default_factory=set)
    without_need: set[int] = field(default_factory=set)

    def intervals(
        self, _: Session, instrument_ids: Collection[int], start: datetime, end: datetime
    ) -> Sequence[StateInterval]:
        return [
            one
            for one in self.recorded
            if one.instrument_id in set(instrument_ids)
            and one.start < end
            and (one.end is None or one.end > start)
        ]

    def bound(self, _: Session, instrument_ids: Collection[int], __: datetime) -> set[int]:
        return self.with_sensor & set(instrument_ids)

    def waived(self, _: Session, instrument_ids: Collection[int], __: datetime) -> set[int]:
        return self.without_need & set(instrument_ids)

    def record(self, instrument: Instrument, state: str, first: datetime, last: datetime) -> None:
        name = f"{instrument.id}-{len(self.recorded)}"
        self.recorded.append(StateInterval(instrument.id, state, first, last, name))


@contextmanager
def sensing(sensors: FakeSensors):
    before = wire(sensors)
    try:
        yield sensors
    finally:
        wire(before)


def day(month: int, number: int, year: int = 2025, hour: int = 0) -> datetime:
    return datetime(year, month, number, hour, tzinfo=SHANGHAI)


@dataclass
class Worked:
    session: Session
    row: EvalUnit
    period: EvalPeriod
    scanning: Instrument
    spectrometer: Instrument
    tester: Instrument
    old: Instrument
    administrator: Actor
    rules: Rules


def publish_tables(session: Session) -> None:
    files = sorted(FOLDER.glob("*.dmn"))
    definitions.publish(session, [definitions.read_file(file) for file in files], actor=SYSTEM)


def rules_of(session: Session, year: int = 2026, **facts: Any) -> Rules:
    at = now(session)
    asked = {"evaluation_year": year, "period_end": tag(date(year - 1, 12, 31)), "basis_wanted": ""}

    def answer(table: str) -> Any:
        return decisions.evaluate(session, table, {**asked, **facts}, now=at).value

    return Rules(
        answer("evaluation_weights"), answer("evaluation_targets"),
        answer("evaluation_rated_hours"),
    )  # fmt: skip


def scope_rule(rules: Rules) -> ScopeRule:
    return ScopeRule(rules.targets["scope_years"], rules.targets["least_worth_yuan"] * 100)


def _use(session, instrument, key, first, last, **values: Any) -> None:
    fields = {"user_name": "本单位课题组", "outside": False, **values}
    row = measures.Declared(row_key=key, started_at=first, ended_at=last, **fields)
    assert measures.declare(session, instrument.public_id, row, by=SYSTEM)


def _rated_booking(session: Session, world, instrument: Instrument) -> None:
    first, last = day(9, 1, hour=8), day(9, 1, hour=20)
    booking = Booking(
        instrument_id=instrument.id, person_id=world.user.public_id, person_unit_id=world.unit.id,
        external=False, during=Range(first, last, bounds="[)"), status="settled", created_at=first,
        checked_in_at=first, checked_out_at=last, use_minutes=720, unit_id=world.unit.id,
        region_path=instrument.region_path,
    )  # fmt: skip
    session.add(booking)
    session.flush()
    session.add(
        Rating(
            booking_id=booking.id, instrument_id=instrument.id, person_id=world.user.public_id,
            score=5, rated_at=last + timedelta(days=1),
        )
    )  # fmt: skip
    session.flush()


def worked(world, build, sensors: FakeSensors) -> Worked:
    """Make the worked example; the clock stands at 2026-11-23."""
    session = world.session
    world.unit.gs1_prefix = "6901234"
    scanning = world.change(begin_date=date(2019, 3, 1), giai="6901234ZJ0001", **FULL)
    spectrometer = build.instrument(
        session, world.unit, inner_id="2", name_zh="质谱仪", begin_date=date(2025, 7, 1),
        giai="6901234ZJ0002", **FULL,
    )  # fmt: skip
    tester = build.instrument(
        session, world.unit, inner_id="3", name_zh="万能试验机", class_code="040101",
        begin_date=date(2018, 5, 1), share_mode="internal", **{**FULL, "phone": ""},
    )  # fmt: skip
    old = build.instrument(
        session, world.unit, inner_id="4", name_zh="旧衍射仪", begin_date=date(2014, 6, 1), **FULL
    )
    third = build.unit(session, 3, "丙公司", "330106", "enterprise")
    college = build.unit(session, 4, "丁学院", "330106", "university")
    _use(session, scanning, "d1", day(2, 1), day(3, 1))
    _use(session, scanning, "d2", day(2, 27), day(3, 9), user_unit_id=world.other.public_id,
         charge_fen=3_000_000)  # fmt: skip
    _use(session, scanning, "d3", day(12, 30, 2024), day(1, 3), user_unit_id=third.public_id,
         charge_fen=600_000)  # fmt: skip
    _use(session, spectrometer, "d4", day(8, 1), day(8, 11), user_unit_id=college.public_id,
         charge_fen=1_200_000)  # fmt: skip
    _rated_booking(session, world, spectrometer)
    _use(session, tester, "d6", day(5, 5), day(5, 10))
    sensors.with_sensor, sensors.without_need = {scanning.id}, {spectrometer.id}
    sensors.record(scanning, "off", day(1, 1), day(2, 1))
    sensors.record(scanning, "running", day(2, 1), day(3, 9))
    sensors.record(scanning, "off", day(3, 9), day(1, 1, 2026))
    publish_tables(session)
    rules = rules_of(session)
    period = scope.freeze(session, "33", 2026, scope_rule(rules), by=SYSTEM, case_id=uuid7())
    (row,) = [one for one in scope.units(session, period) if one.unit_id == world.unit.id]
    administrator = world.actor(
        world.administrator, Grant("unit_administrator", unit_id=world.unit.id)
    )
    points = ("rules", "prices", "income", "staff")
    checklist = {point: {"met": True, "files": [str(uuid7())]} for point in points}
    reporting.report(session, row.public_id, checklist, "自评", by=administrator)
    for number, score in enumerate(MARKS):
        expert = Actor(uuid7(), f"专家{number}", (Grant("expert", region="33"),))
        reporting.mark(session, row, score, expert=expert)
    return Worked(session, row, period, scanning, spectrometer, tester, old, administrator, rules)


__all__ = ["UTC", "FakeSensors", "Worked", "sensing", "worked"]
