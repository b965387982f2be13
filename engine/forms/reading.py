"""One field's raw value from outside → JSON for the case, or the code of what is wrong with it."""

import math
from collections.abc import Callable
from typing import Any

from engine.forms.browser import is_storable, read_temporal
from engine.forms.components import Element

_LONGEST_NUMBER = 40
#: JavaScript's whole numbers are exact up to here.
_LARGEST = 2**53 - 1
_LONGEST_TEXT = 100_000
_MOST_CHOICES = 1_000


class Unreadable(Exception):
    """The raw value is of the wrong kind; ``problem`` is {"code": …}."""

    def __init__(self, code: str, **params: int) -> None:
        super().__init__(code)
        self.problem = {"code": code, **params}


def read_value(element: Element, given: Any) -> Any:  # noqa: ANN401 - JSON
    """Read a submitted value; nothing entered is null (false for a checkbox, [] for choices).

    Raises Unreadable.
    """
    if given is None or given == "":
        return empty(element)
    return _READERS[element.kind](element, given)


def empty(element: Element) -> Any:  # noqa: ANN401 - JSON
    """Return the value of an untouched field."""
    if element.kind in {"checklist", "taglist"}:
        return []
    return False if element.kind == "checkbox" else None


def _text(element: Element, given: object) -> str:
    if not isinstance(given, str) or not is_storable(given) or len(given) > _LONGEST_TEXT:
        raise Unreadable("not_text")
    if element.kind == "textfield":
        # As in the browser: a single line has no line breaks.
        return given.translate({ord(sign): " " for sign in "\r\n\t"})
    return given


def _number(element: Element, given: object) -> int | float | str:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise Unreadable("not_a_number")
    if isinstance(given, str) and len(given) > _LONGEST_NUMBER:
        raise Unreadable("not_a_number")
    try:
        number = float(given)
    except (ValueError, OverflowError) as error:
        raise Unreadable("not_a_number") from error
    if not math.isfinite(number) or (isinstance(given, str) and "_" in given):
        raise Unreadable("not_a_number")
    if abs(number) > _LARGEST:
        raise Unreadable("too_large", max=_LARGEST)
    if element.raw.get("serializeToString"):
        return str(given).strip()
    return int(number) if number.is_integer() else number


def _temporal(element: Element, given: object) -> dict[str, str]:
    try:
        return read_temporal(element.raw.get("subtype"), given)
    except ValueError as error:
        code = "not_a_time" if element.raw.get("subtype") == "time" else "not_a_date"
        raise Unreadable(code) from error


def _boolean(_element: Element, given: object) -> bool:
    if not isinstance(given, bool):
        raise Unreadable("not_a_boolean")
    return given


def _one(_element: Element, given: object) -> Any:  # noqa: ANN401 - JSON
    return _choice(given)


def _some(_element: Element, given: object) -> list[Any]:
    if not isinstance(given, list) or len(given) > _MOST_CHOICES:
        raise Unreadable("not_a_list")
    chosen: list[Any] = []
    for value in given:
        if not any(same(value, known) for known in chosen):
            chosen.append(_choice(value))
    return chosen


def _choice(given: object) -> object:
    if isinstance(given, str) and not is_storable(given):
        raise Unreadable("not_an_option")
    return given


def _files(_element: Element, given: object) -> Any:  # noqa: ANN401 - JSON
    """References to files that were stored before: one text, or a list of texts."""
    references = given if isinstance(given, list) else [given]
    for reference in references:
        if not isinstance(reference, str) or not is_storable(reference):
            raise Unreadable("not_text")
    return given


def same(one: object, other: object) -> bool:
    """Compare JSON values as the browser does: true is not 1, but 1 is 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one == other


_READERS: dict[str, Callable[[Element, Any], Any]] = {
    "textfield": _text,
    "textarea": _text,
    "number": _number,
    "datetime": _temporal,
    "checkbox": _boolean,
    "radio": _one,
    "select": _one,
    "checklist": _some,
    "taglist": _some,
    "filepicker": _files,
}
