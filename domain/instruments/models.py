"""The instruments of the network: a subset of the national platform's fields, and how they open."""

from datetime import date, datetime
from typing import Any
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
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.organisations.models import Unit
from engine.db import Base
from engine.identity import uuid7


class Instrument(Base):
    """One large instrument (national object type 4, 单台套仪器).

    Money is integer fen. ``opening`` maps the ISO weekday ("1" to "7") to a list of
    ``["08:30", "17:30"]`` in Shanghai time. ``approval`` hints at who must agree to a booking:
    ``none``, ``first_time`` or ``always``. ``lifecycle`` is ``pending`` until the instrument has
    entered the network. ``changed_in`` is the number of the transaction that changed the row or
    its unit's name last; a trigger writes it, ``catalogue`` reads it.
    """

    __tablename__ = "instrument"
    __table_args__ = (
        UniqueConstraint("unit_id", "inner_id"),
        CheckConstraint("worth_fen >= 0", name="worth"),
        CheckConstraint("share_mode in ('external', 'internal', 'none')", name="share_mode"),
        CheckConstraint(
            "run_status in ('normal', 'occasional_fault', 'frequent_fault', 'repair', 'scrap')",
            name="run_status",
        ),
        CheckConstraint(
            "lifecycle in ('pending', 'online', 'suspended', 'retired')", name="lifecycle"
        ),
        CheckConstraint("approval in ('none', 'first_time', 'always')", name="approval"),
        CheckConstraint(
            "step_minutes > 0 and min_minutes > 0 and max_minutes >= min_minutes", name="minutes"
        ),
        Index("ix_instrument_region_path", "region_path", postgresql_using="gin"),
        Index("ix_instrument_manager_ids", "manager_ids", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    giai: Mapped[str | None] = mapped_column(String(30), unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    inner_id: Mapped[str] = mapped_column(String(150))
    name_zh: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    class_scheme: Mapped[str] = mapped_column(String(20), default="nrii")
    class_code: Mapped[str] = mapped_column(String(6), index=True)
    maker: Mapped[str] = mapped_column(String(50))
    model: Mapped[str] = mapped_column(String(100))
    nation: Mapped[str] = mapped_column(String(40), default="")
    specs: Mapped[str] = mapped_column(String(500), default="")
    functions: Mapped[str] = mapped_column(String(300), default="")
    services: Mapped[str] = mapped_column(String(200), default="")
    rules: Mapped[str] = mapped_column(String(500), default="")
    worth_fen: Mapped[int] = mapped_column(BigInteger)
    begin_date: Mapped[date]
    region: Mapped[str] = mapped_column(ForeignKey("region.code"))
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    address: Mapped[str] = mapped_column(String(200), default="")
    contact: Mapped[str] = mapped_column(String(20), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")
    share_mode: Mapped[str] = mapped_column(String(10), default="external")
    run_status: Mapped[str] = mapped_column(String(20), default="normal")
    lifecycle: Mapped[str] = mapped_column(String(10), default="online")
    opening: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    open_on_holidays: Mapped[bool] = mapped_column(default=False)
    min_minutes: Mapped[int] = mapped_column(default=60)
    max_minutes: Mapped[int] = mapped_column(default=480)
    step_minutes: Mapped[int] = mapped_column(default=30)
    notice_minutes: Mapped[int] = mapped_column(default=0)
    horizon_days: Mapped[int] = mapped_column(default=30)
    approval: Mapped[str] = mapped_column(String(12), default="first_time")
    needs_qualification: Mapped[bool] = mapped_column(default=False)
    manager_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    changed_in: Mapped[int] = mapped_column(
        BigInteger, server_default=text("0"), index=True, deferred=True
    )
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    unit: Mapped[Unit] = relationship()


class GiaiCode(Base):
    """The register of asset codes: every code that an instrument ever had, none of them twice.

    The database writes it whenever ``Instrument.giai`` is set or changed; a code that was given up
    is retired and never free again.
    """

    __tablename__ = "giai_code"
    __table_args__ = (
        CheckConstraint("(retired_by is null) = (retired_at is null)", name="retired"),
        Index(
            "uq_giai_code_live",
            "instrument_id",
            unique=True,
            postgresql_where=text("retired_at is null"),
        ),
    )

    code: Mapped[str] = mapped_column(String(30), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    issued_by: Mapped[UUID]
    issued_at: Mapped[datetime]
    retired_by: Mapped[UUID | None]
    retired_at: Mapped[datetime | None]
    superseded_by: Mapped[str | None] = mapped_column(ForeignKey("giai_code.code"))
