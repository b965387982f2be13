"""Tariffs, orders with their lines, and the money that came in and went back."""

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
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import (
    ARRAY,
    DATERANGE,
    INT4RANGE,
    INT8RANGE,
    JSONB,
    ExcludeConstraint,
    Range,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.instruments.models import Instrument
from domain.organisations.models import Unit
from engine.db import Base
from engine.identity import uuid7

_ID = Identity(always=True)
#: Item and tier differ in their first letters; as one number they go into a gist range, for which
#: no extension is needed.
_KIND = "(ascii(item) * 256 + ascii(tier))"


def _just(expression: str, range_type: Any) -> Any:  # noqa: ANN401 - an SQL expression
    name = "int8range" if range_type is INT8RANGE else "int4range"
    one: Any = literal_column(expression)
    return getattr(func, name)(one, one, literal_column("'[]'"), type_=range_type)


class Tariff(Base):
    """A published price of an instrument for an item and a tier, valid ``[from, until)``.

    ``price_fen`` is fen an hour, a sample or a use; ``minimum_fen`` the least that an order of
    this item costs. Nothing but the end of ``valid`` ever changes: a new price is a new row.
    """

    __tablename__ = "tariff"
    __table_args__ = (
        ExcludeConstraint(
            (_just("instrument_id", INT8RANGE), "&&"),
            (_just(_KIND, INT4RANGE), "&&"),
            ("valid", "&&"),
            name="tariff_no_overlap",
        ),
        CheckConstraint("item in ('hour', 'sample', 'time')", name="item"),
        CheckConstraint("tier in ('internal', 'public_research', 'enterprise')", name="tier"),
        CheckConstraint("price_fen >= 0 and minimum_fen >= 0", name="amounts"),
        CheckConstraint("not lower_inf(valid)", name="valid"),
        Index("ix_tariff_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    item: Mapped[str] = mapped_column(String(8))
    tier: Mapped[str] = mapped_column(String(16))
    price_fen: Mapped[int] = mapped_column(BigInteger)
    minimum_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    published_at: Mapped[datetime]
    published_by: Mapped[UUID]
    approval_note: Mapped[str] = mapped_column(String(200), default="")
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


class ServiceOrder(Base):
    """What a person owes an instrument's unit for a service. Money is integer fen.

    ``gross`` is the sum of the lines; ``offset`` what a voucher takes over; ``payable`` the rest;
    ``paid`` all money that has come in, late money too; ``refunded`` what has gone back.
    ``price`` is the frozen price: tier, percent, minutes and the tariffs it was made from. The
    scope (``unit_id``, ``region_path``) is the payee's.
    """

    __tablename__ = "service_order"
    __table_args__ = (
        CheckConstraint(
            "status in ('open', 'paid', 'settled', 'cancelled', 'expired')", name="status"
        ),
        CheckConstraint(
            "payable_fen = gross_fen - discount_fen - offset_fen and payable_fen >= 0",
            name="payable",
        ),
        CheckConstraint("gross_fen >= 0 and discount_fen >= 0 and offset_fen >= 0", name="amounts"),
        CheckConstraint("refunded_fen >= 0 and refunded_fen <= paid_fen", name="refunded"),
        Index("ix_service_order_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    booking_id: Mapped[UUID | None] = mapped_column(ForeignKey("booking.public_id"), unique=True)
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    payer_id: Mapped[UUID] = mapped_column(ForeignKey("person.public_id"), index=True)
    payer_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    status: Mapped[str] = mapped_column(String(12), default="open")
    gross_fen: Mapped[int] = mapped_column(BigInteger)
    discount_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    offset_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    payable_fen: Mapped[int] = mapped_column(BigInteger)
    paid_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    price: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    final_minutes: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    created_by: Mapped[UUID]
    paid_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    version: Mapped[int] = mapped_column(default=1)

    instrument: Mapped[Instrument] = relationship()
    unit: Mapped[Unit] = relationship(foreign_keys=[unit_id])
    payer_unit: Mapped[Unit | None] = relationship(foreign_keys=[payer_unit_id])
    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", order_by="OrderLine.seq"
    )
    payments: Mapped[list["Payment"]] = relationship(back_populates="order", order_by="Payment.id")
    refunds: Mapped[list["Refund"]] = relationship(back_populates="order", order_by="Refund.id")

    @property
    def kept_fen(self) -> int:
        """Return the money that has come in and not gone back (fen)."""
        return self.paid_fen - self.refunded_fen

    @property
    def due_fen(self) -> int:
        """Return what is still to be paid (fen); nothing once the order is closed."""
        if self.status not in ("open", "paid"):
            return 0
        return max(0, self.payable_fen - self.kept_fen)

    @property
    def excess_fen(self) -> int:
        """Return what has been paid beyond the payable amount and must go back (fen)."""
        needed = 0 if self.status == "expired" else self.payable_fen
        return max(0, self.kept_fen - needed)


class OrderLine(Base):
    """One line of an order; lines are only added, and their sum is the order's gross amount.

    ``kind``: ``hours``, ``use``, ``minimum`` (what lifts an item to its least price),
    ``measured`` (correction to the measured time), ``cancellation`` (what is not charged).
    """

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "seq"),
        CheckConstraint(
            "kind in ('hours', 'use', 'minimum', 'measured', 'cancellation')", name="kind"
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("service_order.id"), index=True)
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    tariff_id: Mapped[UUID | None] = mapped_column(ForeignKey("tariff.public_id"))
    unit_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    minutes: Mapped[int | None]
    percent: Mapped[int] = mapped_column(default=100)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    added_at: Mapped[datetime]

    order: Mapped[ServiceOrder] = relationship(back_populates="lines")


class Payment(Base):
    """One attempt to pay an order at the provider, under our own number.

    ``late`` marks money that came when the order no longer needed it; it goes back, and
    ``refund_case_id`` is the case that sees to it. ``provider_paid_at`` is the provider's own time,
    by which its statement is made. ``returned_fen`` is refunded or being refunded.
    """

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("purpose in ('booking', 'difference')", name="purpose"),
        CheckConstraint(
            "status in ('created', 'pending', 'succeeded', 'closed', 'failed')", name="status"
        ),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("returned_fen >= 0 and returned_fen <= amount_fen", name="returned"),
        CheckConstraint(
            "status <> 'succeeded' or (transaction_id is not null and succeeded_at is not null)",
            name="succeeded",
        ),
        Index(
            "uq_payment_succeeded_purpose",
            "order_id",
            "purpose",
            unique=True,
            postgresql_where=text("status = 'succeeded' and not late"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    request_key: Mapped[str] = mapped_column(String(200), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("service_order.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(12))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(12), default="created")
    late: Mapped[bool] = mapped_column(default=False)
    transaction_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    pay_url: Mapped[str] = mapped_column(String(500), default="")
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID]
    provider_paid_at: Mapped[datetime | None] = mapped_column(index=True)
    succeeded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    returned_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    refund_case_id: Mapped[UUID | None]

    order: Mapped[ServiceOrder] = relationship(back_populates="payments")


class Refund(Base):
    """One amount that goes back to the payer out of one payment, under our own number."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("status in ('created', 'pending', 'succeeded', 'refused')", name="status"),
        CheckConstraint("amount_fen > 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    request_key: Mapped[str] = mapped_column(String(200), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("service_order.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(200), default="")
    status: Mapped[str] = mapped_column(String(12), default="created")
    refusal: Mapped[str] = mapped_column(String(60), default="")
    transaction_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID]
    provider_paid_at: Mapped[datetime | None] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]

    order: Mapped[ServiceOrder] = relationship(back_populates="refunds")
    payment: Mapped[Payment] = relationship()
