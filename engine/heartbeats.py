"""Signs of life of the platform's parts, for /health and dayi doctor.

Real time, not the clock port: a moved demo clock must not make a part look dead.
"""

from datetime import UTC, datetime

from sqlalchemy import String, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.db import Base


class Heartbeat(Base):
    """When a part of the platform last showed that it works."""

    __tablename__ = "heartbeat"

    part: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]


def beat(session: Session, part: str) -> None:
    """Record that a part works now."""
    now = datetime.now(UTC)
    row = insert(Heartbeat).values(part=part, at=now)
    session.execute(row.on_conflict_do_update(index_elements=["part"], set_={"at": now}))


def ages(session: Session) -> dict[str, float]:
    """Return the seconds since each part's last sign of life."""
    now = datetime.now(UTC)
    rows = session.execute(select(Heartbeat.part, Heartbeat.at)).all()
    return {part: (now - at).total_seconds() for part, at in rows}
