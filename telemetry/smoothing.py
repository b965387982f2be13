"""States do not flicker: the likeliest sequence (Viterbi), and rules of least holding."""

import math

import numpy as np

from telemetry.windows import Flags, Floats, Whole

#: The chance that a state lasts another minute (measured: telemetry benchmark).
STAY = 0.995
_LEAST = 1e-6


def likeliest(chances: Floats, stay: float = STAY) -> Whole:
    """Return the likeliest sequence of codes for rows of chances, one row a minute (Viterbi).

    Changing costs the same whatever the states; a row of equal chances says nothing.
    """
    count, kinds = chances.shape
    if kinds == 1:
        return np.zeros(count, dtype=np.int64)
    # Plain numbers: three states are too few for arrays to be worth their calls.
    rows = np.log(np.clip(chances, _LEAST, 1.0)).tolist()
    keep, change = math.log(stay), math.log((1 - stay) / (kinds - 1))
    own = list(range(kinds))
    score, came = [0.0] * kinds, []
    for row in rows:
        best = max(own, key=score.__getitem__)
        moved = score[best] + change
        came.append([k if score[k] + keep >= moved else best for k in own])
        score = [max(score[k] + keep, moved) + row[k] for k in own]
    path = np.empty(count, dtype=np.int64)
    state = max(own, key=score.__getitem__)
    for minute in range(count - 1, -1, -1):
        path[minute] = state
        state = came[minute][state]
    return path


def runs(codes: Whole) -> list[tuple[int, int, int]]:
    """Return (first, one past the last, code) for each stretch of equal codes."""
    if len(codes) == 0:
        return []
    edge = np.flatnonzero(np.diff(codes)) + 1
    begin = np.concatenate(([0], edge))
    end = np.concatenate((edge, [len(codes)]))
    return [(int(a), int(b), int(codes[a])) for a, b in zip(begin, end, strict=True)]


def held(flags: Flags, least: int) -> Flags:
    """Keep only the stretches of true that last at least so many minutes.

    The first one is kept however short: how long it had lasted before is not known.
    """
    kept = flags.copy()
    for begin, end, code in runs(flags.astype(np.int64)):
        if code and begin > 0 and end - begin < least:
            kept[begin:end] = False
    return kept
