"""The port to telemetry: did a sensor send anything? The app wires who knows.

Nobody may be wired (a province without sensors): then the answer is the plain fact that nobody
listens, and the official who approves reads it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from sqlalchemy.orm import Session

from engine.clock import FixedClock

Signal = Literal["ok", "silent", "not_wired"]


class Listener(Protocol):
    """Whoever stores the readings of sensors."""

    def samples(self, session: Session, sensor: str, since: datetime, until: datetime, /) -> int:
        """Return how many samples a sensor sent in ``[since, until)``; 0 for an unknown one."""


@dataclass
class _Wiring:
    real: Listener | None = None
    played: Listener | None = None


_wiring = _Wiring()


def wire(listener: Listener | None) -> None:
    """Give this process its listener; None where nobody listens to sensors."""
    _wiring.real = listener


def wire_played(listener: Listener | None) -> Listener | None:
    """Give this process the listener of played time; return the one before."""
    before, _wiring.played = _wiring.played, listener
    return before


@dataclass(frozen=True)
class Heard:
    """What listening to a sensor found."""

    signal: Signal
    samples: int


def listen(
    session: Session, sensor: str, since: datetime, until: datetime, *, least_samples: int
) -> Heard:
    """Ask whether a sensor sent at least so many samples in ``[since, until)``."""
    is_played = isinstance(session.info.get("clock"), FixedClock)
    listener = _wiring.played if is_played else _wiring.real
    if listener is None:
        return Heard("not_wired", 0)
    count = listener.samples(session, sensor, since, until)
    return Heard("ok" if count >= least_samples else "silent", count)
