"""How Chinese names sound: pinyin of names, and names typed in pinyin."""

from functools import cache, lru_cache

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PINYIN_DICT

from domain.lexicon.text import is_han, runs

_LONGEST_SYLLABLE = 6
_FEWEST = 2


@lru_cache(maxsize=1 << 16)
def syllables(run: str) -> tuple[str, ...]:
    """Return the syllables of a run of Han characters, without tones."""
    return tuple(lazy_pinyin(run, style=Style.NORMAL, errors="ignore"))


def sound_of(name: str) -> tuple[str, ...]:
    """Return the syllables of a name's Han runs with a gap mark after each run."""
    found: list[str] = []
    for run in runs(name):
        if is_han(run):
            found += [*syllables(run), "|"]
    return tuple(found)


def initials_of(name: str) -> list[str]:
    """Return the first letters of each Han run: 扫描电镜 is ``smdj``."""
    spoken = ("".join(s[0] for s in syllables(run)) for run in runs(name) if is_han(run))
    return [letters for letters in spoken if len(letters) >= _FEWEST]


@cache
def _known_syllables() -> frozenset[str]:
    """Return the syllables of the common characters; a consonant alone is none."""
    spoken = {
        syllable
        for code in range(0x4E00, 0x9FA6)
        if code in PINYIN_DICT
        for syllable in lazy_pinyin(chr(code), style=Style.NORMAL)
    }
    return frozenset(s for s in spoken if s.isascii() and (len(s) > 1 or s in "aeo"))


@lru_cache(maxsize=1 << 12)
def as_syllables(word: str) -> tuple[str, ...]:
    """Return a word of Latin letters cut into pinyin syllables, at least two, or nothing."""
    if not word.isascii() or not word.isalpha():
        return ()
    known = _known_syllables()
    best: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - _LONGEST_SYLLABLE), end):
            before, last = best[start], word[start:end]
            shorter = best[end] is None or len(best[end] or ()) > len(before or ()) + 1
            if before is not None and last in known and shorter:
                best[end] = (*before, last)
    found = best[-1] or ()
    return found if len(found) >= _FEWEST else ()
