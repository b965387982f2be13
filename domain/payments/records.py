"""What the provider told us, and what came of comparing its statement with our books."""

from datetime import date, datetime
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

from engine.db import Base
from engine.identity import uuid7

_ID = Identity(always=True)


class PaymentNotice(Base):
    """One message at the callback's door, exactly as it came, with what came of it.

    ``outcome``: ``applied``, ``late``, ``duplicate``, ``superseded`` (out of order),
    ``wrong_amount``, ``unknown``, ``forged``, ``malformed``; only the first two move money.
    ``detail`` says why. Rows are never changed. Without a known payment there is no scope, and
    only operators see the row.
    """

    __tablename__ = "payment_notice"
    __table_args__ = (
        CheckConstraint(
            "outcome in ('applied', 'late', 'duplicate', 'superseded', 'wrong_amount', 'unknown', "
            "'forged', 'malformed')",
            name="outcome",
        ),
        Index("ix_payment_notice_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    received_at: Mapped[datetime] = mapped_column(index=True)
    body: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(String(400), default="")
    nonce: Mapped[str | None] = mapped_column(String(64), index=True)
    notice_id: Mapped[str | None] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(40), default="")
    subject_number: Mapped[str] = mapped_column(String(64), default="")
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(String(200), default="")
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


class Reconciliation(Base):
    """One day of the provider (Shanghai's calendar) compared with our books; sums in fen."""

    __tablename__ = "reconciliation"

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    day: Mapped[date] = mapped_column(unique=True)
    statement_sha256: Mapped[str] = mapped_column(String(64))
    lines: Mapped[int]
    in_fen: Mapped[int] = mapped_column(BigInteger)
    out_fen: Mapped[int] = mapped_column(BigInteger)
    ours_in_fen: Mapped[int] = mapped_column(BigInteger)
    ours_out_fen: Mapped[int] = mapped_column(BigInteger)
    runs: Mapped[int] = mapped_column(default=1)
    ran_at: Mapped[datetime]
    ran_by: Mapped[UUID]

    differences: Mapped[list["ReconciliationDifference"]] = relationship(
        back_populates="reconciliation", order_by="ReconciliationDifference.id"
    )


class ReconciliationDifference(Base):
    """One difference of a day; ``gone_at`` is set by the run that no longer finds it.

    ``kind``: ``missing_here``, ``missing_there``, ``amount``, ``status``.
    """

    __tablename__ = "reconciliation_difference"
    __table_args__ = (
        UniqueConstraint("reconciliation_id", "kind", "subject", "number"),
        CheckConstraint(
            "kind in ('missing_here', 'missing_there', 'amount', 'status')", name="kind"
        ),
        CheckConstraint("subject in ('payment', 'refund')", name="subject"),
        Index("ix_reconciliation_difference_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    reconciliation_id: Mapped[int] = mapped_column(ForeignKey("reconciliation.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(8))
    number: Mapped[str] = mapped_column(String(64))
    ours_fen: Mapped[int | None] = mapped_column(BigInteger)
    theirs_fen: Mapped[int | None] = mapped_column(BigInteger)
    ours_status: Mapped[str] = mapped_column(String(12), default="")
    theirs_status: Mapped[str] = mapped_column(String(12), default="")
    order_id: Mapped[UUID | None]
    found_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)

    reconciliation: Mapped[Reconciliation] = relationship(back_populates="differences")
