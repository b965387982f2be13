"""Two records of any columns compared by numbers: texts, model numbers, figures, price.

For labelled pairs of products; instruments have their own comparison in ``likeness``, which knows
their makers and kinds.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler, Prefix

from domain.dedup.pair_files import LabelledPair
from domain.lexicon.text import normalised

#: A feature that cannot be said because one side is silent.
SILENT = -1.0
_PRICE = "price"
_MODEL = re.compile(r"model", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*")
_CODED = re.compile(r"[a-z0-9][a-z0-9\-./_+]*")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_PLAIN_NUMBER = re.compile(r"\d{1,3}(?:[.,\-]\d+)*")
_MEASURE = re.compile(
    r"\d+(?:\.\d+)?(?:[mgt]b|in|inch|mm|cm|m|ft|w|v|m?ah|[mgk]?hz|x|mp|k|oz|lbs?|th|st|nd|rd|p|i|"
    r"hd|dpi|ppm|hr|pk|pack|cu|btu|yr|u)?"
)
_SHORTEST_CODE, _SHORTEST_INSIDE = 3, 4
#: So many digits in groups (010-10704-00) are a part number, fewer a range (18-70).
_LONG_NUMBER = 7


@dataclass(frozen=True)
class Column:
    """A column's text, cut into words."""

    text: str
    words: frozenset[str]


@dataclass(frozen=True)
class Product:
    """A record with everything that comparing it needs."""

    columns: Mapping[str, Column]
    first: Column
    text: str
    words: frozenset[str]
    grams: frozenset[str]
    joined: str
    first_joined: str
    first_codes: frozenset[str]
    codes: frozenset[str]
    model: str
    first_figures: frozenset[str]
    figures: frozenset[str]
    brand: str
    price: float


def _folded(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text)


def _codes(text: str) -> set[str]:
    """Return the words of a text that look like a model number and not like a measure."""
    found = set()
    for word in _CODED.findall(text):
        code = _folded(word)
        measure = _MEASURE.fullmatch(word.strip(".-/")) or (
            _PLAIN_NUMBER.fullmatch(word) and len(code) < _LONG_NUMBER
        )
        if len(code) >= _SHORTEST_CODE and any(c.isdigit() for c in code) and not measure:
            found.add(code)
    return found


def _price(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return SILENT
    return value if value > 0 and math.isfinite(value) else SILENT


def product(values: Mapping[str, str]) -> Product:
    """Prepare a record; the first column is taken for its title."""
    texts = {name: normalised(value) for name, value in values.items()}
    said = {name: text for name, text in texts.items() if name.casefold() != _PRICE}
    cut = {name: _WORD.findall(text) for name, text in said.items()}
    columns = {name: Column(" ".join(words), frozenset(words)) for name, words in cut.items()}
    title = next(iter(said))
    first, whole = columns[title], " ".join(said.values())
    spaced = f" {first.text} "
    model = _folded(next((text for name, text in said.items() if _MODEL.match(name)), ""))
    codes = set().union(*(_codes(text) for text in said.values()))
    return Product(
        columns=columns,
        first=first,
        text=whole,
        words=frozenset().union(*(column.words for column in columns.values())),
        grams=frozenset(spaced[i : i + 3] for i in range(len(first.text))),
        joined=_folded(whole),
        first_joined=_folded(said[title]),
        first_codes=frozenset(_codes(said[title])),
        codes=frozenset(codes | ({model} if len(model) >= _SHORTEST_CODE else set())),
        model=model,
        first_figures=frozenset(_FIGURE.findall(said[title])),
        figures=frozenset(_FIGURE.findall(whole)),
        brand=next(iter(cut[title]), ""),
        price=_price(texts.get(_PRICE, "")),
    )


class Rarity:
    """How rare words and codes are among the records seen in training."""

    def __init__(self, products: Iterable[Product]) -> None:
        self.words: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.total = 1
        for each in products:
            self.total += 1
            self.words.update(each.words)
            self.codes.update(each.codes)

    def word(self, word: str) -> float:
        """Return the weight of a word: 0 for one in every record."""
        return math.log(self.total / (self.words.get(word, 0) + 1))

    def code(self, code: str) -> float:
        """Return the weight of a code."""
        return math.log(self.total / (self.codes.get(code, 0) + 1))

    def cosine(self, one: Set[str], other: Set[str]) -> float:
        """Return how alike two sets of words are, rare words counting more."""
        if not one or not other:
            return SILENT
        shared = sum(self.word(word) ** 2 for word in one & other)
        weights = [sum(self.word(word) ** 2 for word in words) for words in (one, other)]
        return shared / math.sqrt(weights[0] * weights[1] + 1e-9)

    def share(self, one: Set[str], other: Set[str]) -> float:
        """Return the share of one set's weight that the other has too."""
        weight = sum(self.word(word) for word in one)
        return sum(self.word(word) for word in one & other) / weight if weight else SILENT


def compare(one: Product, other: Product, rarity: Rarity, columns: Sequence[str]) -> list[float]:
    """Return the features of a pair; ``columns`` are those of training, in order."""
    return [
        *[value for name in columns for value in _column(one, other, name, rarity)],
        *_whole(one, other, rarity),
        *_coded(one, other, rarity),
        *_models(one, other),
        *_figures(one, other),
    ]


def _column(one: Product, other: Product, name: str, rarity: Rarity) -> list[float]:
    left, right = one.columns.get(name), other.columns.get(name)
    if not left or not right or not left.text or not right.text:
        return [SILENT] * 7
    return [
        fuzz.ratio(left.text, right.text),
        fuzz.token_set_ratio(left.text, right.text),
        fuzz.token_sort_ratio(left.text, right.text),
        fuzz.partial_ratio(left.text, right.text),
        rarity.cosine(left.words, right.words),
        rarity.share(left.words, right.words),
        rarity.share(right.words, left.words),
    ]


def _whole(one: Product, other: Product, rarity: Rarity) -> list[float]:
    grams = len(one.grams & other.grams)
    return [
        rarity.cosine(one.words, other.words),
        rarity.share(one.words, other.words),
        rarity.share(other.words, one.words),
        rarity.share(one.first.words, other.words),
        rarity.share(other.first.words, one.words),
        fuzz.token_set_ratio(one.text, other.text),
        grams / max(1, len(one.grams | other.grams)),
        grams / max(1, min(len(one.grams), len(other.grams))),
        max((rarity.word(w) for w in one.first.words & other.first.words), default=0.0),
        max((rarity.word(w) for w in one.first.words - other.words), default=0.0),
        max((rarity.word(w) for w in other.first.words - one.words), default=0.0),
        float(len(one.words)),
        float(len(other.words)),
        float(one.brand == other.brand),
    ]


def _coded(one: Product, other: Product, rarity: Rarity) -> list[float]:
    shared, first = one.codes & other.codes, one.first_codes & other.first_codes
    return [
        float(len(shared)),
        max((rarity.code(code) for code in shared), default=0.0),
        _conflict(one.codes, other.codes),
        float(not one.codes) + float(not other.codes),
        float(len(first)),
        _conflict(one.first_codes, other.first_codes),
        float(not one.first_codes) + 2 * float(not other.first_codes),
        *_nearest(one.first_codes, other.first_codes),
        *_nearest(one.codes, other.codes),
        *_stems(one.codes, other.codes),
        _inside(one.codes, other.joined),
        _inside(other.codes, one.joined),
        _inside(one.first_codes, other.joined),
        _inside(other.first_codes, one.joined),
    ]


def _conflict(one: Set[str], other: Set[str]) -> float:
    """Both sides name models, and none is the same: the strongest sign against."""
    return float(bool(one) and bool(other) and not one & other)


def _nearest(one: Set[str], other: Set[str]) -> tuple[float, float]:
    """Return the best likeness of two codes, and how much of a longer one the shorter is."""
    best = part = 0.0
    for left in one:
        for right in other:
            best = max(best, JaroWinkler.similarity(left, right))
            short, long = sorted((left, right), key=len)
            if len(short) >= _SHORTEST_INSIDE and short in long:
                part = max(part, len(short) / len(long))
    return best, part


def _stem(code: str) -> str:
    return code.rstrip("abcdefghijklmnopqrstuvwxyz") or code


def _stems(one: Set[str], other: Set[str]) -> tuple[float, float]:
    """Return how far two codes run alike from the front, and how long a stem they share.

    A stem ends with the last digit: what follows (WH, BK, /L) is often only a colour.
    """
    front = 0.0
    for left in one:
        for right in other:
            alike = Prefix.similarity(left, right)
            front = max(front, alike / max(len(left), len(right)))
    shared = {_stem(code) for code in one} & {_stem(code) for code in other}
    return front, float(max(map(len, shared), default=0))


def _inside(codes: Set[str], text: str) -> float:
    found = (len(code) for code in codes if len(code) >= _SHORTEST_INSIDE and code in text)
    return float(max(found, default=0))


def _models(one: Product, other: Product) -> list[float]:
    said = [
        float(each.model in text) if len(each.model) >= _SHORTEST_INSIDE else 0.0
        for each, text in ((one, other.first_joined), (other, one.first_joined))
    ]
    if not one.model or not other.model:
        return [SILENT, SILENT, SILENT, *said]
    return [
        float(one.model == other.model),
        JaroWinkler.similarity(one.model, other.model),
        fuzz.ratio(one.model, other.model),
        *said,
    ]


def _figures(one: Product, other: Product) -> list[float]:
    first = one.first_figures, other.first_figures
    dear = one.price > 0 and other.price > 0
    ratio = math.log(one.price / other.price) if dear else SILENT * 9
    return [
        len(first[0] & first[1]) / max(1, len(first[0] | first[1])),
        float(len(first[0] - first[1])),
        float(len(first[1] - first[0])),
        float(len(first[0] - other.figures)),
        float(len(first[1] - one.figures)),
        len(one.figures & other.figures) / max(1, len(one.figures | other.figures)),
        abs(ratio) if dear else SILENT,
        ratio,
    ]


class Comparer:
    """Turns pairs into features with the rarity and the columns of the training pairs."""

    def __init__(self, training: Sequence[LabelledPair]) -> None:
        self._known: dict[tuple[tuple[str, str], ...], Product] = {}
        records = [record for pair in training for record in (pair.left, pair.right)]
        names = dict.fromkeys(name for record in records for name in record)
        self.columns = [name for name in names if name.casefold() != _PRICE]
        self.rarity = Rarity({id(p): p for p in map(self._product, records)}.values())

    def _product(self, values: Mapping[str, str]) -> Product:
        key = tuple(values.items())
        if key not in self._known:
            self._known[key] = product(values)
        return self._known[key]

    def features(self, pairs: Iterable[LabelledPair]) -> list[list[float]]:
        """Return the features of each pair."""
        return [
            compare(self._product(p.left), self._product(p.right), self.rarity, self.columns)
            for p in pairs
        ]
