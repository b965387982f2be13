"""How texts are compared: folded forms, runs of characters, names without tags and numbers."""

import re
import unicodedata
from functools import cache, lru_cache

import opencc

from domain.lexicon.tables import rows

#: Folding once can open the way for another fold; this many rounds settle every text met so far.
_ROUNDS = 6
_SPACES = re.compile(r"[\s·•、，,;；“”\"'`]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
#: One run of Han characters or one run of letters and digits ("+" is part of model names).
_RUN = re.compile(r"[\u3400-\u9fff]+|[^\W_\u3400-\u9fff]+\+*")
_TAG = re.compile(r"【[^】]*】|\[[^\]]*\]|〔[^〕]*〕")
_COUNT = re.compile(
    r"(?:[-\s(]*(?:no\.?|编号|第)?\s*\d{1,2}\s*(?:号机|号|#|台)\)?"
    r"|[-\s(]*#\s*\d{1,2}\)?"
    r"|(?<=[\u3400-\u9fff)])[-\s]*\d{1,2})\s*$"
)
_GAP = "|"


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def _once(text: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if _HAN.search(folded):
        folded = _simplifier().convert(folded)
        for row in rows("variants"):
            folded = folded.replace(row["from"], row["to"])
    return _SPACES.sub(" ", folded).strip()


@lru_cache(maxsize=1 << 16)
def normalised(text: str) -> str:
    """Return text as it is compared: compatible forms, no case, simplified, one spelling.

    Doing it twice changes nothing.
    """
    for _ in range(_ROUNDS):
        folded = _once(text)
        if folded == text:
            break
        text = folded
    return text


def is_han(run: str) -> bool:
    """Tell whether a run is written in Han characters."""
    return bool(run) and bool(_HAN.match(run))


def runs(text: str) -> list[str]:
    """Return the runs of Han characters and of letters with digits in a normalised text."""
    return _RUN.findall(text)


def pairs(run: str) -> list[str]:
    """Return the neighbouring pairs of a run's characters in order; a single one for itself."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def tokens(text: str) -> list[str]:
    """Return a normalised text as it is indexed: pairs of Han characters, whole Latin words.

    A gap mark stands between runs, so that no phrase matches across two of them.
    """
    found: list[str] = []
    for run in runs(text):
        found += [*(pairs(run) if is_han(run) else [run]), _GAP]
    return found


def bare_name(name: str) -> str:
    """Return a normalised name without site tags (【…】) and numbers of units (2号, #3, …仪1)."""
    plain = _TAG.sub(" ", normalised(name)).strip()
    shorter = _COUNT.sub("", plain).strip()
    return shorter or plain or normalised(name)


def folded(text: str) -> str:
    """Return letters, digits and Han characters only, in one piece: ``LC-MS/MS`` is ``lcmsms``."""
    return "".join(runs(normalised(text))).replace("+", "plus")
