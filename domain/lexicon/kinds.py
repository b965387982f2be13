"""What an instrument is: the kinds that a name, an abbreviation or a synonym stands for."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from domain.lexicon.tables import rows
from domain.lexicon.text import folded, is_han, normalised, runs

#: A term of Latin letters may be made of this many words (LC-MS/MS, scanning electron microscope).
_LONGEST_JOIN = 7
_LONGEST_TERM = 24


@dataclass(frozen=True)
class Kind:
    """A kind of instrument; ``of`` is the wider kind that it belongs to, or nothing.

    ``class_code`` is the national platform's (scheme ``nrii``), six digits.
    """

    code: str
    of: str
    class_code: str
    zh: str
    en: str
    also: tuple[str, ...]


@cache
def kinds() -> dict[str, Kind]:
    """Return all kinds by code, each with its English terms from the chemical ontology."""
    more: dict[str, list[str]] = {}
    for row in rows("chmo_terms"):
        more.setdefault(row["kind"], []).append(row["term"])
    return {
        row["kind"]: Kind(
            row["kind"],
            row["of"],
            row["class"],
            row["zh"],
            row["en"],
            (*row["also"].split("|"), *more.get(row["kind"], ())),
        )
        for row in rows("kinds")
    }


@cache
def _terms() -> dict[str, frozenset[str]]:
    """Return folded term → the kinds that it may mean."""
    found: dict[str, set[str]] = {}
    for kind in kinds().values():
        for term in (kind.zh, kind.en, *kind.also):
            found.setdefault(folded(term), set()).add(kind.code)
    return {term: frozenset(codes) for term, codes in found.items() if term}


@dataclass(frozen=True)
class _Match:
    start: int
    end: int
    term: str


def _han_matches(run: str, at: int) -> Iterator[_Match]:
    known = _terms()
    for start in range(len(run)):
        for end in range(min(len(run), start + _LONGEST_TERM), start + 1, -1):
            if run[start:end] in known:
                yield _Match(at + start, at + end, run[start:end])
                break


def _matches(text: str) -> list[_Match]:
    """Return the terms of a normalised text that no longer term contains."""
    known, found, at = _terms(), [], 0
    pieces = runs(text)
    whole = "".join(pieces)
    for number, run in enumerate(pieces):
        if is_han(run):
            # Terms such as "X射线衍射仪" begin before their Han characters.
            found += list(_han_matches(whole[at : at + len(run)], at))
        for count in range(1, _LONGEST_JOIN + 1):
            term = "".join(pieces[number : number + count])
            if count <= len(pieces) - number and term in known:
                found.append(_Match(at, at + len(term), term))
        found += list(_mixed(pieces, number, at))
        at += len(run)
    return [m for m in found if not any(_inside(m, other) for other in found)]


def _mixed(pieces: list[str], number: int, at: int) -> Iterator[_Match]:
    """Yield the longest term that begins with a Latin run and goes on into Han characters."""
    known = _terms()
    if is_han(pieces[number]) or number + 1 == len(pieces):
        return
    text = "".join(pieces[number:])
    for end in range(min(len(text), _LONGEST_TERM), len(pieces[number]), -1):
        if text[:end] in known:
            yield _Match(at, at + end, text[:end])
            return


def _inside(one: _Match, other: _Match) -> bool:
    return (
        other.start <= one.start
        and one.end <= other.end
        and other.end - other.start > one.end - one.start
    )


def with_wider(codes: frozenset[str]) -> frozenset[str]:
    """Return kinds together with the wider kinds that they belong to."""
    known, found, waiting = kinds(), set(codes), list(codes)
    while waiting:
        wider = known[waiting.pop()].of
        if wider and wider not in found:
            found.add(wider)
            waiting.append(wider)
    return frozenset(found)


def kinds_in(text: str) -> frozenset[str]:
    """Return the kinds that a text speaks of, the narrowest only.

    A term that may mean several kinds (电镜) counts for all of them, unless a clearer term
    beside it names one of these.
    """
    means = [_terms()[match.term] for match in _matches(normalised(text))]
    clear = frozenset().union(*(m for m in means if len(m) == 1))
    wider = with_wider(clear)
    vague = frozenset().union(*(m for m in means if len(m) > 1 and not m & wider))
    found = clear | vague
    return found - frozenset().union(*(with_wider(frozenset({c})) - {c} for c in found))


@cache
def said_of(codes: frozenset[str]) -> str:
    """Return everything that instruments of these kinds are also called."""
    known = kinds()
    meant = [known[code] for code in sorted(with_wider(codes))]
    words = (word for kind in meant for word in (kind.zh, kind.en, *kind.also))
    return " ".join(dict.fromkeys(words))


def topics_in(text: str) -> str:
    """Return what people also say for the topics that a normalised text speaks of."""
    return " ".join(row["also"] for row in rows("topics") if row["when"] in text)
