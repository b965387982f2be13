"""What this room asks of instruments and bookings; the app wires the answer (design.md, 2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Place:
    """An instrument as far as telemetry needs it; the scope goes into every row."""

    id: int
    public_id: UUID
    unit_id: int
    region_path: list[str]


@dataclass(frozen=True)
class Use:
    """A booked time that counts (``used``: somebody checked in)."""

    start: datetime
    end: datetime
    used: bool


class Surroundings(Protocol):
    """The instruments and what was planned for them."""

    def place(self, session: Session, instrument_id: UUID) -> Place:
        """Return an instrument by its public id; raises NotFound."""

    def uses(self, session: Session, place: Place, start: datetime, end: datetime) -> Sequence[Use]:
        """Return the bookings of an instrument that touch ``[start, end)``."""

    def open_times(
        self, session: Session, place: Place, start: datetime, end: datetime
    ) -> Sequence[tuple[datetime, datetime]]:
        """Return when the instrument is open within ``[start, end)``."""


class _Wiring:
    surroundings: Surroundings | None = None


def wire(surroundings: Surroundings) -> None:
    """Give this process the answer to what telemetry asks."""
    _Wiring.surroundings = surroundings


def surroundings() -> Surroundings:
    """Return what was wired."""
    if _Wiring.surroundings is None:
        raise RuntimeError("telemetry.ports.wire was not called in this process")
    return _Wiring.surroundings
