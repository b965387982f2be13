"""Model numbers: what is left of them once separators, case and slips are folded away."""

import re
from functools import lru_cache

from domain.lexicon.makers import maker_of, without_maker
from domain.lexicon.text import is_han, normalised, runs

#: A letter O beside a digit is a zero: nobody can tell them apart on a name plate.
_OH = re.compile(r"(?<=\d)o|o(?=\d)")
_MEASURE = re.compile(
    r"\d+(?:\.\d+)?(?:nm|um|μm|mm|cm|m|kv|v|w|kw|hz|khz|mhz|ghz|t|k|kn|n|mpa|bar|ml|ul|g|mg|kg|"
    r"pa|ppm|ppb|ev|kev|mev|s|ms|h|min|fps|bit|位|孔|℃|°c|%)?"
)
#: Figures with a unit of two letters or more are taken out; one letter (70v) may belong to a model.
_WITH_UNIT = re.compile(
    r"\d+(?:\.\d+)?\s*(?:nm|um|μm|mm|cm|kv|kw|hz|khz|mhz|ghz|kn|mpa|bar|ml|ul|mg|kg|pa|ppm|ppb|"
    r"ev|kev|mev|min|fps|bit|℃|°c|%)(?![a-z0-9])"
)
_MOST_JOINED = 5
_SHORTEST = 2


def fold(text: str) -> str:
    """Return a normalised model in one piece: ``SU-801O`` is ``su8010``, ``6500+`` ``6500plus``."""
    return _OH.sub("0", "".join(runs(text)).replace("+", "plus"))


@lru_cache(maxsize=1 << 16)
def model_key(model: str, maker: str = "") -> str:
    """Return what makes two spellings of a model equal; suffixes (NLO, Plus, II) stay."""
    text = normalised(model)
    return fold(without_maker(text, maker_of(maker)) if maker else text)


def _is_code(word: str) -> bool:
    return (
        len(word) >= _SHORTEST
        and any(c.isdigit() for c in word)
        and not is_han(word)
        and not _MEASURE.fullmatch(word)
    )


@lru_cache(maxsize=1 << 16)
def codes_in(text: str) -> frozenset[str]:
    """Return the model-like words of a text: with a digit, alone and joined with their neighbours.

    Measures (0.7 nm, 15 kV) are none.
    """
    words = runs(_WITH_UNIT.sub(" | ", normalised(text)))
    found = set()
    for start in range(len(words)):
        for count in range(1, _MOST_JOINED + 1):
            part = words[start : start + count]
            if len(part) < count or any(is_han(word) for word in part):
                break
            joined = "".join(part)
            named = count == 1 or any(c.isalpha() for c in part[0])
            if named and _is_code(joined):
                found.add(_OH.sub("0", joined.replace("+", "plus")))
    return frozenset(found)
