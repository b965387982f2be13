"""The first model of an instrument: two thresholds from a short commissioning (table D4).

I < off_amps, held                         → off
I ≥ run_amps (hysteresis) or it fluctuates → running, held
otherwise                                  → standby
"""

import io
import itertools
import json
from dataclasses import asdict, dataclass

import numpy as np

from telemetry.smoothing import held
from telemetry.states import CODES, OFF, RULES, RUNNING, STANDBY, Rules
from telemetry.windows import FLOOR_AMPS, Flags, Floats, Whole, Windows, segments

#: Candidates tried for a fitted threshold: cuts between neighbouring levels of current.
_CUTS = 40
_HOLDS = (1, 2, 3, 5, 10)


@dataclass(frozen=True)
class Thresholds:
    """Amperes below which an instrument is off and from which it runs; −1: never off.

    ``fluctuation`` is the spread of log10 amperes within a minute from which it runs as well
    (0: not used); the holds are least minutes, ``hysteresis`` a share of ``run_amps``;
    ``bridge`` is the longest pause in minutes that a run is carried over.
    """

    off_amps: float
    run_amps: float
    fluctuation: float = 0.0
    hysteresis: float = RULES.run_hysteresis
    off_hold: int = RULES.off_hold_minutes
    run_hold: int = RULES.run_hold_minutes
    bridge: int = 1

    kind = "thresholds"

    def tell(self, seen: Windows) -> tuple[Whole, Floats]:
        """Return the code of each window and how clearly it says so; offline: −1 and 0.

        The clearness of a window is the share of the readings' level on the right side: 1 where
        the window by itself says what the holding rules made of it, else a half.
        """
        codes = np.full(len(seen), -1, dtype=np.int64)
        sure = np.zeros(len(seen))
        for part in segments(seen.offline):
            level = _filled(seen.median[part])
            told = self._codes(level, np.nan_to_num(seen.spread[part]))
            codes[part] = told
            sure[part] = np.where(told == self._plain(level), 1.0, 0.5)
        return codes, sure

    def _codes(self, level: Floats, spread: Floats) -> Whole:
        running = _with_hysteresis(level, _log(self.run_amps), _log(self._release))
        if self.fluctuation > 0:
            running |= spread >= self.fluctuation
        running = ~held(~running, self.bridge) if self.bridge > 1 else running
        running = held(running, self.run_hold)
        off = held((level < _log(self.off_amps)) & ~running, self.off_hold)
        return np.where(running, CODES[RUNNING], np.where(off, CODES[OFF], CODES[STANDBY]))

    @property
    def _release(self) -> float:
        return max(self.run_amps * (1 - self.hysteresis), self.off_amps, 0.0)

    def _plain(self, level: Floats) -> Whole:
        running, off = level >= _log(self.run_amps), level < _log(self.off_amps)
        return np.where(running, CODES[RUNNING], np.where(off, CODES[OFF], CODES[STANDBY]))

    def dump(self) -> bytes:
        """Return the figures as JSON."""
        return json.dumps(asdict(self), sort_keys=True).encode()

    @classmethod
    def load(cls, content: bytes) -> "Thresholds":
        """Read what ``dump`` wrote; raises ValueError for anything else."""
        try:
            return cls(**json.load(io.BytesIO(content)))
        except TypeError as refused:
            raise ValueError(str(refused)) from refused


def _log(amps: float) -> float:
    return float(np.log10(max(amps, 0.0) + FLOOR_AMPS)) if amps >= 0 else -np.inf


def _filled(level: Floats) -> Floats:
    known = ~np.isnan(level)
    last = np.maximum.accumulate(np.where(known, np.arange(len(level)), -1))
    filled: Floats = level[np.where(last < 0, int(np.argmax(known)), last)]
    return np.nan_to_num(filled, nan=_log(0.0))


def _with_hysteresis(level: Floats, high: float, low: float) -> Flags:
    """Tell where the level has reached ``high`` and not yet fallen below ``low`` again."""
    event = np.where(level >= high, 1, np.where(level < low, -1, 0))
    last = np.maximum.accumulate(np.where(event != 0, np.arange(len(level)), -1))
    reached: Flags = np.where(last < 0, 0, event[last]) == 1
    return reached


def fit(seen: Windows, codes: Whole, rules: Rules = RULES) -> Thresholds:
    """Choose the thresholds and the bridge that err least on labelled windows (−1: no label).

    The smallest error wins, then the widest margin; the same input gives the same figures.
    Raises ValueError where no window is labelled.
    """
    use = (codes >= 0) & seen.known & ~seen.offline
    if not use.any():
        raise ValueError("no labelled minute holds a reading")
    off = _cut(seen.median[use], codes[use] == CODES[OFF], default=rules.off_amps)
    run = _cut(seen.median[use], codes[use] != CODES[RUNNING], default=np.inf)
    base = Thresholds(
        min(off, run), run, 0.0, rules.run_hysteresis, rules.off_hold_minutes,
        rules.run_hold_minutes,
    )  # fmt: skip
    return _refined(base, seen, codes, use)


def _cut(level: Floats, below: Flags, default: float) -> float:
    """Return the amperes that part the windows marked ``below`` from the others."""
    if not below.any():
        return -1.0 if np.isfinite(default) else 0.0
    if below.all():
        return float(default) if np.isfinite(default) else float(10 ** level.max() * 2)
    order = np.argsort(level, kind="stable")
    ranked, mark = level[order], below[order]
    # Balanced: the error among those below plus the error among the others.
    wrong = np.cumsum(~mark) / (~mark).sum() + 1 - np.cumsum(mark) / mark.sum()
    best = np.flatnonzero(wrong[:-1] <= wrong[:-1].min() + 1e-9)
    margin = ranked[best + 1] - ranked[best]
    at = best[int(np.argmax(margin))]
    return float(max(10 ** ((ranked[at] + ranked[at + 1]) / 2) - FLOOR_AMPS, 0.0))


def _refined(base: Thresholds, seen: Windows, codes: Whole, use: Flags) -> Thresholds:
    def wrong(model: Thresholds) -> float:
        told, _ = model.tell(seen)
        rates = [
            float(np.mean(told[use & (codes == code)] != code)) for code in np.unique(codes[use])
        ]
        return float(np.mean(rates))

    tried = [
        Thresholds(
            base.off_amps, base.run_amps, base.fluctuation, base.hysteresis, base.off_hold,
            run_hold, bridge,
        )
        for run_hold, bridge in itertools.product((1, base.run_hold), (1, *_BRIDGES))
    ]  # fmt: skip
    return min([base, *tried], key=wrong)


_BRIDGES = (2, 5, 10, 20, 30)
