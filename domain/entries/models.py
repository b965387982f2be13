"""Entries: one for each instrument that comes into the network, from start to national number."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.instruments.models import Instrument
from domain.organisations.models import Unit
from domain.purchases.models import Purchase
from engine.db import Base
from engine.identity import uuid7


class Entry(Base):
    """The registration of one physical instrument (AccessRegistration).

    ``fields`` are the national platform's fields by our names, ``contact`` the personal ones
    (grade L3). ``giai`` is issued once and never given to another instrument, also when the entry
    comes to nothing. ``signal`` is what the test of the sensor found: ok, silent or not_wired.
    ``national_code`` is the national platform's last return code. An entry from existing stock
    has its instrument from the start, another gets it when it is registered.
    """

    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint(
            "status in ('open', 'registered', 'exempt', 'withdrawn', 'merged')", name="status"
        ),
        CheckConstraint("duty in ('must', 'voluntary', 'exempt')", name="duty"),
        CheckConstraint("signal in ('ok', 'silent', 'not_wired')", name="signal"),
        CheckConstraint("worth_fen >= 0", name="worth"),
        CheckConstraint(
            "status <> 'registered' or (giai is not null and instrument_id is not null "
            "and (waived or signal in ('ok', 'not_wired')))",
            name="registered",
        ),
        Index("ix_entry_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    case_id: Mapped[UUID] = mapped_column(unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text))
    manager_id: Mapped[UUID] = mapped_column(ForeignKey("person.public_id"))
    purchase_id: Mapped[int | None] = mapped_column(ForeignKey("purchase.id"), index=True)
    instrument_id: Mapped[int | None] = mapped_column(ForeignKey("instrument.id"), index=True)
    asset_no: Mapped[str] = mapped_column(String(50), index=True)
    serial_no: Mapped[str] = mapped_column(String(80), default="")
    name: Mapped[str] = mapped_column(String(100))
    worth_fen: Mapped[int] = mapped_column(BigInteger)
    accepted_on: Mapped[date]
    duty: Mapped[str | None] = mapped_column(String(10))
    due_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(12), default="open")
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    contact: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    giai: Mapped[str | None] = mapped_column(String(30), unique=True)
    sensor: Mapped[str] = mapped_column(String(40), default="")
    waived: Mapped[bool] = mapped_column(default=False)
    waiver_reason: Mapped[str] = mapped_column(String(500), default="")
    waived_by: Mapped[UUID | None]
    signal: Mapped[str | None] = mapped_column(String(10))
    approved_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    national_code: Mapped[int | None]
    pushed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    unit: Mapped[Unit] = relationship()
    purchase: Mapped[Purchase | None] = relationship()
    instrument: Mapped[Instrument | None] = relationship()
