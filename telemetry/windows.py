"""Readings become windows of one minute: what the models look at, and where nothing is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telemetry.states import RULES, Rules

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Seconds of a window.
MINUTE = 60
#: Added before the logarithm so that zero current has one.
FLOOR_AMPS = 0.02
#: Windows on each side that a feature looks at: a state is final so many minutes later.
REACH = 10
_PERCENTILE = 90


@dataclass(frozen=True)
class Readings:
    """Readings of one instrument: seconds since 1970 (UTC), ascending, and amperes RMS."""

    ts: Floats
    amps: Floats

    def __post_init__(self) -> None:
        if len(self.ts) != len(self.amps):
            raise ValueError("times and amperes differ in number")
        if np.any(np.diff(self.ts) <= 0):
            raise ValueError("times must ascend without repetition")

    def between(self, start: float, end: float) -> "Readings":
        """Return the readings of ``[start, end)``."""
        first, last = np.searchsorted(self.ts, [start, end])
        return Readings(self.ts[first:last], self.amps[first:last])


def ordered(ts: Floats, amps: Floats) -> Readings:
    """Return readings in the order of time, the first of several at one time kept."""
    unique, first = np.unique(ts, return_index=True)
    return Readings(unique, amps[first])


@dataclass(frozen=True)
class Windows:
    """A gapless grid of minutes from ``start`` (a whole minute, seconds since 1970).

    The columns hold the median, maximum, minimum and standard deviation of log10 amperes in each
    minute, NaN where it holds no reading. ``offline`` marks minutes inside a gap that the gap
    rule counts; other empty minutes are short gaps that the neighbours bridge.
    """

    start: int
    median: Floats
    high: Floats
    low: Floats
    spread: Floats
    offline: Flags

    def __len__(self) -> int:
        return len(self.median)

    @property
    def minutes(self) -> Whole:
        """Return the start of each window, seconds since 1970."""
        return self.start + MINUTE * np.arange(len(self), dtype=np.int64)

    @property
    def known(self) -> Flags:
        """Tell which windows hold a reading."""
        return ~np.isnan(self.median)


def interval_of(readings: Readings) -> float:
    """Return the usual seconds between two readings; a minute where there are too few."""
    if len(readings.ts) < 2:  # noqa: PLR2004 - two make an interval
        return float(MINUTE)
    return float(np.median(np.diff(readings.ts)))


def windows(
    readings: Readings, start: float, end: float, rules: Rules = RULES, interval: float = 0.0
) -> Windows:
    """Put the readings of ``[start, end)`` into windows.

    ``start`` and ``end`` (seconds since 1970) are rounded outward to whole minutes. ``interval``
    is the sensor's own in seconds; 0: taken from the readings.
    """
    first = int(start // MINUTE)
    count = max(0, int(-(-end // MINUTE)) - first)
    inside = readings.between(first * MINUTE, (first + count) * MINUTE)
    column = _columns(inside, first, count)
    limit = rules.offline_after(interval or interval_of(readings))
    return Windows(first * MINUTE, *column, _offline(inside, first, count, limit))


def _columns(readings: Readings, first: int, count: int) -> tuple[Floats, Floats, Floats, Floats]:
    minute = (readings.ts // MINUTE).astype(np.int64) - first
    value = np.log10(np.maximum(readings.amps, 0.0) + FLOOR_AMPS)
    median, high, low, spread = (np.full(count, np.nan) for _ in range(4))
    if len(value) == 0:
        return median, high, low, spread
    order = np.lexsort((value, minute))
    minute, value = minute[order], value[order]
    found, begin, number = np.unique(minute, return_index=True, return_counts=True)
    low[found], high[found] = value[begin], value[begin + number - 1]
    median[found] = (value[begin + (number - 1) // 2] + value[begin + number // 2]) / 2
    mean = np.add.reduceat(value, begin) / number
    square = np.add.reduceat(value**2, begin) / number
    spread[found] = np.sqrt(np.maximum(square - mean**2, 0.0))
    return median, high, low, spread


def _offline(readings: Readings, first: int, count: int, limit: float) -> Flags:
    """Mark the minutes that lie wholly in a gap longer than the limit, ends included."""
    mark = np.zeros(count + 1, dtype=np.int64)
    edge = np.concatenate(([first * MINUTE - 1.0], readings.ts, [float((first + count) * MINUTE)]))
    gaps = np.flatnonzero(np.diff(edge) > limit)
    begin = (edge[gaps] // MINUTE).astype(np.int64) - first + 1
    finish = (edge[gaps + 1] // MINUTE).astype(np.int64) - first
    np.add.at(mark, begin, 1)
    np.add.at(mark, np.maximum(begin, finish), -1)
    return np.cumsum(mark[:-1]) > 0


def segments(offline: Flags) -> list[slice]:
    """Return the runs of windows between offline gaps."""
    edge = np.diff(np.concatenate(([True], offline, [True])).astype(np.int8))
    return [
        slice(int(a), int(b))
        for a, b in zip(np.flatnonzero(edge == -1), np.flatnonzero(edge == 1), strict=True)
    ]


#: Columns of ``features``, in order.
FEATURES = (
    "median", "high", "low", "spread", "median_5", "median_21", "high_21", "low_21", "p90_21",
    "spread_21",
)  # fmt: skip


def features(seen: Windows) -> Floats:
    """Return one row of FEATURES a window; rows of offline windows are NaN."""
    rows = np.full((len(seen), len(FEATURES)), np.nan)
    for part in segments(seen.offline):
        base = [_bridged(c[part]) for c in (seen.median, seen.high, seen.low, seen.spread)]
        near, wide = _around(base[0], 2), _around(base[0], REACH)
        rows[part] = np.column_stack(
            [
                *base,
                np.median(near, axis=1),
                np.median(wide, axis=1),
                _around(base[1], REACH).max(axis=1),
                _around(base[2], REACH).min(axis=1),
                np.percentile(wide, _PERCENTILE, axis=1),
                wide.std(axis=1),
            ]
        )
    return rows


def _bridged(column: Floats) -> Floats:
    """Fill short gaps with the value before them, or the first one after."""
    known = ~np.isnan(column)
    if known.all() or not known.any():
        return np.nan_to_num(column, nan=np.log10(FLOOR_AMPS)) if not known.any() else column
    last = np.maximum.accumulate(np.where(known, np.arange(len(column)), -1))
    filled: Floats = column[np.where(last < 0, int(np.argmax(known)), last)]
    return filled


def _around(column: Floats, reach: int) -> Floats:
    padded = np.pad(column, reach, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
