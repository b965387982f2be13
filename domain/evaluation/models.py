"""Evaluations: a period, the instruments and units in it, scores, results, appeals.

``EvalScope``, ``EvalScore``, ``EvalIndicator`` and ``EvalResult`` are only ever added: a change is
a new version.
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


class EvalPeriod(Base):
    """One round: evaluation year Y judges the data of ``start`` to ``end``, the year before.

    ``region`` is the GB/T 2260 code of who evaluates. From ``frozen_at`` (the cut-off) its scope
    stands.
    """

    __tablename__ = "eval_period"
    __table_args__ = (
        UniqueConstraint("region", "year"),
        CheckConstraint("period_end > period_start", name="period"),
        CheckConstraint("status in ('frozen', 'public_notice', 'published')", name="status"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    region: Mapped[str] = mapped_column(ForeignKey("region.code"))
    year: Mapped[int]
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(20), default="frozen")
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    frozen_at: Mapped[datetime]
    frozen_by: Mapped[UUID]
    published_at: Mapped[datetime | None]


class EvalUnit(Base):
    """A unit in a round, with what it reported of itself.

    ``checklist`` maps the five points of indicator I1 to whether they are met and by which files.
    ``falsified`` is an official's finding, with ``finding`` as its reason. ``ready_for`` is the
    stage that the unit waits for with the others: empty, provisional or published.
    """

    __tablename__ = "eval_unit"
    __table_args__ = (
        UniqueConstraint("period_id", "unit_id"),
        CheckConstraint("ready_for in ('', 'provisional', 'published')", name="ready_for"),
        Index("ix_eval_unit_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("eval_period.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    checklist: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    summary: Mapped[str] = mapped_column(String(4000), default="")
    reported_at: Mapped[datetime | None]
    reported_by: Mapped[UUID | None]
    falsified: Mapped[bool] = mapped_column(default=False)
    finding: Mapped[str] = mapped_column(String(1000), default="")
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    ready_for: Mapped[str] = mapped_column(String(12), default="")
    changed_by: Mapped[UUID]
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)

    period: Mapped[EvalPeriod] = relationship()
    unit: Mapped[Unit] = relationship()


class EvalScope(Base):
    """An instrument of an evaluated unit at the cut-off: in the round, or why not."""

    __tablename__ = "eval_scope"
    __table_args__ = (
        UniqueConstraint("eval_unit_id", "instrument_id"),
        CheckConstraint("included = (reason = '')", name="reason"),
        Index("ix_eval_scope_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    eval_unit_id: Mapped[int] = mapped_column(ForeignKey("eval_unit.id"))
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instrument.id"), index=True)
    included: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(20), default="")
    begin_date: Mapped[date]
    worth_fen: Mapped[int] = mapped_column(BigInteger)
    added_by: Mapped[UUID]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)

    instrument: Mapped[Instrument] = relationship()


class PanelScore(Base):
    """An expert's mark (0 to 100) for what a unit's instruments brought forth (indicator I6)."""

    __tablename__ = "panel_score"
    __table_args__ = (
        UniqueConstraint("eval_unit_id", "expert_id"),
        CheckConstraint("score between 0 and 100", name="score"),
        Index("ix_panel_score_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    eval_unit_id: Mapped[int] = mapped_column(ForeignKey("eval_unit.id"))
    expert_id: Mapped[UUID]
    score: Mapped[int]
    comment: Mapped[str] = mapped_column(String(1000), default="")
    scored_at: Mapped[datetime]
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


class EvalScore(Base):
    """A computed total of a unit, with the rules it was computed by; versions from 1."""

    __tablename__ = "eval_score"
    __table_args__ = (
        UniqueConstraint("eval_unit_id", "version"),
        Index("ix_eval_score_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    eval_unit_id: Mapped[int] = mapped_column(ForeignKey("eval_unit.id"))
    version: Mapped[int]
    total: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    rules: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(String(500))
    computed_at: Mapped[datetime]
    computed_by: Mapped[UUID]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)

    eval_unit: Mapped[EvalUnit] = relationship()
    indicators: Mapped[list["EvalIndicator"]] = relationship(order_by="EvalIndicator.code")


class EvalIndicator(Base):
    """One of the eight: its inputs, from which ``share`` (0 to 1) and ``points`` follow.

    ``evidence`` lists, instrument by instrument or record by record, what the inputs add up.
    """

    __tablename__ = "eval_indicator"
    __table_args__ = (
        UniqueConstraint("score_id", "code"),
        CheckConstraint("share between 0 and 1", name="share"),
        Index("ix_eval_indicator_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    score_id: Mapped[int] = mapped_column(ForeignKey("eval_score.id"))
    code: Mapped[str] = mapped_column(String(4))
    weight: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    share: Mapped[Decimal] = mapped_column(Numeric(12, 10))
    points: Mapped[Decimal] = mapped_column(Numeric(12, 8))
    inputs: Mapped[dict[str, Any]] = mapped_column(JSONB)
    evidence: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    computed_by: Mapped[UUID]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


class EvalResult(Base):
    """A graded version of a unit's evaluation; ``stage`` provisional (公示) or published.

    Everybody may read the published ones. A correction after publishing is the next version.
    """

    __tablename__ = "eval_result"
    __table_args__ = (
        UniqueConstraint("eval_unit_id", "version"),
        CheckConstraint("stage in ('provisional', 'published')", name="stage"),
        CheckConstraint("grade in ('excellent', 'good', 'fair', 'poor')", name="grade"),
        CheckConstraint("rank between 1 and ranked", name="rank"),
        Index("ix_eval_result_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    eval_unit_id: Mapped[int] = mapped_column(ForeignKey("eval_unit.id"))
    period_id: Mapped[int] = mapped_column(ForeignKey("eval_period.id"), index=True)
    score_id: Mapped[int] = mapped_column(ForeignKey("eval_score.id"))
    version: Mapped[int]
    stage: Mapped[str] = mapped_column(String(12))
    total: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    grade: Mapped[str] = mapped_column(String(10))
    rank: Mapped[int]
    ranked: Mapped[int]
    veto: Mapped[str] = mapped_column(String(20), default="")
    rule: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(String(500), default="")
    made_at: Mapped[datetime]
    made_by: Mapped[UUID]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)

    eval_unit: Mapped[EvalUnit] = relationship()
    unit: Mapped[Unit] = relationship()
    period: Mapped[EvalPeriod] = relationship()
    score: Mapped[EvalScore] = relationship()


class EvalAppeal(Base):
    """A unit's appeal against its provisional result, decided by somebody who did not accept it."""

    __tablename__ = "eval_appeal"
    __table_args__ = (
        CheckConstraint("outcome in ('', 'upheld', 'corrected')", name="outcome"),
        CheckConstraint("decided_by is null or decided_by <> accepted_by", name="two_people"),
        Index("ix_eval_appeal_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    eval_unit_id: Mapped[int] = mapped_column(ForeignKey("eval_unit.id"), index=True)
    result_id: Mapped[int] = mapped_column(ForeignKey("eval_result.id"))
    grounds: Mapped[str] = mapped_column(String(2000))
    lodged_by: Mapped[UUID]
    lodged_at: Mapped[datetime]
    accepted_by: Mapped[UUID | None]
    outcome: Mapped[str] = mapped_column(String(12), default="")
    decision: Mapped[str] = mapped_column(String(2000), default="")
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
