"""Train on labelled pairs, choose the threshold on others, report on those never looked at."""

import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass

from domain.dedup import scorer
from domain.dedup.pair_files import LabelledPair
from domain.dedup.products import Comparer

_KB_PER_MB = 1024
_PLAN = scorer.Plan(forests=4, rounds=250)


@dataclass(frozen=True)
class Evaluation:
    """What was measured; ``seconds`` is wall time, ``peak_mb`` the process's largest memory."""

    precision: float
    recall: float
    f1: float
    threshold: float
    train_pairs: int
    test_pairs: int
    seconds: float
    peak_mb: float


def evaluate(
    train: Sequence[LabelledPair],
    valid: Sequence[LabelledPair] | None,
    test: Sequence[LabelledPair],
) -> Evaluation:
    """Measure the comparison on labelled pairs.

    Weights of words come from the training records alone; the test pairs are scored once.
    Without ``valid`` the threshold is chosen on training pairs, each scored by a model that had
    not seen it.
    """
    begun = time.perf_counter()
    comparer = Comparer(train)
    seen, truth = comparer.features(train), [pair.same for pair in train]
    grove = scorer.grow(seen, truth, _PLAN)
    if valid is None:
        chosen = scorer.best_threshold(scorer.scores_of_unseen(seen, truth, plan=_PLAN), truth)
    else:
        scores = grove.raw(comparer.features(valid))
        chosen = scorer.best_threshold(scores, [pair.same for pair in valid])
    scores = grove.raw(comparer.features(test))
    result = scorer.quality(scores, [pair.same for pair in test], chosen)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KB_PER_MB
    return Evaluation(
        round(result.precision, 4),
        round(result.recall, 4),
        round(result.f1, 4),
        round(chosen, 3),
        len(train),
        len(test),
        round(time.perf_counter() - begun, 2),
        round(peak, 1),
    )
