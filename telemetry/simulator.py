"""Instruments that do not exist, with the truth beside what their sensors say.

An archetype says how a kind of instrument draws current in each state; a plan says when it is in
which. Everything follows from the seed: the same call gives the same readings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from telemetry.intervals import Interval
from telemetry.states import CODES, OFF, RUNNING, STANDBY
from telemetry.windows import Floats, Readings, Whole

Pattern = Literal["steady", "programme", "cycle", "plateaus"]


@dataclass(frozen=True)
class Archetype:
    """How a kind of instrument draws current; amperes RMS, minutes.

    ``programme``: a run has pauses of low current between its steps. ``cycle``: standby itself
    switches a load (a chiller, an oven) on and off. ``plateaus``: a run has several levels.
    """

    name: str
    off: float
    standby: float
    running: float
    pattern: Pattern = "steady"
    period: float = 12.0
    share: float = 0.3
    low: float = 0.0
    spread: float = 0.03


#: Archetypes by name; levels as on the nameplates of common instruments, made up for the demo.
ARCHETYPES = {
    kind.name: kind
    for kind in (
        Archetype("microscope", 0.01, 2.1, 6.4, "plateaus", period=25),
        Archetype("mass_spectrometer", 0.02, 4.8, 9.5, "cycle", period=18, share=0.35, low=1.6),
        Archetype("chromatograph", 0.01, 0.9, 4.2, "programme", period=35, share=0.25, low=1.1),
        Archetype("diffractometer", 0.02, 3.9, 5.1),
        Archetype("furnace", 0.01, 0.4, 12.0, "programme", period=9, share=0.4, low=0.5),
        Archetype("sequencer", 0.02, 1.6, 3.4, "plateaus", period=60),
        Archetype("nmr_console", 0.05, 3.2, 5.6, "cycle", period=30, share=0.25, low=0.7),
        Archetype("washer", 0.0, 0.25, 8.0, "programme", period=14, share=0.45, low=0.3),
    )
}


@dataclass(frozen=True)
class Faults:
    """What a sensor adds: noise and offset in amperes, gain and drift a share, losses."""

    noise: float = 0.005
    offset: float = 0.0
    gain: float = 1.0
    drift_a_day: float = 0.0
    lost: float = 0.0
    dropouts_a_day: float = 0.0
    dropout_minutes: float = 45.0


@dataclass(frozen=True)
class Simulated:
    """Readings with the code of the true state at each of them, and the true intervals."""

    readings: Readings
    truth: Whole
    intervals: list[Interval]


_HOUR = 3600.0
_DAY = 24 * _HOUR
_SHANGHAI = 8 * _HOUR


def plan(start: int, end: int, seed: int, *, always_on: bool = False) -> list[Interval]:
    """Return a made-up week of an instrument: off at night, standby by day, runs in between.

    Times are seconds since 1970; the days are Shanghai's. ``always_on`` is never off.
    """
    rest = STANDBY if always_on else OFF
    told: list[Interval] = []
    day = (start + _SHANGHAI) // _DAY * _DAY - _SHANGHAI
    while day < end:
        # Each day from its own seed: any stretch of days is part of the same life.
        told += _one_day(day, rest, np.random.default_rng([seed, int(day)]))
        day += _DAY
    return _tiled(told, start, end, rest)


def _one_day(day: float, rest: str, chance: np.random.Generator) -> list[Interval]:
    weekend = int((day + _SHANGHAI) // _DAY + 3) % 7 >= 5  # noqa: PLR2004 - 1970 began on Thursday
    if weekend and chance.random() < 0.7:  # noqa: PLR2004 - a share
        return []
    begin = day + _HOUR * chance.uniform(7.6, 9.2)
    finish = day + _HOUR * chance.uniform(17.5, 22.0)
    parts, at = [], begin + _HOUR * chance.uniform(0.2, 1.0)
    while at < finish:
        length = _HOUR * chance.uniform(0.6, 3.0)
        parts.append(Interval(int(at), int(min(at + length, finish)), RUNNING, None))
        at += length + _HOUR * chance.uniform(0.3, 2.0)
    frame = Interval(int(begin), int(finish), STANDBY, None)
    return [frame, *parts] if rest == OFF else parts


def _tiled(parts: Sequence[Interval], start: int, end: int, rest: str) -> list[Interval]:
    """Lay later parts over earlier ones and fill what is left: no gap, no overlap."""
    minutes = np.full(max(0, -(-(end - start) // 60)), CODES[rest], dtype=np.int64)
    for part in parts:
        first, last = (part.start - start) // 60, (part.end - start) // 60
        minutes[max(first, 0) : max(last, 0)] = CODES[part.state]
    return tiles(minutes, start, end)


def tiles(minutes: Whole, start: int, end: int) -> list[Interval]:
    """Return codes of minutes as intervals of ``[start, end)``."""
    names = {CODES[state]: state for state in (OFF, STANDBY, RUNNING)}
    edge = np.flatnonzero(np.diff(minutes)) + 1
    begin = [0, *edge.tolist()]
    finish = [*edge.tolist(), len(minutes)]
    return [
        Interval(start + 60 * a, min(start + 60 * b, end), names[int(minutes[a])], None)
        for a, b in zip(begin, finish, strict=True)
        if b > a
    ]


def planned(plan: Sequence[Interval], uses: Sequence[tuple[int, int]], seed: int) -> list[Interval]:
    """Lay booked times over a plan: on standby before and after each, running in it."""
    chance = np.random.default_rng(seed)
    warm, late = _HOUR * chance.uniform(0.3, 0.8), 60 * chance.uniform(2, 12)
    around = [Interval(int(a - warm), int(b + warm), STANDBY, None) for a, b in uses]
    within = [Interval(int(a + late), int(b - late / 2), RUNNING, None) for a, b in uses]
    quiet = [each for each in around if not any(_meet(each, p) for p in plan if p.state == RUNNING)]
    return _tiled([*plan, *quiet, *within], plan[0].start, plan[-1].end, OFF)


def _meet(one: Interval, other: Interval) -> bool:
    return one.start < other.end and one.end > other.start


def simulate(
    kind: Archetype,
    states: Sequence[Interval],
    *,
    interval: float = 10.0,
    faults: Faults = Faults(),
    seed: int = 0,
    span: tuple[int, int] | None = None,
) -> Simulated:
    """Return what a sensor says of an instrument that goes through these states.

    ``span`` narrows it to a part of their time; its noise then has a seed of its own.
    """
    start, end = span or (states[0].start, states[-1].end)
    chance = np.random.default_rng([seed, start])
    ts = np.arange(start, end, interval, dtype=np.float64)
    begins = np.array([each.start for each in states])
    where = np.searchsorted(begins, ts, side="right") - 1
    codes = np.array([CODES[each.state] for each in states], dtype=np.int64)[where]
    amps = _levels(kind, ts, ts - begins[where], codes, seed)
    amps = _measured(amps, ts, faults, chance)
    heard = _heard(ts, faults, chance)
    return Simulated(Readings(ts[heard], amps[heard]), codes[heard], list(states))


def _levels(kind: Archetype, ts: Floats, since: Floats, codes: Whole, seed: int) -> Floats:
    level = np.choose(codes, [kind.off, kind.standby, kind.running]).astype(np.float64)
    period = kind.period * 60
    running, standby = codes == CODES[RUNNING], codes == CODES[STANDBY]
    if kind.pattern == "programme":
        paused = running & (since % period > period * (1 - kind.share)) & (since > period / 2)
        level[paused] = kind.low
    elif kind.pattern == "cycle":
        phase = (ts + seed % 997) % period
        level[standby & (phase < period * kind.share)] += kind.low
    elif kind.pattern == "plateaus":
        step = (since // period).astype(np.int64) % 3
        level[running] *= np.array([0.72, 1.0, 1.15])[step[running]]
    return level


def _measured(amps: Floats, ts: Floats, faults: Faults, chance: np.random.Generator) -> Floats:
    wave = 1 + 0.01 * np.sin(ts / 137.0)
    drift = 1 + faults.drift_a_day * (ts - ts[0]) / _DAY if len(ts) else 1.0
    noise = chance.normal(0, faults.noise, len(ts))
    return np.abs(amps * wave * faults.gain * drift + faults.offset + noise)


def _heard(
    ts: Floats, faults: Faults, chance: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    heard = chance.random(len(ts)) >= faults.lost
    days = (ts[-1] - ts[0]) / _DAY if len(ts) else 0.0
    for _ in range(chance.poisson(faults.dropouts_a_day * days)):
        begin = chance.uniform(ts[0], ts[-1])
        heard &= ~((ts >= begin) & (ts < begin + faults.dropout_minutes * 60))
    return heard


def commissioning(simulated: Simulated, minutes: int = 30) -> list[Interval]:
    """Return labels as a technician leaves them: so many minutes of each state, from its middle."""
    labels = []
    for state in (OFF, STANDBY, RUNNING):
        runs = [each for each in simulated.intervals if each.state == state]
        if not runs:
            continue
        longest = max(runs, key=lambda each: each.end - each.start)
        half = min(minutes * 60, longest.end - longest.start) // 2
        middle = (longest.start + longest.end) // 2
        labels.append(Interval(middle - half, middle + half, state, None))
    return labels
