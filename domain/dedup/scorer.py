"""A calibrated scorer: several boosted forests, their mean set right by isotonic regression.

Everything is seeded and single-threaded in its sums, so the same rows give the same model.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from threadpoolctl import ThreadpoolController

_SEED = 20260101
_FOLDS = 4
#: Rounds times learning rate: fewer rounds learn faster, so that both end alike.
_LEARNT = 15.0
#: Thresholds whose F1 lies this near to the best one count as equally good: about one standard
#: error of F1 at a few hundred matches.
_AS_GOOD = 0.01
_STEPS = 1000

Numbers = NDArray[np.float64]


@cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()


def _alone() -> AbstractContextManager[Any]:
    """Keep the library to one thread: small tables gain nothing by more, a busy machine loses."""
    limited: AbstractContextManager[Any] = _threads().limit(limits=1, user_api="openmp")
    return limited


def _forest(seed: int, rounds: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=rounds,
        learning_rate=_LEARNT / rounds,
        max_leaf_nodes=15,
        min_samples_leaf=15,
        l2_regularization=5.0,
        max_features=0.5,
        early_stopping=False,
        random_state=_SEED + seed,
    )


@dataclass(frozen=True)
class Grove:
    """Several forests that judge together."""

    forests: tuple[Any, ...]

    def raw(self, features: Sequence[Sequence[float]] | Numbers) -> Numbers:
        """Return the forests' mean for each row of features."""
        table = np.asarray(features, dtype=np.float64)
        if not len(table):
            return np.zeros(0)
        with _alone():
            votes = [forest.predict_proba(table)[:, 1] for forest in self.forests]
        mean: Numbers = np.mean(votes, axis=0)
        return mean


@dataclass(frozen=True)
class Scorer:
    """A calibrated grove; ``raw`` orders pairs, ``probability`` says how sure one may be."""

    grove: Grove
    calibration: Any

    def raw(self, features: Sequence[Sequence[float]]) -> Numbers:
        """Return the grove's mean for each row of features."""
        return self.grove.raw(features)

    def probability(self, raw: Numbers) -> Numbers:
        """Return the calibrated probability for raw scores."""
        if not len(raw):
            return raw
        calibrated: Numbers = np.asarray(self.calibration.predict(raw), dtype=np.float64)
        return calibrated


@dataclass(frozen=True)
class Plan:
    """How much is grown: forests that judge together, and rounds of each."""

    forests: int = 5
    rounds: int = 250


def grow(
    features: Sequence[Sequence[float]] | Numbers,
    labels: Sequence[bool] | NDArray[np.bool_],
    plan: Plan,
) -> Grove:
    """Train the forests; raises ValueError where one of the classes is missing."""
    table, truth = np.asarray(features, dtype=np.float64), np.asarray(labels, dtype=bool)
    if truth.all() or not truth.any():
        raise ValueError("pairs of both kinds are needed")
    with _alone():
        return Grove(tuple(_forest(n, plan.rounds).fit(table, truth) for n in range(plan.forests)))


def train(
    features: Sequence[Sequence[float]],
    labels: Sequence[bool],
    *,
    groups: Sequence[int] | None = None,
    plan: Plan,
) -> Scorer:
    """Train a calibrated scorer; raises ValueError where one of the classes is missing.

    The calibration is learnt from scores of forests that had not seen the row; rows of one group
    never stand on both sides.
    """
    unseen = scores_of_unseen(features, labels, groups=groups, plan=plan)
    calibration = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    calibration.fit(unseen, np.asarray(labels, dtype=bool))
    return Scorer(grow(features, labels, plan), calibration)


def scores_of_unseen(
    features: Sequence[Sequence[float]],
    labels: Sequence[bool],
    *,
    groups: Sequence[int] | None = None,
    plan: Plan,
) -> Numbers:
    """Return a score for every row from forests that were trained without it.

    Raises ValueError where there are too few of one class.
    """
    table, truth = np.asarray(features, dtype=np.float64), np.asarray(labels, dtype=bool)
    if min(truth.sum(), (~truth).sum()) < _FOLDS:
        raise ValueError(f"at least {_FOLDS} pairs of both kinds are needed")
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    folds = kind(n_splits=_FOLDS, shuffle=True, random_state=_SEED)
    scores = np.zeros(len(truth))
    for fitted, kept in folds.split(table, truth, groups):
        scores[kept] = grow(table[fitted], truth[fitted], plan).raw(table[kept])
    return scores


@dataclass(frozen=True)
class Quality:
    """How well a threshold tells the same from the different."""

    precision: float
    recall: float
    f1: float


def quality(scores: Numbers, labels: Sequence[bool], threshold: float) -> Quality:
    """Return precision, recall and F1 of calling everything from a threshold on the same."""
    truth = np.asarray(labels, dtype=bool)
    called = scores >= threshold
    right = int((called & truth).sum())
    precision = right / max(1, int(called.sum()))
    recall = right / max(1, int(truth.sum()))
    return Quality(precision, recall, 2 * right / max(1, int(called.sum() + truth.sum())))


def best_threshold(scores: Numbers, labels: Sequence[bool]) -> float:
    """Return the middle of the thresholds whose F1 is as good as the best."""
    steps = np.unique(np.floor(np.asarray(scores) * _STEPS) / _STEPS)
    found = [quality(scores, labels, float(step)).f1 for step in steps]
    good = steps[np.asarray(found) >= max(found) - _AS_GOOD]
    below = steps[steps < good.min()]
    # Everything above the next lower score calls the same pairs as the lowest good threshold.
    lowest = float(below.max()) if len(below) else float(good.min())
    return (lowest + float(good.max())) / 2
