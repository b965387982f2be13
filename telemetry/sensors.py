"""Sensors and where they measure: register, bind, release."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotFound
from telemetry.errors import BindingTaken
from telemetry.models import Sensor, SensorBinding
from telemetry.ports import Place

_TAKEN = ("binding_one_sensor_a_channel", "binding_one_place_a_sensor")


@dataclass(frozen=True)
class Device:
    """What is known of a sensor before it measures anything."""

    code: str
    vendor: str = ""
    model: str = ""
    interval_seconds: int = 10
    ct_ratio: float = 1.0


def register(session: Session, device: Device, place: Place, *, actor: Actor) -> Sensor:
    """Enter a sensor in the scope of an instrument's unit; the same code again is the same one."""
    with as_system(session):
        known = session.scalar(select(Sensor).where(Sensor.code == device.code))
        if known is not None:
            return known
        sensor = Sensor(
            code=device.code,
            vendor=device.vendor,
            model=device.model,
            interval_seconds=device.interval_seconds,
            ct_ratio=device.ct_ratio,
            created_at=now(session),
            created_by=actor.id,
            unit_id=place.unit_id,
            region_path=place.region_path,
        )
        session.add(sensor)
        session.flush()
    return sensor


def bind(
    session: Session, sensor: Sensor, place: Place, start: datetime, *, actor: Actor,
    channel: int = 1,
) -> SensorBinding:  # fmt: skip
    """Let a sensor measure a supply of an instrument from ``start`` on.

    Raises BindingTaken where the sensor or the supply is bound at that time; two at once are
    settled by the table's exclusion constraints.
    """
    binding = SensorBinding(
        sensor_id=sensor.id,
        instrument_id=place.id,
        channel=channel,
        during=Range(start, None, bounds="[)"),
        bound_at=now(session),
        bound_by=actor.id,
        unit_id=place.unit_id,
        region_path=place.region_path,
    )
    with as_system(session):
        try:
            with session.begin_nested():
                session.add(binding)
                session.flush()
        except IntegrityError as refused:
            if any(name in str(refused.orig) for name in _TAKEN):
                raise BindingTaken("bound already", sensor=sensor.code) from refused
            raise
    return binding


def release(session: Session, binding_id: UUID, end: datetime, *, actor: Actor) -> None:
    """End a binding; raises NotFound where there is none that began before ``end``."""
    with as_system(session):
        done = session.scalar(
            update(SensorBinding)
            .where(
                SensorBinding.public_id == binding_id,
                func.upper_inf(SensorBinding.during),
                func.lower(SensorBinding.during) < end,
            )
            .values(
                during=func.tstzrange(func.lower(SensorBinding.during), end, "[)"),
                ended_by=actor.id,
            )
            .returning(SensorBinding.id)
        )
    if done is None:
        raise NotFound(f"no open binding {binding_id}", kind="sensor_binding")


def bindings(
    session: Session, instrument_id: int, start: datetime, end: datetime, channel: int = 1
) -> list[SensorBinding]:
    """Return what measured an instrument's supply within ``[start, end)``, in order."""
    query = (
        select(SensorBinding)
        .where(
            SensorBinding.instrument_id == instrument_id,
            SensorBinding.channel == channel,
            SensorBinding.during.op("&&")(Range(start, end, bounds="[)")),
        )
        .options(joinedload(SensorBinding.sensor))
        .order_by(func.lower(SensorBinding.during))
    )
    return list(session.scalars(query))
