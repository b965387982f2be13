"""The learned model: extremely randomised trees on context features, smoothed by Viterbi.

Fitting needs scikit-learn; the fitted trees are kept as plain arrays, so that telling states
needs numpy alone, gives the same answer under every version of the library, and reads nothing
that could run code.
"""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np

from telemetry.smoothing import likeliest
from telemetry.states import TOLD
from telemetry.windows import Floats, Readings, Whole, Windows, features, segments, windows

TREES, DEPTH, LEAF = 60, 8, 3
#: The drift that a copy of the labelled readings is given, so that the trees outlive it.
_GAIN = (0.85, 1.18)
_OFFSET_AMPS = 0.02
_NOISE_AMPS = 0.005


@dataclass(frozen=True)
class Forest:
    """Fitted trees: ``classes`` are codes of states; the arrays lie tree after tree.

    For node n, ``left[n]`` and ``right[n]`` are its children (−1 at a leaf), ``feature[n]`` and
    ``threshold[n]`` its question (at most: left), ``chance[n]`` the shares of the classes.
    """

    classes: Whole
    roots: Whole
    left: Whole
    right: Whole
    feature: Whole
    threshold: Floats
    chance: Floats

    kind = "trees"

    def chances(self, rows: Floats) -> Floats:
        """Return the mean share of each state of TOLD for every row of features."""
        rows = rows.astype(np.float32)  # as the library compares
        node = np.tile(self.roots, (len(rows), 1))
        line = np.arange(len(rows))[:, None]
        for _ in range(DEPTH):
            inner = self.left[node] >= 0
            goes_left = rows[line, np.maximum(self.feature[node], 0)] <= self.threshold[node]
            node = np.where(inner, np.where(goes_left, self.left[node], self.right[node]), node)
        told = np.zeros((len(rows), len(TOLD)))
        told[:, self.classes] = self.chance[node].mean(axis=1)
        return told

    def tell(self, seen: Windows) -> tuple[Whole, Floats]:
        """Return the code of each window and its chance; offline windows are left at −1 and 0."""
        codes = np.full(len(seen), -1, dtype=np.int64)
        sure = np.zeros(len(seen))
        rows = features(seen)
        for part in segments(seen.offline):
            chances = self.chances(rows[part])[:, self.classes]
            chances[~seen.known[part]] = 1 / len(self.classes)
            path = likeliest(chances)
            codes[part] = self.classes[path]
            sure[part] = chances[np.arange(len(path)), path]
        return codes, sure

    def dump(self) -> bytes:
        """Return the arrays as a compressed file."""
        sink = io.BytesIO()
        np.savez_compressed(
            sink,
            classes=self.classes.astype(np.int8),
            roots=self.roots.astype(np.int32),
            left=self.left.astype(np.int32),
            right=self.right.astype(np.int32),
            feature=self.feature.astype(np.int8),
            threshold=self.threshold,
            chance=self.chance.astype(np.float32),
        )
        return sink.getvalue()

    @classmethod
    def load(cls, content: bytes) -> "Forest":
        """Read what ``dump`` wrote; raises ValueError for anything else."""
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            whole = {
                name: arrays[name].astype(np.int64)
                for name in ("classes", "roots", "left", "right", "feature")
            }
            return cls(
                **whole,
                threshold=arrays["threshold"].astype(np.float64),
                chance=arrays["chance"].astype(np.float64),
            )


@dataclass(frozen=True)
class Lesson:
    """Labelled time of one instrument: readings and the code of each minute from ``start``.

    Minutes without a label hold −1.
    """

    readings: Readings
    start: int
    codes: Whole

    def rows(self) -> tuple[Floats, Whole]:
        """Return features and codes of the labelled minutes that hold readings."""
        seen = windows(self.readings, self.start, self.start + 60 * len(self.codes))
        use = (self.codes >= 0) & seen.known & ~seen.offline
        return features(seen)[use], self.codes[use]


def shaken(lesson: Lesson, chance: np.random.Generator) -> Lesson:
    """Return a copy of a lesson as a drifted and noisier sensor would have told it."""
    amps = lesson.readings.amps * chance.uniform(*_GAIN) + chance.normal(0, _OFFSET_AMPS)
    amps = np.abs(amps + chance.normal(0, _NOISE_AMPS, len(amps)))
    return Lesson(Readings(lesson.readings.ts, amps), lesson.start, lesson.codes)


def fit(lessons: list[Lesson], seed: int = 0) -> Forest:
    """Fit the trees on lessons and one shaken copy of each; the same input gives the same trees.

    Raises ValueError where no minute is labelled.
    """
    chance = np.random.default_rng(seed)
    taught = [part.rows() for lesson in lessons for part in (lesson, shaken(lesson, chance))]
    rows = np.concatenate([r for r, _ in taught]) if taught else np.empty((0, 0))
    codes = np.concatenate([c for _, c in taught]) if taught else np.empty(0, dtype=np.int64)
    if len(codes) == 0:
        raise ValueError("no labelled minute holds a reading")
    # Half a second to import, and only training needs it.
    from sklearn.ensemble import ExtraTreesClassifier  # noqa: PLC0415

    model = ExtraTreesClassifier(
        n_estimators=TREES, max_depth=DEPTH, min_samples_leaf=LEAF, class_weight="balanced",
        random_state=seed, n_jobs=1,
    )  # fmt: skip
    return _forest(model.fit(rows, codes))


def _forest(model: Any) -> Forest:  # noqa: ANN401 - untyped library
    trees = [each.tree_ for each in model.estimators_]
    sizes = np.array([tree.node_count for tree in trees])
    roots = np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int64)

    def child(name: str) -> Whole:
        parts = [
            np.where(getattr(t, name) >= 0, getattr(t, name) + root, -1)
            for t, root in zip(trees, roots, strict=True)
        ]
        joined: Whole = np.concatenate(parts).astype(np.int64)
        return joined

    chance = np.concatenate([tree.value[:, 0, :] for tree in trees])
    return Forest(
        classes=np.asarray(model.classes_, dtype=np.int64),
        roots=roots,
        left=child("children_left"),
        right=child("children_right"),
        feature=np.concatenate([t.feature for t in trees]).astype(np.int64),
        threshold=np.concatenate([t.threshold for t in trees]).astype(np.float64),
        chance=chance / chance.sum(axis=1, keepdims=True),
    )
