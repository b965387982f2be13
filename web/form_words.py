"""Puts a form's own texts into the reader's language before the browser gets it."""

from collections.abc import Mapping
from typing import Any

from web.words import say

#: Where a form-js component keeps what people read.
_TEXTS = ("label", "description", "text", "dateLabel", "timeLabel", "content", "alt")
_INNER = {
    "appearance": ("prefixAdorner", "suffixAdorner", "placeholder"),
    "validate": ("patternErrorMessage",),
}


def translated(schema: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """Return a copy of a form's schema with its texts in the reader's language."""
    copy = dict(schema)
    for name in _TEXTS:
        if isinstance(copy.get(name), str):
            copy[name] = say(words, copy[name])
    for holder, names in _INNER.items():
        if isinstance(copy.get(holder), Mapping):
            copy[holder] = _inner(copy[holder], names, words)
    for name in ("values", "columns"):
        if isinstance(copy.get(name), list):
            copy[name] = [_inner(each, ("label",), words) for each in copy[name]]
    if isinstance(copy.get("components"), list):
        copy["components"] = [translated(each, words) for each in copy["components"]]
    return copy


def _inner(
    holder: Mapping[str, Any], names: tuple[str, ...], words: Mapping[str, str]
) -> dict[str, Any]:
    copy = dict(holder)
    for name in names:
        if isinstance(copy.get(name), str):
            copy[name] = say(words, copy[name])
    return copy
