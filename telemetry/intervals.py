"""Windows with codes become intervals of time: half-open, without gap or overlap."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from telemetry.algorithms import Model
from telemetry.smoothing import runs
from telemetry.states import OFFLINE, STATES, UNKNOWN
from telemetry.windows import MINUTE, Windows


@dataclass(frozen=True)
class Interval:
    """A state during ``[start, end)`` (seconds since 1970); ``confidence``: none if offline."""

    start: int
    end: int
    state: str
    confidence: float | None

    @property
    def hours(self) -> float:
        """Return the length in hours."""
        return (self.end - self.start) / 3600


def tell(model: Model, seen: Windows) -> list[Interval]:
    """Return the intervals that a model tells from windows: they fill their time exactly."""
    codes, sure = model.tell(seen)
    codes = np.where(seen.offline | (codes < 0), UNKNOWN, codes)
    return [
        Interval(
            seen.start + MINUTE * first,
            seen.start + MINUTE * last,
            STATES[code],
            None if code == UNKNOWN else round(float(sure[first:last].mean()), 4),
        )
        for first, last, code in runs(codes)
    ]


def cut(intervals: Iterable[Interval], start: int, end: int) -> list[Interval]:
    """Return the parts of intervals that lie within ``[start, end)``."""
    return [
        Interval(max(each.start, start), min(each.end, end), each.state, each.confidence)
        for each in intervals
        if start < end and each.start < end and each.end > start
    ]


def hours(intervals: Iterable[Interval]) -> dict[str, float]:
    """Return the hours of each state; all four are named."""
    total = dict.fromkeys(STATES, 0.0)
    for each in intervals:
        total[each.state] += each.hours
    return total


def shares(intervals: Iterable[Interval]) -> dict[str, float]:
    """Return each state's percentage of the known time; offline: of the whole time.

    Offline time is unknown: it is left out of the basis of the other three.
    """
    total = hours(intervals)
    known = sum(length for state, length in total.items() if state != OFFLINE)
    whole = known + total[OFFLINE]
    return {
        state: 100 * length / (whole if state == OFFLINE else known or 1.0) if whole else 0.0
        for state, length in total.items()
    }
