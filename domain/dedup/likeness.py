"""Two instruments compared by numbers: model, maker, kind, name, class and figures.

One feature list serves both questions, the same model and the same function; two scorers weigh
it differently. Swapping the two instruments changes nothing.
"""

import re

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler, Levenshtein

from domain.lexicon.entries import Entry

#: A feature that cannot be said because one side is silent.
SILENT = -1.0
_DIGITS = re.compile(r"\d+")

FEATURES = (
    "key_same", "key_likeness", "key_part", "key_rest", "digits_same", "letters_same",
    "codes_shared", "codes_conflict", "codes_nearest", "key_in_other", "keys_missing",
    "maker_same", "kinds_share", "kinds_same", "kinds_conflict", "kinds_unknown",
    "name_share", "name_inside", "name_ratio", "class_digits", "measures_share",
)  # fmt: skip


def features(one: Entry, other: Entry) -> list[float]:
    """Return the numbers named by ``FEATURES`` for a pair."""
    return [
        *_keys(one, other),
        *_codes(one, other),
        _same(one.made_by, other.made_by),
        *_kinds(one, other),
        *_names(one, other),
        _class_digits(one, other),
        _measures(one, other),
    ]


def _same(one: str, other: str) -> float:
    return float(one == other) if one and other else SILENT


def _keys(one: Entry, other: Entry) -> list[float]:
    left, right = one.key, other.key
    if not left or not right:
        return [SILENT] * 6
    short, long = sorted((left, right), key=lambda key: (len(key), key))
    inside = short in long
    return [
        float(left == right),
        Levenshtein.normalized_similarity(left, right),
        len(short) / len(long) if inside else 0.0,
        float(len(long) - len(short)) if inside else SILENT,
        float(_DIGITS.findall(left) == _DIGITS.findall(right)),
        float(_DIGITS.sub("", left) == _DIGITS.sub("", right)),
    ]


def _codes(one: Entry, other: Entry) -> list[float]:
    left, right = one.all_codes, other.all_codes
    shared = left & right
    nearest = max((JaroWinkler.similarity(a, b) for a in left for b in right), default=SILENT)
    return [
        float(min(len(shared), 3)),
        float(bool(left) and bool(right) and not shared),
        nearest,
        float(bool(one.key) and one.key in right) + float(bool(other.key) and other.key in left),
        float(not one.key) + float(not other.key),
    ]


def _kinds(one: Entry, other: Entry) -> list[float]:
    left, right = one.all_kinds, other.all_kinds
    if not left or not right:
        return [SILENT, SILENT, 0.0, float(not left) + float(not right)]
    shared = left & right
    return [
        len(shared) / len(left | right),
        float(one.kinds == other.kinds),
        float(not shared),
        0.0,
    ]


def _names(one: Entry, other: Entry) -> list[float]:
    left, right = one.name_pairs, other.name_pairs
    shared = len(left & right)
    return [
        shared / max(1, len(left | right)),
        shared / max(1, min(len(left), len(right))),
        fuzz.ratio(*sorted((one.plain_name, other.plain_name))) / 100,
    ]


def _class_digits(one: Entry, other: Entry) -> float:
    """Return how many pairs of digits of the class codes agree, from the front."""
    if not one.class_code or not other.class_code:
        return SILENT
    agreed = 0
    for at in range(2, 7, 2):
        if one.class_code[:at] != other.class_code[:at]:
            break
        agreed += 1
    return float(agreed)


def _measures(one: Entry, other: Entry) -> float:
    left, right = one.measures, other.measures
    if not left or not right:
        return SILENT
    return len(left & right) / len(left | right)
