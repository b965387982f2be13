"""What sensors say of instruments: the port that telemetry fills, and the time in each state.

The room of telemetry is another one; ``app`` wires its implementation with ``wire``. Until then,
and for every moment that nobody recorded, an instrument is ``offline``: unknown, never off.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from sqlalchemy.orm import Session

from domain.measures.periods import Period
from domain.measures.stretches import Amount, Source, Stretch, measure

State = Literal["running", "standby", "off", "offline"]
STATES: tuple[State, ...] = ("running", "standby", "off", "offline")
#: state → its name in Chinese and in English.
STATE_NAMES: dict[State, tuple[str, str]] = {
    "running": ("开机", "Running"),
    "standby": ("待机", "Standby"),
    "off": ("关机", "Off"),
    "offline": ("离线", "Offline"),
}


@dataclass(frozen=True)
class StateInterval:
    """An instrument's state during ``[start, end)``; no end: it still lasts.

    ``record`` is the public id of the stored interval.
    """

    instrument_id: int
    state: State
    start: datetime
    end: datetime | None
    record: str


class Sensors(Protocol):
    """What measures ask of telemetry; instruments are named by their inner ``id``."""

    def intervals(
        self, session: Session, instrument_ids: Collection[int], start: datetime, end: datetime, /
    ) -> Sequence[StateInterval]:
        """Return the recorded states that touch ``[start, end)``, of one instrument in order."""

    def bound(self, session: Session, instrument_ids: Collection[int], at: datetime, /) -> set[int]:
        """Return the instruments that have a sensor at a moment."""

    def waived(
        self, session: Session, instrument_ids: Collection[int], at: datetime, /
    ) -> set[int]:
        """Return the instruments that need no sensor at a moment (an accepted waiver)."""


class NoSensors:
    """No telemetry: nothing was recorded, so everything is offline all the time."""

    def intervals(self, *_: object) -> Sequence[StateInterval]:
        return ()

    def bound(self, *_: object) -> set[int]:
        return set()

    def waived(self, *_: object) -> set[int]:
        return set()


@dataclass
class _Wiring:
    sensors: Sensors


_wiring = _Wiring(NoSensors())


def wire(sensors: Sensors) -> Sensors:
    """Give this process its source of states; return the one before."""
    before, _wiring.sensors = _wiring.sensors, sensors
    return before


def sensors() -> Sensors:
    """Return this process's source of states."""
    return _wiring.sensors


def times(
    intervals: Iterable[StateInterval], window: Period, at: datetime
) -> Mapping[State, Amount]:
    """Return the time that one instrument spent in each state of a window.

    The four add up to the window's length: what nobody recorded is ``offline``, and where two
    records overlap the earlier one stands until its end.
    """
    found: dict[State, list[Stretch]] = {state: [] for state in STATES}
    reached = window.start
    for each in sorted(intervals, key=lambda one: one.start):
        part = window.clip(max(each.start, reached), at if each.end is None else each.end)
        if part is None:
            continue
        if part.start > reached:
            found["offline"].append(_gap(reached, part.start))
        end = None if each.end is None else part.end
        found[each.state].append(Stretch(part.start, end, Source("state", each.record)))
        reached = part.end
    if reached < window.end:
        found["offline"].append(_gap(reached, window.end))
    return {state: measure(stretches, window, at) for state, stretches in found.items()}


def _gap(start: datetime, end: datetime) -> Stretch:
    return Stretch(start, end, Source("gap", start.isoformat()))
