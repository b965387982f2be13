"""Sensors on two hundred instruments of the demo province: who they are and what they measure.

Each instrument has a life that follows from its number: a plan for every day, laid under the
bookings it has. A few sensors fall silent, so that there is something to see. The past is written
here, by the simulator's process and after the platform has opened; the live current comes over
MQTT (``app.simulated_sensors``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

from sqlalchemy import Text, cast, exists, func, select
from sqlalchemy.orm import Session, sessionmaker

from app.demo.accounts import BY_LOGIN
from app.surroundings import DomainSurroundings, place_of
from domain.booking.opening import SHANGHAI
from domain.instruments.models import Instrument
from engine.actors import SYSTEM
from engine.clock import FixedClock, now
from engine.db import set_scope
from telemetry import labels, model_life, readings, sensors, simulator, telling, training
from telemetry.intervals import Interval
from telemetry.models import Sensor, SensorBinding, StateModel
from telemetry.ports import Place
from telemetry.readings import Row, moment
from telemetry.simulator import ARCHETYPES, Archetype, Faults

COUNT = 200
#: Seconds between two readings of a demo sensor; also the unit of its count.
EVERY = 60
#: Instruments with a week of readings and learned models; the others begin this morning.
_SHOWN = 12
_WEEK, _LEARNED, _COMMISSIONED = timedelta(days=7), timedelta(days=15), timedelta(days=5)
#: Of every so many sensors one is silent, and one loses readings.
_SILENT_OF, _LOSSY_OF = 29, 13
_MANAGER = "wangfang"

_BY_CLASS = {
    "0101": "microscope", "0108": "microscope", "0102": "mass_spectrometer",
    "0103": "diffractometer", "0105": "chromatograph", "0106": "nmr_console",
    "0901": "sequencer", "0104": "chromatograph",
}  # fmt: skip


@dataclass(frozen=True)
class Twin:
    """A demo instrument's electric life: what its sensor would say."""

    sensor_id: int
    code: str
    place: Place
    kind: Archetype
    number: int

    @property
    def faults(self) -> Faults:
        """Return what is wrong with this sensor."""
        lossy = self.number % _LOSSY_OF == 5  # noqa: PLR2004 - one of them
        return Faults(noise=0.01, lost=0.03 if lossy else 0.0)

    def is_silent(self, at: float, present: float) -> bool:
        """Tell whether the sensor says nothing at a time: some stopped lately, for a day."""
        if self.number % _SILENT_OF != 11:  # noqa: PLR2004 - one of them
            return False
        return at > present - 3600 * (2 + self.number % 26)

    def states(self, session: Session, start: datetime, end: datetime) -> list[Interval]:
        """Return its true states: the plan of its days and the bookings it has."""
        first, last = int(start.timestamp()) // 60 * 60, int(end.timestamp()) // 60 * 60
        always_on = self.kind.name in ("nmr_console", "mass_spectrometer")
        plan = simulator.plan(first, last, self.number, always_on=always_on)
        uses = DomainSurroundings().uses(session, self.place, start, end)
        spans = [(int(use.start.timestamp()), int(use.end.timestamp())) for use in uses]
        return simulator.planned(plan, spans, self.number)

    def measure(self, states: list[Interval], start: float, end: float) -> simulator.Simulated:
        """Return what the sensor measures in a part of these states, on whole intervals."""
        span = (int(start // EVERY) * EVERY, int(end // EVERY) * EVERY)
        return simulator.simulate(
            self.kind, states, interval=EVERY, faults=self.faults, seed=self.number, span=span
        )


def twins(session: Session) -> list[Twin]:
    """Return the demo's sensors with their instruments, in the order of their codes."""
    query = (
        select(Sensor, Instrument)
        .join(SensorBinding, SensorBinding.sensor_id == Sensor.id)
        .join(Instrument, Instrument.id == SensorBinding.instrument_id)
        .where(func.upper_inf(SensorBinding.during))
        .order_by(Sensor.code)
    )
    return [
        Twin(sensor.id, sensor.code, place_of(instrument), _kind(instrument), number)
        for number, (sensor, instrument) in enumerate(session.execute(query), start=1)
    ]


def _kind(instrument: Instrument) -> Archetype:
    name = _BY_CLASS.get(instrument.class_code[:4], "furnace")
    return ARCHETYPES[name]


def install(sessions: sessionmaker[Session], count: int = COUNT) -> int:
    """Put sensors on instruments unless there are any; return how many were installed."""
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        if session.scalar(select(exists().where(Sensor.id > 0))):
            return 0
        present, chosen = now(session), _chosen(session, count)
        for number, instrument in enumerate(chosen, start=1):
            _install(session, instrument, number, present)
    return len(chosen)


def remember(sessions: sessionmaker[Session], stopping: Event | None = None) -> int:
    """Write the past of each sensor that has none, one a transaction; return how many those were.

    May be stopped and started again at any point.
    """
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        known = set(session.scalars(select(StateModel.instrument_id)))
        waiting = [twin for twin in twins(session) if twin.place.id not in known]
    for count, twin in enumerate(waiting):
        if stopping is not None and stopping.is_set():
            return count
        with sessions.begin() as session:
            set_scope(session, SYSTEM)
            _remember(session, twin, now(session), shown=twin.number <= _SHOWN)
    return len(waiting)


def _chosen(session: Session, count: int) -> list[Instrument]:
    """Return the shown manager's instruments first, then others from all over the province."""
    theirs = Instrument.manager_ids.contains([BY_LOGIN[_MANAGER].person_id])
    query = (
        select(Instrument)
        .where(Instrument.lifecycle == "online", func.cardinality(Instrument.manager_ids) > 0)
        .order_by(theirs.desc(), func.md5(cast(Instrument.public_id, Text)))
        .limit(count)
    )
    return list(session.scalars(query))


def _install(session: Session, instrument: Instrument, number: int, present: datetime) -> None:
    place = place_of(instrument)
    device = sensors.Device(
        f"INS-{number:06d}", "演示", "DY-CT100", interval_seconds=EVERY, ct_ratio=100.0
    )
    sensor = sensors.register(session, device, place, actor=SYSTEM)
    start = (present - _WEEK).astimezone(SHANGHAI).replace(hour=0, minute=0, second=0)
    if number > _SHOWN:
        start = present.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0)
    start = min(start, present - timedelta(hours=6)).replace(microsecond=0)
    sensors.bind(session, sensor, place, start, actor=SYSTEM)


def _remember(session: Session, twin: Twin, present: datetime, *, shown: bool) -> None:
    """Write an instrument's past: its models, its readings, its states."""
    (binding,) = sensors.bindings(session, twin.place.id, present, present + timedelta(hours=1))
    start = binding.during.lower
    assert start is not None  # noqa: S101 - the table's check says so
    since = present - (_LEARNED if shown else _COMMISSIONED)
    past = twin.states(session, since, present)
    learned = twin.measure(past, past[0].start, present.timestamp())
    with _at(session, since):
        first = training.teach(learned.readings, simulator.commissioning(learned), "thresholds")
        model_life.add(session, twin.place, first, actor=SYSTEM)
    if shown:
        _learn(session, twin, learned, present)
    kept = learned.readings.between(start.timestamp(), present.timestamp())
    readings.keep(
        session,
        [
            Row(twin.sensor_id, moment(ts), 0, int(ts) // EVERY, float(amps), moment(ts + 1))
            for ts, amps in zip(kept.ts, kept.amps, strict=True)
            if not twin.is_silent(ts, present.timestamp())
        ],
    )
    telling.tell(session, twin.place, start, present)
    telling.claim(session, twin.place)


def _learn(session: Session, twin: Twin, learned: simulator.Simulated, present: datetime) -> None:
    """Let an instrument's own trees go through their life, as they would have in three weeks."""
    taught = training.teach(learned.readings, learned.intervals, "trees")
    for each in simulator.commissioning(learned):
        labels.say(
            session, twin.place, each.state, (moment(each.start), moment(each.end)), actor=SYSTEM
        )
    with _at(session, present - _WEEK):
        model = model_life.add(session, twin.place, taught, actor=SYSTEM)
        model_life.to_shadow(session, model.public_id)
    model_life.activate(session, model.public_id, actor=SYSTEM)


@contextmanager
def _at(session: Session, moment_then: datetime) -> Iterator[None]:
    before = session.info.get("clock")
    session.info["clock"] = FixedClock(moment_then)
    try:
        yield
    finally:
        session.info["clock"] = before
