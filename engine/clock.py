"""The one clock port: timers, SQL, FEEL and handlers all ask here.

A session carries its clock in ``session.info["clock"]``. Production always has the system clock;
demo and tests may have one that can be moved.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import BigInteger, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.db import Base


class Clock(Protocol):
    """Tells the time of the platform."""

    def now(self, session: Session) -> datetime:
        """Return the current time, aware, in UTC."""


class SystemClock:
    """The real time."""

    def now(self, session: Session) -> datetime:  # noqa: ARG002
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands until it is moved; for unit tests."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self, session: Session) -> datetime:  # noqa: ARG002
        return self.at

    def move(self, by: timedelta) -> None:
        """Move the hands by a duration, which may be negative."""
        self.at += by


class ClockOffset(Base):
    """How far the demo clock is ahead of the real one; a single row, demo mode only."""

    __tablename__ = "clock_offset"

    id: Mapped[int] = mapped_column(primary_key=True)
    seconds: Mapped[int] = mapped_column(BigInteger, default=0)


class DemoClock:
    """Real time plus an offset kept in the database, so that all processes agree on it."""

    def now(self, session: Session) -> datetime:
        # Asking the time writes nothing: a row may be half changed when it is asked.
        with session.no_autoflush:
            seconds = session.scalar(text("select seconds from clock_offset where id = 1"))
        return datetime.now(UTC) + timedelta(seconds=seconds or 0)

    def move(self, session: Session, by: timedelta) -> datetime:
        """Move the demo clock forward and return the new time."""
        if by < timedelta(0):
            raise ValueError("the demo clock only moves forward")
        session.execute(
            text(
                "insert into clock_offset (id, seconds) values (1, :by) "
                "on conflict (id) do update set seconds = clock_offset.seconds + :by"
            ),
            {"by": int(by.total_seconds())},
        )
        return self.now(session)


def now(session: Session) -> datetime:
    """Return the time of the session's clock (UTC, aware)."""
    clock: Clock = session.info.get("clock") or SystemClock()
    return clock.now(session)
