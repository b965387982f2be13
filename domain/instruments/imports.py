"""What was imported from ledgers: a file once, each of its rows with its outcome."""

from datetime import datetime
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

from engine.db import Base
from engine.identity import uuid7


class ImportBatch(Base):
    """One file of a unit; the same content is never taken a second time.

    When it is finished, ``total = ok + warned + rejected``.
    """

    __tablename__ = "import_batch"
    __table_args__ = (
        UniqueConstraint("unit_id", "file_hash"),
        CheckConstraint("finished_at is null or total = ok + warned + rejected", name="counts"),
        Index("ix_import_batch_region_path", "region_path", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text))
    file_name: Mapped[str] = mapped_column(String(200))
    file_hash: Mapped[str] = mapped_column(String(64))
    imported_by: Mapped[UUID]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    total: Mapped[int] = mapped_column(default=0)
    ok: Mapped[int] = mapped_column(default=0)
    warned: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)

    rows: Mapped[list["ImportRow"]] = relationship(order_by="ImportRow.row", viewonly=True)


class ImportRow(Base):
    """A row as it stood in the file, what was wrong with it and the instrument it became.

    ``problems`` is a list of ``{"column", "value", "code", "severity", "zh", "en"}``.
    """

    __tablename__ = "import_row"
    __table_args__ = (CheckConstraint("status in ('ok', 'warned', 'rejected')", name="status"),)

    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str] = mapped_column(String(10))
    values: Mapped[dict[str, str]] = mapped_column(JSONB)
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    instrument_id: Mapped[UUID | None]
