"""Sensors, what they are bound to, their readings, and the states told from them.

``unit_id`` and ``region_path`` of every row are the instrument's, for row-level security. Raw
readings, the pulse of a sensor and what was refused show working habits: they are data of level
L3, and their policies are narrower than those of states (migration 0009).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import (
    ARRAY,
    INT8RANGE,
    JSONB,
    TSTZRANGE,
    ExcludeConstraint,
    Range,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.db import Base
from engine.identity import uuid7

_ID = Identity(always=True)
_STATE = "state in ('off', 'standby', 'running', 'offline')"
_HALF_OPEN = "not isempty(during) and lower_inc(during) and not lower_inf(during)"


def _same(column: str) -> tuple[Any, str]:
    """Return "equal in this number column" for an exclusion constraint, without an extension."""
    value: Any = literal_column(column)
    return (func.int8range(value, value, literal_column("'[]'"), type_=INT8RANGE), "&&")


class Sensor(Base):
    """One current sensor channel. ``code`` is its name in topics and as an MQTT user.

    ``interval_seconds`` is how often it reports; ``ct_ratio`` has been applied by the device
    already and is kept for the inspection of the installation.
    """

    __tablename__ = "sensor"
    __table_args__ = (
        CheckConstraint("code ~ '^[A-Za-z0-9][A-Za-z0-9-]{1,39}$'", name="code"),
        CheckConstraint("interval_seconds between 1 and 3600", name="interval"),
        CheckConstraint("ct_ratio > 0", name="ct_ratio"),
        Index("ix_sensor_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    vendor: Mapped[str] = mapped_column(String(60), default="")
    model: Mapped[str] = mapped_column(String(60), default="")
    ct_ratio: Mapped[float] = mapped_column(REAL, default=1.0)
    interval_seconds: Mapped[int] = mapped_column(default=10)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


class SensorBinding(Base):
    """A sensor measures a supply of an instrument (``channel``, 1: the main one) for a time.

    An open binding has no upper bound. A sensor is bound to one place at a time, and a supply is
    measured by one sensor at a time.
    """

    __tablename__ = "sensor_binding"
    __table_args__ = (
        ExcludeConstraint(
            _same("instrument_id"), _same("channel"), ("during", "&&"),
            name="binding_one_sensor_a_channel",
        ),
        ExcludeConstraint(
            _same("sensor_id"), ("during", "&&"), name="binding_one_place_a_sensor"
        ),
        CheckConstraint(f"{_HALF_OPEN} and not upper_inc(during)", name="during"),
        CheckConstraint("channel between 1 and 64", name="channel"),
        Index("ix_sensor_binding_region_path", "region_path", postgresql_using="gin"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    sensor_id: Mapped[int] = mapped_column(ForeignKey("sensor.id"), index=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    channel: Mapped[int] = mapped_column(SmallInteger, default=1)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    installer: Mapped[str] = mapped_column(String(60), default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    bound_at: Mapped[datetime]
    bound_by: Mapped[UUID]
    ended_by: Mapped[UUID | None]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)

    sensor: Mapped[Sensor] = relationship()


class Reading(Base):
    """One value of a sensor: RMS amperes at ``ts``, the device's ``seq``-th since ``boot``.

    Append-only. No foreign key to the sensor: its check would cost a tenth of the ingest, and
    the application cannot delete sensors. The BRIN index serves retention, which goes by time.
    """

    __tablename__ = "reading"
    __table_args__ = (
        UniqueConstraint("sensor_id", "boot", "seq"),
        Index("ix_reading_ts", "ts", postgresql_using="brin"),
    )

    sensor_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    ts: Mapped[datetime] = mapped_column(primary_key=True)
    boot: Mapped[int] = mapped_column(BigInteger)
    seq: Mapped[int] = mapped_column(BigInteger)
    i_rms: Mapped[float] = mapped_column(REAL)
    received_at: Mapped[datetime]


class SensorPulse(Base):
    """The latest sign of a sensor; ``fresh_from`` is the oldest reading not yet classified."""

    __tablename__ = "sensor_pulse"

    sensor_id: Mapped[int] = mapped_column(ForeignKey("sensor.id"), primary_key=True)
    boot: Mapped[int] = mapped_column(BigInteger)
    seq: Mapped[int] = mapped_column(BigInteger)
    ts: Mapped[datetime]
    i_rms: Mapped[float] = mapped_column(REAL)
    received_at: Mapped[datetime]
    fresh_from: Mapped[datetime | None]


class Quarantined(Base):
    """A payload that was not stored as a reading: what came, from where, and why not.

    The same payload again is counted, not kept again: a broken device cannot fill the table with
    one message.
    """

    __tablename__ = "reading_quarantine"
    __table_args__ = (UniqueConstraint("topic", "reason", "digest"),)

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    sensor_id: Mapped[int | None] = mapped_column(ForeignKey("sensor.id"), index=True)
    topic: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(String(200), default="")
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    times: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime] = mapped_column(index=True)
    last_at: Mapped[datetime]


class StateLabel(Base):
    """What a person says an instrument did at a time: what models are taught with."""

    __tablename__ = "state_label"
    __table_args__ = (
        CheckConstraint("state in ('off', 'standby', 'running')", name="state"),
        CheckConstraint(f"{_HALF_OPEN} and not upper_inf(during)", name="during"),
        Index("ix_state_label_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    state: Mapped[str] = mapped_column(String(8))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    said_by: Mapped[UUID]
    said_at: Mapped[datetime]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


class StateModel(Base):
    """One version of an instrument's own model, and how far it has come in its life.

    ``content`` is read by ``algorithms.load`` according to ``kind``; it holds figures only.
    """

    __tablename__ = "state_model"
    __table_args__ = (
        UniqueConstraint("instrument_id", "version"),
        CheckConstraint("kind in ('thresholds', 'trees')", name="kind"),
        CheckConstraint("status in ('candidate', 'shadow', 'active', 'retired')", name="status"),
        Index(
            "uq_state_model_in_use", "instrument_id", "status", unique=True,
            postgresql_where=text("status in ('shadow', 'active')"),
        ),
        Index("ix_state_model_region_path", "region_path", postgresql_using="gin"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"))
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    status: Mapped[str] = mapped_column(String(10), default="candidate")
    content: Mapped[bytes] = mapped_column(LargeBinary)
    metrics: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    rules: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    trained_from: Mapped[datetime]
    trained_until: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID]
    shadow_at: Mapped[datetime | None]
    active_at: Mapped[datetime | None]
    active_by: Mapped[UUID | None]
    retired_at: Mapped[datetime | None]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


class StateInterval(Base):
    """An instrument was in one state during ``[start, end)``; the intervals leave no gap.

    ``confidence`` is the mean chance that the model gave to this state; none where offline.
    """

    __tablename__ = "state_interval"
    __table_args__ = (
        ExcludeConstraint(
            _same("instrument_id"), ("during", "&&"), name="state_interval_no_overlap"
        ),
        CheckConstraint(_STATE, name="state"),
        CheckConstraint(
            f"{_HALF_OPEN} and not upper_inf(during) and not upper_inc(during)", name="during"
        ),
        Index("ix_state_interval_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"))
    state: Mapped[str] = mapped_column(String(8))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    model_version: Mapped[int]
    confidence: Mapped[float | None] = mapped_column(REAL)
    told_at: Mapped[datetime]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


class InstrumentWatch(Base):
    """How an instrument stands at ``until``, the end of its last interval: the state wall."""

    __tablename__ = "instrument_watch"
    __table_args__ = (
        CheckConstraint(_STATE, name="state"),
        Index("ix_instrument_watch_region_path", "region_path", postgresql_using="gin"),
    )

    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), primary_key=True)
    state: Mapped[str] = mapped_column(String(8))
    since: Mapped[datetime]
    until: Mapped[datetime]
    confidence: Mapped[float | None] = mapped_column(REAL)
    model_version: Mapped[int]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


class ClosedPeriod(Base):
    """A time whose states stand as they are: a bulletin or an evaluation rests on them."""

    __tablename__ = "closed_period"
    __table_args__ = (
        CheckConstraint(f"{_HALF_OPEN} and not upper_inf(during)", name="during"),
        Index("ix_closed_period_during", "during", postgresql_using="gist"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    region: Mapped[str] = mapped_column(String(6))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    note: Mapped[str] = mapped_column(String(200), default="")
    closed_at: Mapped[datetime]
    closed_by: Mapped[UUID]
