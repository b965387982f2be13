"""What is asked of the index: words that a person typed, or an instrument's likes."""

import math
import re
from collections.abc import Sequence

from tantivy import Occur, Query

from domain.lexicon.documents import START, ZONES, schema
from domain.lexicon.entries import Entry
from domain.lexicon.sounds import as_syllables, syllables
from domain.lexicon.text import folded, is_han, normalised, pairs, runs, tokens

_MOST_WORDS = 8
_LONGEST_WORD = 40
_MOST_PAIRS = 24
#: What a word is worth where it is found: at the beginning of the name, in the name, among the
#: other names, in maker or model, elsewhere; by its sound; as the beginning of a Latin word.
_BEGINS = 60
_WORTH = {"name": 40, "also": 35, "make": 30, "rest": 10}
_WHOLE = 15
_KEY, _SOUND, _INITIALS = 45, 25, 20
#: Share of a query's character pairs that a record needs when no record has all its words.
_ENOUGH = 0.5
_FEWEST = 2
_SHORTEST_PREFIX = 2
_SHORTEST_TYPO, _LONG_TYPO = 4, 8


def _const(query: Query, score: float) -> Query:
    return Query.const_score_query(query, float(score))


def _term(field: str, token: str) -> Query:
    return Query.term_query(schema(), field, token)


def _any(queries: Sequence[Query]) -> Query:
    return Query.disjunction_max_query(list(queries))


def _all(queries: Sequence[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, query) for query in queries])


def _phrase(field: str, parts: Sequence[str]) -> Query:
    if len(parts) == 1:
        return _term(field, parts[0])
    return Query.phrase_query(schema(), field, list(parts))


def _prefix(field: str, word: str) -> Query:
    return Query.regex_query(schema(), field, f"{re.escape(word)}.*")


def _piece(field: str, run: str, worth: float) -> Query:
    """A run of a word inside one zone: Han characters anywhere, Latin words from their start."""
    if is_han(run):
        if len(run) == 1:
            # A single character is looked up among all of a record's; the zone is unknown.
            return _const(_term("chars", run), _WORTH["rest"])
        return _const(_phrase(field, pairs(run)), worth)
    whole = _const(_term(field, run), worth + _WHOLE)
    if len(run) < _SHORTEST_PREFIX:
        return whole
    return _any([whole, _const(_prefix(field, run), worth)])


def _in_zone(field: str, word: str, parts: Sequence[str]) -> Query:
    worth = _WORTH[field]
    if len(parts) == 1:
        return _piece(field, parts[0], worth)
    # Gap marks stand between the runs of the index as they do here: LC-MS/MS is no LC-MS.
    return _const(_phrase(field, tokens(word)[:-1]), worth + _WHOLE)


def _word(word: str) -> Query | None:
    parts = runs(word)
    if not parts:
        return None
    ways = [_in_zone(field, word, parts) for field in ZONES]
    first = parts[0]
    if is_han(first) and len(parts) == 1 and len(first) > 1:
        ways.append(_const(_phrase("name", [START, *pairs(first)]), _BEGINS))
    joined = folded(word)
    if not any(is_han(run) for run in parts) and len(joined) >= _SHORTEST_PREFIX:
        ways.append(_const(_term("keys", joined), _KEY + _WHOLE))
        ways.append(_const(_prefix("keys", joined), _KEY - _WHOLE))
        ways += _by_sound(joined)
    return _any(ways)


def _by_sound(letters: str) -> list[Query]:
    spoken = as_syllables(letters)
    ways = [_const(_phrase("sound", spoken), _SOUND)] if spoken else []
    if len(letters) > _SHORTEST_PREFIX:
        ways.append(_const(_term("initials", letters), _INITIALS))
    return ways


def words_of(text: str) -> list[str]:
    """Return the words of what somebody typed, as they are looked for."""
    return [word[:_LONGEST_WORD] for word in normalised(text).split()[:_MOST_WORDS]]


def all_words(words: Sequence[str]) -> Query:
    """Ask for records that have every word; a word of punctuation alone is found nowhere."""
    asked = [_word(word) for word in words]
    if not asked or any(query is None for query in asked):
        return Query.empty_query()
    return _all([query for query in asked if query is not None])


def nearest(words: Sequence[str]) -> Query:
    """Ask for records that have at least two and half of the words' parts."""
    wanted = [run for word in words for run in runs(word)]
    asked = [part for run in wanted for part in _parts(run)][:_MOST_PAIRS]
    if not asked:
        return Query.empty_query()
    least = max(min(len(asked), _FEWEST), math.ceil(len(asked) * _ENOUGH))
    return Query.boolean_query([(Occur.Should, part) for part in asked], least)


def _parts(run: str) -> list[Query]:
    if is_han(run):
        return [_somewhere(pair) for pair in pairs(run) if len(pair) > 1]
    if len(run) < _SHORTEST_PREFIX:
        return []
    ways = [_somewhere(run), *_typo(run), *_by_sound(run)]
    return [_any(ways)]


def _somewhere(token: str) -> Query:
    zones = ("name", "also", "make", "rest")
    return _any([_const(_term(zone, token), _WORTH[zone]) for zone in zones])


def _typo(word: str) -> list[Query]:
    """A Latin word with one slip, or two in a long one; numbers have none: they would be others."""
    if len(word) < _SHORTEST_TYPO or word.isdigit():
        return []
    slips = 2 if len(word) >= _LONG_TYPO else 1
    return [
        _const(Query.fuzzy_term_query(schema(), field, word, slips), _WORTH["rest"])
        for field in ("name", "also", "make", "keys")
    ]


def sounds_like(words: Sequence[str]) -> Query:
    """Ask for records whose names sound like the Han words: a slip of the pinyin keyboard."""
    spoken = [syllables(run) for word in words for run in runs(word) if is_han(run)]
    if not spoken:
        return Query.empty_query()
    return _all([_const(_phrase("sound", each), _SOUND) for each in spoken if each])


#: What agreeing counts for when candidates are proposed; the scorer decides afterwards.
_SAME_KEY, _SAME_CODE, _SAME_KIND, _SAME_MAKER, _SAME_CLASS = 60.0, 25.0, 4.0, 6.0, 1.0
_KEY_PAIR, _NAME_PAIR = 1.6, 1.0


def likes(entry: Entry) -> Query:
    """Ask for the candidates that may be the same model or serve the same purpose."""
    asked: list[Query] = []
    if entry.key:
        asked.append(_const(_term("keys", entry.key), _SAME_KEY))
        parts = sorted(set(pairs(entry.key)))
        asked += [Query.boost_query(_term("key_pairs", part), _KEY_PAIR) for part in parts]
    asked += [_const(_term("keys", code), _SAME_CODE) for code in sorted(entry.codes)]
    asked += [
        Query.boost_query(_any([_term("name", p), _term("also", p)]), _NAME_PAIR)
        for p in sorted(entry.name_pairs)
    ]
    asked += [_const(_term("kinds", kind), _SAME_KIND) for kind in sorted(entry.all_kinds)]
    if entry.made_by:
        asked.append(_const(_term("maker", entry.made_by.casefold().replace(" ", "")), _SAME_MAKER))
    if entry.class_code:
        asked.append(_const(_term("class", entry.class_code[:4]), _SAME_CLASS))
    return Query.boolean_query([(Occur.Should, part) for part in asked])
