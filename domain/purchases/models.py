"""Purchases: what is asked for stays as it was asked, what is said stays as it was said.

Only ``Purchase`` is ever updated. Revisions, drawn reviewers, opinions, conclusions and objections
are written once; the application's database role may neither change nor delete them.
"""

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
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.organisations.models import Unit
from engine.db import Base
from engine.identity import uuid7

_ID = Identity(always=True)
_DECISIONS = "'approve', 'partial', 'reject', 'reuse'"


class Purchase(Base):
    """A wish to buy an instrument, from application to published conclusion.

    ``run_id`` is the dedup run that the advice rests on; ``advice`` keeps verdict, reasons and
    route as the decision tables gave them. ``conclusion`` and ``valid_until`` (exclusive) count
    once ``published_at`` is set. ``unit_id`` and ``region_path`` are the applicant unit's.
    """

    __tablename__ = "purchase"
    __table_args__ = (
        CheckConstraint(
            "status in ('open', 'decided', 'published', 'withdrawn', 'lapsed', 'recorded', "
            "'handed_over')",
            name="status",
        ),
        CheckConstraint(f"conclusion in ({_DECISIONS})", name="conclusion"),
        Index("ix_purchase_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    case_id: Mapped[UUID] = mapped_column(unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text))
    applicant_id: Mapped[UUID] = mapped_column(ForeignKey("person.public_id"), index=True)
    status: Mapped[str] = mapped_column(String(12), default="open")
    revision: Mapped[int] = mapped_column(default=0)
    run_id: Mapped[UUID | None]
    advice: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    conclusion: Mapped[str | None] = mapped_column(String(10))
    approved_quantity: Mapped[int | None]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    valid_until: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)

    unit: Mapped[Unit] = relationship()


class PurchaseRevision(Base):
    """One submission of the application; ``content`` is the whole of it. Budgets are fen a set."""

    __tablename__ = "purchase_revision"
    __table_args__ = (
        UniqueConstraint("purchase_id", "number"),
        CheckConstraint("set_budget_fen >= 0 and quantity > 0", name="amounts"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(100))
    class_code: Mapped[str] = mapped_column(String(6), index=True)
    maker: Mapped[str] = mapped_column(String(50))
    model: Mapped[str] = mapped_column(String(100))
    project: Mapped[str] = mapped_column(String(200))
    set_budget_fen: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    submitted_by: Mapped[UUID]
    submitted_at: Mapped[datetime]

    purchase: Mapped[Purchase] = relationship()


class PurchaseReviewer(Base):
    """An expert drawn for a seat of the panel; a later ``turn`` replaces the one before it."""

    __tablename__ = "purchase_reviewer"
    __table_args__ = (
        UniqueConstraint("purchase_id", "revision", "seat", "turn"),
        UniqueConstraint("purchase_id", "revision", "person_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"))
    revision: Mapped[int]
    seat: Mapped[int]
    turn: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.public_id"), index=True)
    reason: Mapped[str] = mapped_column(String(20))
    drawn_at: Mapped[datetime]


class ReviewOpinion(Base):
    """What one reviewer says of one revision; ``role`` is expert or the reviewer's department.

    Scores are 1 to 5 (学科相关性, 必要性, 合理性). With ``conflict`` the reviewer declares a
    conflict of interest and says nothing else.
    """

    __tablename__ = "review_opinion"
    __table_args__ = (
        UniqueConstraint("purchase_id", "revision", "reviewer_id"),
        CheckConstraint(
            "role in ('expert', 'science', 'finance', 'education', 'customs')", name="role"
        ),
        CheckConstraint(f"conclusion in ({_DECISIONS})", name="conclusion"),
        CheckConstraint("conflict = (conclusion is null)", name="conflict"),
        CheckConstraint(
            "least(relevance, necessity, reasonableness) >= 1 "
            "and greatest(relevance, necessity, reasonableness) <= 5",
            name="scores",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"))
    revision: Mapped[int]
    reviewer_id: Mapped[UUID] = mapped_column(ForeignKey("person.public_id"), index=True)
    role: Mapped[str] = mapped_column(String(10))
    conclusion: Mapped[str | None] = mapped_column(String(10))
    relevance: Mapped[int | None]
    necessity: Mapped[int | None]
    reasonableness: Mapped[int | None]
    text: Mapped[str] = mapped_column(String(1000))
    conflict: Mapped[bool] = mapped_column(default=False)
    given_at: Mapped[datetime]


class PurchaseConclusion(Base):
    """A decision by a named person; the second one follows an objection.

    ``advice`` is the algorithm's (approve, reject or none), ``panel_advice`` the experts'.
    ``departs`` tells that the decision goes against one of them, and then ``reason`` says why.
    """

    __tablename__ = "purchase_conclusion"
    __table_args__ = (
        UniqueConstraint("purchase_id", "number"),
        CheckConstraint(f"decision in ({_DECISIONS})", name="decision"),
        CheckConstraint("not departs or reason <> ''", name="reason"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"))
    number: Mapped[int]
    revision: Mapped[int]
    decision: Mapped[str] = mapped_column(String(10))
    approved_quantity: Mapped[int | None]
    advice: Mapped[str] = mapped_column(String(10))
    panel_advice: Mapped[str] = mapped_column(String(10))
    departs: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(1000))
    text: Mapped[str] = mapped_column(String(1000))
    decided_by: Mapped[UUID]
    decided_at: Mapped[datetime] = mapped_column(index=True)


class PurchaseObjection(Base):
    """The applicant's one objection (申辩) to a conclusion."""

    __tablename__ = "purchase_objection"
    __table_args__ = (UniqueConstraint("purchase_id"),)

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"))
    text: Mapped[str] = mapped_column(String(1000))
    raised_by: Mapped[UUID]
    raised_at: Mapped[datetime]
