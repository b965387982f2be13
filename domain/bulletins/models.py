"""Bulletins: their periods, versions, the figures of units, idle instruments and what follows.

``Bulletin`` and what belongs to it is computed once; only replies, signature and publishing are
noted afterwards. A correction is the next version.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.instruments.models import Instrument
from domain.organisations.models import Unit
from engine.db import Base
from engine.identity import uuid7

_ID = Identity(always=True)


class BulletinPeriod(Base):
    """Two months of a region that were closed: the periods of a region follow without a gap."""

    __tablename__ = "bulletin_period"
    __table_args__ = (
        UniqueConstraint("region", "period_start"),
        CheckConstraint("period_end > period_start", name="period"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    region: Mapped[str] = mapped_column(ForeignKey("region.code"))
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    closed_at: Mapped[datetime]
    closed_by: Mapped[UUID]


class Bulletin(Base):
    """One version of a period's bulletin; ``content`` is all that page, PDF and Word print."""

    __tablename__ = "bulletin"
    __table_args__ = (
        UniqueConstraint("period_id", "version"),
        UniqueConstraint("document_year", "document_number", "region"),
        CheckConstraint("status in ('draft', 'published', 'replaced')", name="status"),
        CheckConstraint("(status = 'draft') = (published_on is null)", name="published"),
        Index("ix_bulletin_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("bulletin_period.id"))
    version: Mapped[int]
    region: Mapped[str] = mapped_column(ForeignKey("region.code"))
    status: Mapped[str] = mapped_column(String(12), default="draft")
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    rules: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(String(500), default="")
    document_year: Mapped[int | None]
    document_number: Mapped[int | None]
    computed_at: Mapped[datetime]
    computed_by: Mapped[UUID]
    signed_by: Mapped[UUID | None]
    published_on: Mapped[date | None]
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)

    period: Mapped[BulletinPeriod] = relationship()
    units: Mapped[list["BulletinUnit"]] = relationship(order_by="BulletinUnit.id")
    items: Mapped[list["BulletinItem"]] = relationship(order_by="BulletinItem.id")


class BulletinUnit(Base):
    """A unit's figures in a bulletin, and what the unit says of them.

    ``reply`` confirmed, objection or empty; hours are decimals with two places.
    """

    __tablename__ = "bulletin_unit"
    __table_args__ = (
        UniqueConstraint("bulletin_id", "unit_id"),
        CheckConstraint("reply in ('', 'confirmed', 'objection')", name="reply"),
        Index("ix_bulletin_unit_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletin.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reply: Mapped[str] = mapped_column(String(12), default="")
    remark: Mapped[str] = mapped_column(String(1000), default="")
    replied_by: Mapped[UUID | None]
    replied_at: Mapped[datetime | None]
    computed_by: Mapped[UUID]
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)

    unit: Mapped[Unit] = relationship()
    bulletin: Mapped[Bulletin] = relationship(back_populates="units")


class BulletinItem(Base):
    """The verdict on one instrument in a bulletin, with what the table was asked."""

    __tablename__ = "bulletin_item"
    __table_args__ = (
        UniqueConstraint("bulletin_id", "instrument_id"),
        CheckConstraint(
            "verdict in ('idle', 'low', 'unknown', 'excused', 'new', 'normal')", name="verdict"
        ),
        Index("ix_bulletin_item_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletin.id"))
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    verdict: Mapped[str] = mapped_column(String(10))
    running_hours: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    effective_hours: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    offline_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    rule: Mapped[dict[str, Any]] = mapped_column(JSONB)
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    computed_by: Mapped[UUID]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)

    instrument: Mapped[Instrument] = relationship()
    bulletin: Mapped[Bulletin] = relationship(back_populates="items")


class Remeasure(Base):
    """An idle instrument measured again after a published bulletin, period by period."""

    __tablename__ = "remeasure"
    __table_args__ = (
        UniqueConstraint("item_id", "period_start"),
        CheckConstraint("period_end > period_start", name="period"),
        Index("ix_remeasure_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("bulletin_item.id"))
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    verdict: Mapped[str] = mapped_column(String(10))
    running_hours: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    offline_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    rule: Mapped[dict[str, Any]] = mapped_column(JSONB)
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    measured_at: Mapped[datetime]
    measured_by: Mapped[UUID]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)

    item: Mapped[BulletinItem] = relationship()
