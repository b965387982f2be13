"""The tables of the voucher ledger; what the database itself guards is in the migration.

Moves and entries are only ever added. The balances of a voucher are written by the database when
an entry comes, never by the application, which has no right to.
"""

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
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.organisations.models import Unit
from engine.db import Base
from engine.identity import uuid7

_ID = Identity(always=True)

#: Where the money of a voucher can lie; ``pool`` is where it comes from.
ACCOUNTS = ("pool", "available", "reserved", "settled", "redeemed", "expired", "revoked")


def _balance() -> Mapped[int]:
    # The database gives it and moves it; the application may not even insert it.
    return mapped_column(BigInteger, server_default="0")


class EnterpriseEntry(Base):
    """An enterprise as a published list names it (科技型中小企业 and the like), with its source.

    ``valid_until`` is exclusive. ``parent_uscc`` and ``legal_representative`` serve to find
    related parties; both are empty where the source does not give them.
    """

    __tablename__ = "enterprise_register"
    __table_args__ = (
        UniqueConstraint("register", "uscc"),
        CheckConstraint("register in ('tech_sme', 'startup_team', 'blacklist')", name="register"),
        Index("ix_enterprise_register_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    register: Mapped[str] = mapped_column(String(20))
    uscc: Mapped[str] = mapped_column(String(18), index=True)
    name: Mapped[str] = mapped_column(String(100))
    region: Mapped[str] = mapped_column(String(6))
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    legal_representative: Mapped[str] = mapped_column(String(60), default="")
    parent_uscc: Mapped[str] = mapped_column(String(18), default="")
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    source: Mapped[str] = mapped_column(String(200), default="")
    imported_at: Mapped[datetime]
    imported_by: Mapped[UUID]


class Pool(Base):
    """Money that a region gives out as vouchers in a calendar year.

    ``budget_fen`` is the sum of the pool's budget moves, kept by the database.
    """

    __tablename__ = "voucher_pool"
    __table_args__ = (
        UniqueConstraint("region", "year", "name"),
        CheckConstraint("budget_fen >= 0", name="budget"),
        Index("ix_voucher_pool_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    region: Mapped[str] = mapped_column(ForeignKey("region.code"))
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    year: Mapped[int]
    name: Mapped[str] = mapped_column(String(100))
    budget_fen: Mapped[int] = _balance()
    created_at: Mapped[datetime]
    created_by: Mapped[UUID]
    closed_at: Mapped[datetime | None]


class Voucher(Base):
    """A claim of an enterprise (``unit_id``) on money of a pool, valid ``[from, until)``.

    Balances are fen. At every moment ``face_fen`` is the sum of the other six. ``status`` is
    ``open``, ``expired`` or ``revoked``; freezing stands beside it. ``region_path`` names the
    departments of the holder's and the pool's regions that look after vouchers.
    """

    __tablename__ = "voucher"
    __table_args__ = (
        CheckConstraint("face_fen > 0", name="face"),
        CheckConstraint(
            "least(available_fen, reserved_fen, settled_fen, redeemed_fen, expired_fen, "
            "revoked_fen) >= 0",
            name="balances",
        ),
        CheckConstraint("status in ('open', 'expired', 'revoked')", name="status"),
        CheckConstraint("valid_from < valid_until", name="validity"),
        Index("ix_voucher_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("voucher_pool.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    face_fen: Mapped[int] = mapped_column(BigInteger)
    available_fen: Mapped[int] = _balance()
    reserved_fen: Mapped[int] = _balance()
    settled_fen: Mapped[int] = _balance()
    redeemed_fen: Mapped[int] = _balance()
    expired_fen: Mapped[int] = _balance()
    revoked_fen: Mapped[int] = _balance()
    valid_from: Mapped[date]
    valid_until: Mapped[date] = mapped_column(index=True)
    frozen: Mapped[bool] = mapped_column(server_default=text("false"))
    status: Mapped[str] = mapped_column(String(10), server_default="open")
    issued_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]

    pool: Mapped[Pool] = relationship()
    holder: Mapped[Unit] = relationship()


class VoucherYear(Base):
    """A holder's calendar year; its row is locked before caps are weighed, so two never are.

    What was issued and used in the year is the sum of the ledger, not a second truth here.
    """

    __tablename__ = "voucher_year"

    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    weighed_at: Mapped[datetime]


class Move(Base):
    """One thing that happened to a voucher or to a pool's budget, for good.

    The database itself fills ``pool_id``, ``unit_id``, ``region_path``, ``year`` (whose cap it
    counts against: a release or a settlement belongs to its reservation's) and ``transaction``.
    ``cap_fen`` is the yearly cap it was weighed by; ``carrier_unit_id`` who does the work that
    the order pays for.
    """

    __tablename__ = "voucher_move"
    __table_args__ = (
        CheckConstraint(
            "kind in ('budget', 'issue', 'reserve', 'settle', 'release', 'expire', 'freeze', "
            "'unfreeze', 'revoke')",
            name="kind",
        ),
        CheckConstraint("kind = 'budget' or amount_fen >= 0", name="amount"),
        CheckConstraint(
            "(kind in ('reserve', 'settle', 'release')) = (order_id is not null)", name="order"
        ),
        CheckConstraint("(kind = 'budget') = (voucher_id is null)", name="voucher"),
        CheckConstraint(
            "kind not in ('freeze', 'unfreeze', 'revoke', 'budget') or reason <> ''", name="reason"
        ),
        Index(
            "uq_voucher_move_issue",
            "voucher_id",
            unique=True,
            postgresql_where=text("kind = 'issue'"),
        ),
        Index("ix_voucher_move_unit_id_year", "unit_id", "year"),
        Index("ix_voucher_move_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    request_key: Mapped[str] = mapped_column(String(200), unique=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("voucher_pool.id"), index=True)
    voucher_id: Mapped[int | None] = mapped_column(ForeignKey("voucher.id"), index=True)
    order_id: Mapped[UUID | None] = mapped_column(index=True)
    carrier_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    cap_fen: Mapped[int | None] = mapped_column(BigInteger)
    year: Mapped[int]
    actor: Mapped[UUID]
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(500), default="")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text))
    transaction: Mapped[int] = mapped_column(BigInteger)


class Entry(Base):
    """A signed amount in fen on one account of a voucher; the entries of a move sum to nought."""

    __tablename__ = "voucher_entry"
    __table_args__ = (
        CheckConstraint(
            "account in ('pool', 'available', 'reserved', 'settled', 'redeemed', 'expired', "
            "'revoked')",
            name="account",
        ),
        CheckConstraint("amount_fen <> 0", name="amount"),
        UniqueConstraint("move_id", "account"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    move_id: Mapped[int] = mapped_column(ForeignKey("voucher_move.id"))
    voucher_id: Mapped[int] = mapped_column(ForeignKey("voucher.id"), index=True)
    account: Mapped[str] = mapped_column(String(10))
    amount_fen: Mapped[int] = mapped_column(BigInteger)

    move: Mapped[Move] = relationship()
