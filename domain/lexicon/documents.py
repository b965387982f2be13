"""How an entry lies in the index: one field for each way of being found."""

from dataclasses import dataclass
from functools import cache

import tantivy

from domain.lexicon.entries import Entry
from domain.lexicon.kinds import said_of, topics_in
from domain.lexicon.makers import names_of
from domain.lexicon.sounds import initials_of, sound_of
from domain.lexicon.text import is_han, normalised, pairs, runs, tokens

#: Texts that words are looked for in: pairs of Han characters and whole Latin words, in order.
ZONES = ("name", "also", "make", "rest")
#: Further ways: whole keys, pairs of a key's characters, pinyin, first letters, single characters.
WAYS = ("keys", "key_pairs", "sound", "initials", "chars", "kinds", "maker", "class")
#: Stands at the beginning of every name, so that a phrase can ask for it.
START = "^"
NUMBER = "number"


@cache
def schema() -> tantivy.Schema:
    """Return the schema; a change of it needs another version in ``stores``."""
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field(NUMBER, stored=False, indexed=True, fast=True)
    for field in (*ZONES, "sound"):
        builder.add_text_field(field, tokenizer_name="spaced", index_option="position")
    for field in (way for way in WAYS if way != "sound"):
        builder.add_text_field(field, tokenizer_name="spaced", index_option="freq")
    return builder.build()


def prepare(index: tantivy.Index) -> tantivy.Index:
    """Give an opened index the tokenizer that its fields ask for."""
    index.register_tokenizer(
        "spaced", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    )
    return index


def _joined(text: str) -> list[str]:
    """Return Latin words run together with their neighbours: ``lc ms ms``, ``gemini 300``."""
    words = runs(text)
    found: list[str] = []
    for start in range(len(words)):
        for count in (2, 3):
            part = words[start : start + count]
            if len(part) == count and not any(is_han(word) for word in part):
                found.append("".join(part))
    return found


@dataclass(frozen=True)
class _Said:
    """All that instruments of some kinds are also called, cut up for the index once."""

    tokens: tuple[str, ...]
    joined: frozenset[str]
    sounds: tuple[str, ...]
    initials: tuple[str, ...]
    chars: frozenset[str]


def _heard(text: str) -> tuple[list[str], list[str]]:
    """Return the pinyin and the first letters of the different Han runs of a text."""
    different = [run for run in dict.fromkeys(runs(text)) if is_han(run)]
    sounds = [syllable for run in different for syllable in sound_of(run)]
    return sounds, [letters for run in different for letters in initials_of(run)]


def _han_characters(text: str) -> frozenset[str]:
    return frozenset(c for run in runs(text) if is_han(run) for c in run)


@cache
def _said(kinds: frozenset[str]) -> _Said:
    text = normalised(said_of(kinds))
    sounds, initials = _heard(text)
    return _Said(
        tuple(tokens(text)),
        frozenset(_joined(text)),
        tuple(sounds),
        tuple(initials),
        _han_characters(text),
    )


@cache
def _maker_tokens(maker: str) -> tuple[str, ...]:
    return tuple(tokens(normalised(" ".join(names_of(maker)))))


def _parts(entry: Entry) -> dict[str, list[str]]:
    said = _said(entry.kinds)
    names = normalised(f"{entry.name} {entry.name_en}")
    make = normalised(f"{entry.maker} {entry.model}")
    rest = normalised(f"{entry.category} {entry.specs} {entry.rest}")
    topics = normalised(topics_in(f"{names} {rest}"))
    sounds, initials = _heard(entry.plain_name)
    keys = {entry.key, *entry.codes, *_joined(f"{names} {make}"), *said.joined} - {""}
    return {
        "name": [START, *tokens(names)],
        "also": [*said.tokens, *tokens(topics)],
        "make": [*tokens(make), *_maker_tokens(entry.made_by)],
        "rest": tokens(rest),
        "keys": sorted(keys),
        "key_pairs": pairs(entry.key) if entry.key else [],
        "sound": [*sounds, *said.sounds],
        "initials": [*initials, *said.initials],
        "chars": sorted(_han_characters(f"{names} {make} {rest}") | said.chars),
        "kinds": sorted(entry.all_kinds),
        "maker": [entry.made_by.casefold().replace(" ", "")] if entry.made_by else [],
        "class": [entry.class_code[:4]] if entry.class_code else [],
    }


def document(number: int, entry: Entry) -> tantivy.Document:
    """Return the document of an entry under a number."""
    made = tantivy.Document()
    made.add_unsigned(NUMBER, number)
    for field, found in _parts(entry).items():
        if found:
            made.add_text(field, " ".join(found))
    return made
