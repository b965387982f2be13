"""Searches for likes as they were run: what was asked, what was found, what a person decided."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.db import Base
from engine.identity import uuid7


class DedupRun(Base):
    """One search, never changed: snapshot of the request, versions, how many were searched.

    ``searched_in`` is ``unit`` or ``province``; ``model_from`` and ``function_from`` are the
    probabilities from which a hit counts, as the policy of that day had them.
    """

    __tablename__ = "dedup_run"
    __table_args__ = (Index("ix_dedup_run_region_path", "region_path", postgresql_using="gin"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    requested_by: Mapped[UUID] = mapped_column(index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text))
    searched_in: Mapped[str] = mapped_column(String(10))
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB)
    snapshot_hash: Mapped[str] = mapped_column(String(64))
    algorithm: Mapped[str] = mapped_column(String(60))
    scorer: Mapped[str] = mapped_column(String(16))
    searched: Mapped[int]
    model_from: Mapped[float]
    function_from: Mapped[float]
    ran_at: Mapped[datetime]

    hits: Mapped[list["DedupHit"]] = relationship(order_by="DedupHit.rank", viewonly=True)
    decision: Mapped["DedupDecision | None"] = relationship(viewonly=True)


class DedupHit(Base):
    """One candidate of a search as its record stood then, with both answers and why.

    ``availability`` holds what the likeness never counts: sharing, state, place, value, hours.
    """

    __tablename__ = "dedup_hit"

    run_id: Mapped[int] = mapped_column(ForeignKey("dedup_run.id"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    instrument_id: Mapped[UUID] = mapped_column(index=True)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB)
    same_model: Mapped[float]
    same_function: Mapped[float]
    reasons: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    availability: Mapped[dict[str, Any]] = mapped_column(JSONB)


class DedupDecision(Base):
    """What a named person decided, beside what the rules advised; never changed."""

    __tablename__ = "dedup_decision"
    __table_args__ = (
        CheckConstraint(
            "departs = (advice <> decision) and (not departs or reason <> '')", name="reason"
        ),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("dedup_run.id"), primary_key=True)
    advice: Mapped[str] = mapped_column(String(40))
    decision: Mapped[str] = mapped_column(String(40))
    departs: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(500))
    decided_by: Mapped[UUID]
    decided_at: Mapped[datetime]
