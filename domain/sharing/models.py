"""Sharing plans: how an instrument opens and what it costs, from proposal to the next plan."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.instruments.models import Instrument
from engine.db import Base
from engine.identity import uuid7


class SharingPlan(Base):
    """One plan of an instrument; the last published one counts. Money is fen an hour.

    ``wish`` is what the manager asked for, the last version of it. ``cost_fen`` is the hourly
    cost that the prices are measured by.
    """

    __tablename__ = "sharing_plan"
    __table_args__ = (
        CheckConstraint("status in ('open', 'published', 'withdrawn')", name="status"),
        CheckConstraint("share_mode in ('external', 'internal', 'none')", name="share_mode"),
        CheckConstraint("cost_fen >= 0", name="cost"),
        CheckConstraint(
            "status <> 'published' or (approved_by is not null and published_at is not null)",
            name="published",
        ),
        Index("ix_sharing_plan_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    case_id: Mapped[UUID] = mapped_column(unique=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text))
    proposed_by: Mapped[UUID]
    share_mode: Mapped[str] = mapped_column(String(10))
    cost_fen: Mapped[int] = mapped_column(BigInteger)
    wish: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(String(10), default="open")
    approved_by: Mapped[UUID | None]
    published_at: Mapped[datetime | None] = mapped_column(index=True)
    effective_from: Mapped[date | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    instrument: Mapped[Instrument] = relationship()
