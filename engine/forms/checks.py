"""What is wrong with a form before anybody fills it in."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine import feel
from engine.errors import ExpressionFailed
from engine.forms import components
from engine.forms.components import FIELDS, HOLDERS, KNOWN, ONE_OF, SOME_OF, TEXT, dictionaries
from engine.forms.description import fields
from engine.problems import Problem

MOST_COMPONENTS = 300
DEEPEST = 8
_SUBTYPES = ("date", "time", "datetime")
_GRADES = ("", "L1", "L2", "L3", "L4")
_LIMITS = ("min", "max", "minLength", "maxLength")
_KEY = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_NULL = re.compile(r"([^\W\d]\w*)\s*!?=\s*null\b")
#: Names that mean something else in every expression.
_RESERVED = frozenset({"case", "this", "parent", "i", "item", "partial"})


@dataclass(frozen=True)
class _Place:
    """A component, how deep it lies, and the scope (form or list) whose keys it shares."""

    raw: Mapping[str, Any]
    depth: int
    scope: str
    above: str

    @property
    def kind(self) -> str:
        return str(self.raw.get("type"))

    @property
    def path(self) -> str:
        """Return the path of the component's data from its scope; empty without data."""
        own = self.raw.get("path" if self.kind in HOLDERS else "key")
        return ".".join(part for part in (self.above, *components.keys(own)) if part)


def check_schema(schema: Any) -> list[Problem]:  # noqa: ANN401 - whatever a file holds
    """Return the problems of a form; never raises for any content."""
    if not isinstance(schema, Mapping) or not isinstance(schema.get("components"), list):
        return [Problem("form_not_a_form")]
    places = list(_places(schema["components"], _Place({}, 0, "", "")))
    if len(places) > MOST_COMPONENTS or any(place.depth > DEEPEST for place in places):
        return [Problem("form_too_large", limit=MOST_COMPONENTS, depth=DEEPEST)]
    types = _types(schema)
    texts = {field.key for field in fields(schema) if field.kind in TEXT}
    found: list[Problem] = []
    for place in places:
        found.extend(_of_component(place))
        found.extend(_of_expressions(place, types))
        found.extend(_of_null(place, texts))
    return [*found, *_of_keys(places)]


def _places(raw: object, inside: _Place) -> Iterator[_Place]:
    for component in dictionaries(raw):
        place = _Place(component, inside.depth + 1, inside.scope, inside.above)
        yield place
        if place.depth > DEEPEST:
            continue
        if place.kind == "dynamiclist":
            scope = f"{place.scope}/{place.path}"
            inner = _Place({}, place.depth, scope, "")
            yield from _places(component.get("components"), inner)
        elif place.kind == "group":
            inner = _Place({}, place.depth, place.scope, place.path)
            yield from _places(component.get("components"), inner)


def _types(schema: Mapping[str, Any]) -> dict[str, str]:
    """Return the types that the browser's expressions see: dates of fields are text there."""
    seen = {"date": "string", "time": "string", "date-time": "string"}
    return {
        field.key: seen.get(field.type, field.type)
        for field in fields(schema)
        if "[" not in field.key
    }


def _problem(code: str, place: _Place, **params: object) -> Problem:
    raw = place.raw
    name = str(raw.get("label") or raw.get("key") or place.kind)
    return Problem(code, str(raw.get("id") or ""), name, params=params)


def _of_component(place: _Place) -> Iterator[Problem]:
    raw, kind = place.raw, place.kind
    if kind not in KNOWN:
        yield _problem("form_unknown_type", place, type=kind)
        return
    if kind == "datetime" and raw.get("subtype") not in _SUBTYPES:
        yield _problem("form_unknown_subtype", place, subtype=str(raw.get("subtype")))
    if kind in ONE_OF | SOME_OF:
        yield from _of_options(place)
    properties = raw.get("properties")
    grade = properties.get("grade", "") if isinstance(properties, Mapping) else ""
    if grade not in _GRADES:
        yield _problem("form_unknown_grade", place, grade=str(grade))
    yield from _of_rules(place)


def _of_options(place: _Place) -> Iterator[Problem]:
    raw = place.raw
    if raw.get("valuesKey") or raw.get("valuesExpression"):
        return
    values = [option.get("value") for option in dictionaries(raw.get("values"))]
    if not values:
        yield _problem("form_no_options", place)
    counted = Counter(repr(value) for value in values)
    for value in [value for value in values if counted.pop(repr(value), 1) > 1]:
        yield _problem("form_same_option", place, value=str(value))


def _of_rules(place: _Place) -> Iterator[Problem]:
    rules = place.raw.get("validate")
    if not isinstance(rules, Mapping):
        return
    pattern = rules.get("pattern")
    if isinstance(pattern, str) and pattern:
        try:
            feel.matches(pattern, "")
        except ExpressionFailed as error:
            reason = str(error.params.get("reason"))
            yield _problem("form_bad_pattern", place, pattern=pattern, reason=reason)
    for low, high in (("min", "max"), ("minLength", "maxLength")):
        least, most = _number(rules.get(low)), _number(rules.get(high))
        if least is not None and most is not None and least > most:
            yield _problem("form_empty_range", place, min=least, max=most)
    for name in _LIMITS:
        if rules.get(name) not in {None, ""} and not _is_limit(rules[name]):
            yield _problem("form_bad_limit", place, name=name, value=str(rules[name]))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _is_limit(value: object) -> bool:
    return _number(value) is not None or (isinstance(value, str) and value.startswith("="))


def _of_expressions(place: _Place, types: Mapping[str, str]) -> Iterator[Problem]:
    for text, unary in _expressions(place.raw):
        reason = feel.syntax_problem(text, unary=unary, dialect="form")
        if reason is not None:
            yield _problem("form_bad_feel", place, expression=text, reason=reason)
            continue
        # In a row, names may be the row's own; only the form's scope is typed.
        known = types if not place.scope else {}
        for reason in feel.type_problems(text, known, unary_input="any" if unary else None):
            yield _problem("form_types", place, expression=text, reason=reason)
    conditional = place.raw.get("conditional")
    hide = conditional.get("hide") if isinstance(conditional, Mapping) else None
    if hide and not str(hide).startswith("="):
        yield _problem("form_condition_not_feel", place, expression=str(hide))


def _of_null(place: _Place, texts: set[str]) -> Iterator[Problem]:
    """In the browser an empty text field is "", so a comparison with null says nothing."""
    for text, _ in _expressions(place.raw):
        for key in _NULL.findall(text):
            if key in texts:
                params = {"expression": text, "key": key}
                name = str(place.raw.get("label") or key)
                where = str(place.raw.get("id") or "")
                yield Problem("form_never_null", where, name, "warning", params=params)


def _expressions(raw: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield (FEEL, is a unary test) of a component; texts with templates are not judged."""
    conditional = raw.get("conditional")
    if isinstance(conditional, Mapping) and str(conditional.get("hide") or "").startswith("="):
        yield str(conditional["hide"]), True
    if raw.get("type") == "expression":
        yield str(raw.get("expression") or ""), False
    rules = raw.get("validate")
    settings = [raw.get("readonly"), raw.get("valuesExpression")]
    if isinstance(rules, Mapping):
        settings.extend(rules.get(name) for name in _LIMITS)
    yield from ((text, False) for text in settings if isinstance(text, str) and text[:1] == "=")


def _of_keys(places: list[_Place]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], _Place] = {}
    for place in places:
        if place.kind not in FIELDS and place.kind != "dynamiclist":
            continue
        name = "path" if place.kind == "dynamiclist" else "key"
        own = place.raw.get(name)
        if not isinstance(own, str) or not _KEY.fullmatch(own):
            yield _problem("form_bad_key", place, key=str(own or ""))
            continue
        if own.startswith("__") or (not place.scope and _is_reserved(place.path)):
            yield _problem("form_reserved_key", place, key=own)
        if (place.scope, place.path) in seen:
            yield _problem("form_same_key", place, key=place.path)
        seen.setdefault((place.scope, place.path), place)
    yield from _conflicts(seen)


def _is_reserved(path: str) -> bool:
    names = {function["name"] for function in feel.functions()}
    return path.split(".", maxsplit=1)[0] in _RESERVED | names


def _conflicts(seen: Mapping[tuple[str, str], _Place]) -> Iterator[Problem]:
    """A field cannot have a value of its own and hold the values of others."""
    for (scope, path), place in seen.items():
        parts = path.split(".")
        above = [".".join(parts[:length]) for length in range(1, len(parts))]
        if any((scope, one) in seen for one in above):
            yield _problem("form_key_inside_field", place, key=path)
