"""Files that people hand in with a case or receive from it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base
from engine.identity import uuid7


class Document(Base):
    """A file and its content; whoever sees the case sees the file.

    Without ``case_id`` (a file added before its case has begun) only ``uploaded_by`` sees it.
    ``size`` is in bytes; ``sha256`` hexadecimal.
    """

    __tablename__ = "document"
    __table_args__ = (CheckConstraint("size = octet_length(content)", name="size"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    case_id: Mapped[UUID | None] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    uploaded_by: Mapped[UUID] = mapped_column(index=True)
    uploaded_at: Mapped[datetime]
