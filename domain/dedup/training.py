"""The two scorers of instruments: trained on generated pairs, kept in a folder, named by version.

Nothing about them ships: the first process that needs them trains them from the lexicon, in some
ten seconds, the same everywhere, and keeps them in the platform's home for the others.
"""

import fcntl
import hashlib
import pickle
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import sklearn

from domain.dedup import generator, likeness
from domain.dedup.scorer import Numbers, Plan, Scorer, train
from domain.lexicon import tables
from domain.lexicon.entries import Entry

#: Raised by hand whenever features, generator or training change.
ALGORITHM = "1"
_SEED = "dayi"
_PLAN = Plan(forests=1, rounds=90)
_PROBES = 400
#: What the same function adds to the order of a list; the same model comes before it.
_FUNCTION_WEIGHT = 0.5


@dataclass(frozen=True)
class Likeness:
    """Both answers for one pair: probabilities, and the number that a list is ordered by."""

    same_model: float
    same_function: float
    order: float


@dataclass(frozen=True)
class Judge:
    """The two scorers together; ``fingerprint`` says that two of them judge alike."""

    model: Scorer
    function: Scorer
    version: str
    fingerprint: str

    def compare(self, one: Entry, others: Sequence[Entry]) -> list[Likeness]:
        """Return both answers for one instrument beside each of the others."""
        return self._answer([likeness.features(one, other) for other in others])

    def _answer(self, features: Sequence[Sequence[float]]) -> list[Likeness]:
        if not features:
            return []
        models, functions = self.model.raw(features), self.function.raw(features)
        orders = models + _FUNCTION_WEIGHT * functions
        same = self.model.probability(models)
        fit = np.maximum(self.function.probability(functions), same)
        return [
            Likeness(round(float(m), 4), round(float(f), 4), round(float(o), 6))
            for m, f, o in zip(same, fit, orders, strict=True)
        ]


def version() -> str:
    """Return what a judge depends on: algorithm, lexicon and library."""
    return f"{ALGORITHM}-{tables.version()}-{sklearn.__version__}"


def make(*, part: int = 0, of: int = 1) -> Judge:
    """Train a judge on the pairs of one part of the generator's families; by default on all."""
    made = generator.pairs(seed=_SEED, part=part, of=of, rounds=1)
    features = [likeness.features(pair.one.entry, pair.other.entry) for pair in made]
    groups = [pair.one.model.family for pair in made]
    models = train(features, [pair.same_model for pair in made], groups=groups, plan=_PLAN)
    functions = train(features, [pair.same_function for pair in made], groups=groups, plan=_PLAN)
    mark = _fingerprint((models, functions), features[:_PROBES])
    return Judge(models, functions, version(), mark)


def _fingerprint(scorers: Sequence[Scorer], features: Sequence[Sequence[float]]) -> str:
    answers: list[Numbers] = [scorer.raw(features) for scorer in scorers]
    return hashlib.sha256(np.round(np.concatenate(answers), 6).tobytes()).hexdigest()[:16]


@dataclass
class _Wiring:
    home: Path | None = None


_wiring = _Wiring()


def configure(home: Path | None) -> None:
    """Say where this process keeps its judge; None: in a folder that ends with the process."""
    _wiring.home = home


def judge() -> Judge:
    """Return the judge of this process."""
    if _wiring.home is None:
        _wiring.home = Path(tempfile.mkdtemp(prefix="dayi-judge-"))
    return kept(_wiring.home)


def kept(home: Path) -> Judge:
    """Return the judge kept in a home, training and keeping it where there is none yet."""
    return _load(home / "dedup" / f"judge-{version()}.pickle")


@lru_cache(maxsize=4)
def _load(file: Path) -> Judge:
    file.parent.mkdir(parents=True, exist_ok=True)
    with (file.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if file.exists():
            # The platform's own file in its own home, as trusted as the code beside it.
            judge: Judge = pickle.loads(file.read_bytes())  # noqa: S301
            return judge
        judge = make()
        fresh = file.with_suffix(".new")
        fresh.write_bytes(pickle.dumps(judge))
        fresh.replace(file)
        for old in file.parent.glob("judge-*.pickle"):
            if old != file:
                old.unlink(missing_ok=True)
        return judge
