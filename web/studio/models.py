"""A proposal: changed files that somebody has uploaded and nobody has published yet."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base
from engine.identity import uuid7


class Proposal(Base):
    """Files proposed for a process; it stays as evidence of what was checked and published.

    ``files`` holds name and content of each file as uploaded; ``deployment_id`` the act of
    publishing that it led to, if any.
    """

    __tablename__ = "proposal"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    process_key: Mapped[str] = mapped_column(String(100), index=True)
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    note: Mapped[str] = mapped_column(Text, default="")
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    deployment_id: Mapped[int | None] = mapped_column(ForeignKey("deployment.id"))
