"""Two units, their people, and an instrument with a sensor that has been measuring since March."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app import surroundings
from app.scenario_world import make_world
from domain import instruments
from domain.instruments import Instrument
from engine.actors import SYSTEM, Actor
from engine.clock import FixedClock
from engine.db import set_scope
from telemetry import model_life, readings, sensors, simulator, training
from telemetry.decoding import Message, encode
from telemetry.models import Sensor, StateModel
from telemetry.ports import Place
from telemetry.readings import Row
from telemetry.topics import topic_of

GIVEN: dict[str, Any] = {
    "units": {"大学": {"region": "330106"}, "公司": {"region": "330211", "kind": "enterprise"}},
    "people": {
        "机主": {"unit": "大学", "roles": ["instrument_manager", "applicant"]},
        "同事": {"unit": "大学", "roles": ["instrument_manager", "applicant"]},
        "管理员": {"unit": "大学", "roles": ["unit_administrator"]},
        "申请人": {"unit": "公司"},
    },
    "instruments": {"电镜": {"unit": "大学", "managers": ["机主"]}},
}
#: Where the sensor of every test has been since.
BOUND = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass
class Lab:
    session: Session
    clock: FixedClock
    people: dict[str, Actor]
    instrument: Instrument
    place: Place
    sensor: Sensor

    def message(self, seq: int, at: datetime, amps: float = 1.0, **more: Any) -> Message:
        payload = encode(more.get("boot", 0), seq, at, amps, more.get("sent"))
        return Message(topic_of(self.sensor.code), payload, more.get("received", at))

    def feed(self, seen: simulator.Simulated, first: int = 0) -> None:
        """Store simulated readings as if each had come a second after it was measured."""
        found = seen.readings
        readings.keep(
            self.session,
            [
                Row(
                    self.sensor.id,
                    readings.moment(ts),
                    0,
                    first + number,
                    float(amps),
                    readings.moment(ts + 1),
                )
                for number, (ts, amps) in enumerate(zip(found.ts, found.amps, strict=True))
            ],
        )

    def teach(self, seen: simulator.Simulated) -> StateModel:
        """Teach the instrument's next model with half an hour of each state."""
        labels = simulator.commissioning(seen)
        taught = training.teach(seen.readings, labels, "thresholds")
        return model_life.add(self.session, self.place, taught, actor=SYSTEM)


@pytest.fixture
def lab(session: Session, clock: FixedClock) -> Lab:
    surroundings.wire()
    world = make_world(session, GIVEN)
    instrument = instruments.read(session, world.values["电镜"])
    place = surroundings.place_of(instrument)
    set_scope(session, SYSTEM)
    sensor = sensors.register(session, sensors.Device("INS-000001"), place, actor=SYSTEM)
    sensors.bind(session, sensor, place, BOUND, actor=SYSTEM)
    return Lab(session, clock, dict(world.people), instrument, place, sensor)


def a_day(lab: Lab, days: int = 1, seed: int = 3, **faults: Any) -> simulator.Simulated:
    """Simulate the days before the test's present."""
    end = int(lab.clock.at.timestamp())
    start = end - days * 86_400
    kind = simulator.ARCHETYPES["diffractometer"]
    states = simulator.plan(start, end, seed)
    return simulator.simulate(
        kind, states, interval=30, faults=simulator.Faults(**faults), seed=seed
    )


HOUR = timedelta(hours=1)
EMPTY = np.empty(0)
