"""The part of a scenario's world that monitoring needs: sensors that have measured, no broker."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app import surroundings
from domain.instruments.models import Instrument
from engine.actors import SYSTEM
from telemetry import model_life, readings, sensors
from telemetry.states import OFF, RUNNING, STANDBY
from telemetry.thresholds import Thresholds
from telemetry.training import Taught

_EVERY = timedelta(minutes=5)
#: Amperes by state, well inside what the thresholds beside them tell.
_AMPS = {OFF: 0.0, STANDBY: 0.3, RUNNING: 2.0}
_MODEL = Thresholds(off_amps=0.05, run_amps=1.0)


def give_readings(
    session: Session, said: Sequence[Mapping[str, Any]], instruments: Mapping[str, Instrument]
) -> None:
    """Give instruments a sensor each with a first model, and what it read: real rows, real telling.

    Each entry is an ``instrument``, a ``state`` (off, standby, running), ``start`` and ``end``; an
    instrument's sensor measures from its earliest entry on, and what no entry covers is silence.
    """
    surroundings.wire()
    for name in dict.fromkeys(each["instrument"] for each in said):
        _measure(session, instruments[name], [one for one in said if one["instrument"] == name])


def _measure(session: Session, instrument: Instrument, said: Sequence[Mapping[str, Any]]) -> None:
    place = surroundings.place_of(instrument)
    start, end = min(one["start"] for one in said), max(one["end"] for one in said)
    device = sensors.Device(
        f"SC-{instrument.public_id.hex}", interval_seconds=int(_EVERY.total_seconds())
    )
    sensor = sensors.register(session, device, place, actor=SYSTEM)
    sensors.bind(session, sensor, place, start, actor=SYSTEM)
    taught = Taught(_MODEL, {}, int(start.timestamp()), int(end.timestamp()))
    model_life.add(session, place, taught, actor=SYSTEM)
    pairs = [(at, _AMPS[one["state"]]) for one in said for at in _times(one["start"], one["end"])]
    readings.keep(
        session,
        [
            readings.Row(sensor.id, at, 0, number, amps, at)
            for number, (at, amps) in enumerate(sorted(pairs))
        ],
    )


def _times(start: datetime, end: datetime) -> list[datetime]:
    return [start + number * _EVERY for number in range(-(-(end - start) // _EVERY))]
