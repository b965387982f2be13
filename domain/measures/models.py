"""Uses that units declare beside the bookings, and how they compare with the sensors."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.instruments.models import Instrument
from engine.db import Base
from engine.identity import uuid7

_ID = Identity(always=True)


class DeclaredUse(Base):
    """A use that was not booked on the platform, as the owning unit declares it.

    ``started_at`` to ``ended_at`` is preparation, test and post-processing together (minutes);
    ``user_unit_id`` is known where the user's unit is, ``user_name`` says who otherwise.
    ``external`` means another legal entity than the owner's, never another faculty. Money is fen.
    ``row_key`` is the declarer's own number of the use: the same row never counts twice.
    """

    __tablename__ = "declared_use"
    __table_args__ = (
        UniqueConstraint("instrument_id", "row_key"),
        CheckConstraint("ended_at is null or ended_at > started_at", name="times"),
        CheckConstraint("least(prepare_minutes, post_minutes, charge_fen) >= 0", name="amounts"),
        CheckConstraint(
            "user_unit_id is null or external = (user_unit_id <> unit_id)", name="external"
        ),
        Index("ix_declared_use_region_path", "region_path", postgresql_using="gin"),
        Index("ix_declared_use_instrument_started", "instrument_id", "started_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"))
    row_key: Mapped[str] = mapped_column(String(64))
    user_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    user_name: Mapped[str] = mapped_column(String(120), default="")
    enterprise: Mapped[bool] = mapped_column(default=False)
    external: Mapped[bool]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    prepare_minutes: Mapped[int] = mapped_column(default=0)
    post_minutes: Mapped[int] = mapped_column(default=0)
    content: Mapped[str] = mapped_column(String(300), default="")
    charge_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    declared_by: Mapped[UUID]
    declared_at: Mapped[datetime]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)

    instrument: Mapped[Instrument] = relationship()


class UsageCheck(Base):
    """What a comparison of declared and measured hours found for an instrument in a period.

    ``verdict``: consistent, doubtful (存疑) or unmeasured (the sensor was offline too long to
    say). Minutes are rounded down. A doubtful one waits for the unit's explanation.
    """

    __tablename__ = "usage_check"
    __table_args__ = (
        UniqueConstraint("instrument_id", "period_start", "period_end"),
        CheckConstraint("verdict in ('consistent', 'doubtful', 'unmeasured')", name="verdict"),
        CheckConstraint("period_end > period_start", name="period"),
        Index("ix_usage_check_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"))
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    declared_minutes: Mapped[int]
    sensor_minutes: Mapped[int]
    offline_minutes: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(12))
    explanation: Mapped[str] = mapped_column(String(1000), default="")
    explained_by: Mapped[UUID | None]
    explained_at: Mapped[datetime | None]
    checked_by: Mapped[UUID]
    checked_at: Mapped[datetime]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)

    instrument: Mapped[Instrument] = relationship()
