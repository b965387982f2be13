"""Teaching an instrument's own model from what people said it did."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from telemetry import thresholds, trees
from telemetry.algorithms import Model
from telemetry.intervals import Interval
from telemetry.smoothing import runs
from telemetry.states import CODES, RULES, RUNNING, TOLD, Rules
from telemetry.windows import MINUTE, Flags, Readings, Whole, Windows, windows

Method = Literal["auto", "thresholds", "trees"]
#: Labelled hours from which trees beat thresholds (measured; with half an hour they lose).
_ENOUGH_HOURS = 24.0
_SHARE_TAUGHT = 0.7


@dataclass(frozen=True)
class Taught:
    """A fitted model with how it did on labels that it was not shown, and what it was taught."""

    model: Model
    metrics: dict[str, float]
    start: int
    end: int


def codes_of(labels: Sequence[Interval], start: int, count: int) -> Whole:
    """Return the label of each minute from ``start``; −1 where there is none.

    A minute counts as labelled by the interval that holds its middle; a later label wins.
    """
    codes = np.full(count, -1, dtype=np.int64)
    for label in labels:
        first = -(-(label.start - start - MINUTE // 2) // MINUTE)
        last = -(-(label.end - start - MINUTE // 2) // MINUTE)
        codes[max(first, 0) : max(last, 0)] = CODES[label.state]
    return codes


def teach(
    readings: Readings,
    labels: Sequence[Interval],
    method: Method = "auto",
    rules: Rules = RULES,
    seed: int = 0,
) -> Taught:
    """Fit a model to labelled readings; the same input gives the same model.

    ``auto`` takes thresholds until a day's worth of labels is there. The metrics come from a
    second model that was shown only the earlier part of the labels. Raises ValueError where no
    labelled minute holds a reading.
    """
    if not labels:
        raise ValueError("there is no label")
    start = min(label.start for label in labels) // MINUTE * MINUTE
    end = max(label.end for label in labels)
    seen = windows(readings, start, end, rules)
    codes = codes_of(labels, start, len(seen))
    hours = float(np.count_nonzero(codes >= 0)) / 60
    kind = method
    if kind == "auto":
        kind = "trees" if hours >= _ENOUGH_HOURS else "thresholds"
    model = _fit(kind, readings, seen, codes, (rules, seed))
    metrics = {
        "labelled_hours": round(hours, 2),
        "labelled_cycles": float(_cycles(codes)),
        **_held_out(kind, readings, seen, codes, (rules, seed)),
    }
    return Taught(model, metrics, start, end)


def _fit(
    kind: str, readings: Readings, seen: Windows, codes: Whole, how: tuple[Rules, int]
) -> Model:
    rules, seed = how
    if kind == "trees":
        return trees.fit([trees.Lesson(readings, seen.start, codes)], seed)
    return thresholds.fit(seen, codes, rules)


def _cycles(codes: Whole) -> int:
    return sum(code == CODES[RUNNING] for _, _, code in runs(codes))


def _held_out(
    kind: str, readings: Readings, seen: Windows, codes: Whole, how: tuple[Rules, int]
) -> dict[str, float]:
    """Return the scores of a model that was shown the first part of the labels on the rest."""
    labelled = np.flatnonzero(codes >= 0)
    border = labelled[int(len(labelled) * _SHARE_TAUGHT)] if len(labelled) else 0
    early, late = codes.copy(), codes >= 0
    early[border:] = -1
    late[:border] = False
    try:
        told, _ = _fit(kind, readings, seen, early, how).tell(seen)
    except ValueError:
        return {}
    use = late & seen.known & ~seen.offline
    if not use.any():
        return {}
    return {
        "held_out_macro_f1": round(macro_f1(told, codes, use), 4),
        "held_out_running_error_pct": round(running_error(told, codes, use), 2),
        "held_out_hours": round(float(np.count_nonzero(use)) / 60, 2),
    }


def macro_f1(told: Whole, truth: Whole, use: Flags, least_share: float = 0.003) -> float:
    """Return the mean F1 over the states that make up at least a share of the time."""
    scores = []
    for code in range(len(TOLD)):
        said, true = told[use] == code, truth[use] == code
        if true.mean() > least_share:
            both = np.count_nonzero(said & true)
            scores.append(2 * both / (np.count_nonzero(said) + np.count_nonzero(true)))
    return float(np.mean(scores)) if scores else 0.0


def running_error(told: Whole, truth: Whole, use: Flags) -> float:
    """Return how far the running hours are off, in per cent of the true ones."""
    true = np.count_nonzero(truth[use] == CODES[RUNNING])
    said = np.count_nonzero(told[use] == CODES[RUNNING])
    return 100.0 * abs(said - true) / true if true else 0.0
