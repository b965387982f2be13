"""What a field's value must satisfy: required, limits, lengths, patterns, options."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from engine import feel, values
from engine.forms.components import ONE_OF, SOME_OF, TEXT, Element, lookup
from engine.forms.reading import same
from engine.forms.scopes import Scope, State

Problem = dict[str, Any]

_EMAIL = re.compile(
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)
#: International (+86…, 0086…), mainland mobile, or area code and landline.
_PHONE = re.compile(r"(?:\+|00)[1-9]\d{5,22}|1[3-9]\d{9}|0\d{2,3}-?\d{7,8}(?:-\d{1,6})?")
#: What JavaScript's trim() takes away.
_BLANKS = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    chr(code) for code in range(0x2000, 0x200B)
)


@dataclass(frozen=True)
class Judged:
    """A visible field with its value (tagged JSON), in the scope it was asked in."""

    element: Element
    value: Any
    scope: Scope
    state: State

    def evaluated(self, text: object) -> Any:  # noqa: ANN401 - JSON
        """Return a setting's value, which may be an expression; null if that fails."""
        if not isinstance(text, str) or not text.startswith("="):
            return text
        return self.state.evaluate(self.scope, [(text, False)], self.state.view)[0].get("v")


def problems_of(field: Judged) -> list[Problem]:
    """Return every rule that the value breaks."""
    if is_missing(field):
        return [{"code": "required"}] if field.element.validation.get("required") is True else []
    found: list[Problem] = []
    for kinds, rule in _RULES:
        if field.element.kind in kinds:
            found.extend(rule(field))
    return found


def is_missing(field: Judged) -> bool:
    """Tell whether nothing was entered; an unticked box is nothing where a tick is required."""
    value = field.value
    return value is None or value in ("", []) or (field.element.kind == "checkbox" and not value)


def _number(field: Judged) -> Iterator[Problem]:
    number = _decimal(field.value)
    if number is None:
        yield {"code": "not_a_number"}
        return
    digits = field.element.raw.get("decimalDigits")
    exponent = number.normalize().as_tuple().exponent
    if isinstance(digits, int) and isinstance(exponent, int) and -exponent > digits >= 0:
        yield {"code": "too_many_decimals", "digits": digits}
    step = _decimal(field.element.raw.get("increment"))
    if step and number % step != 0:
        yield {"code": "not_a_multiple", "increment": str(step)}
    least = _decimal(field.evaluated(field.element.validation.get("min")))
    if least is not None and number < least:
        yield {"code": "too_small", "min": _plain(least)}
    most = _decimal(field.evaluated(field.element.validation.get("max")))
    if most is not None and number > most:
        yield {"code": "too_large", "max": _plain(most)}


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _text(field: Judged) -> Iterator[Problem]:
    text, rules = str(field.value), field.element.validation
    length = _length(text.strip(_BLANKS))
    least, most = _decimal(field.evaluated(rules.get("minLength"))), None
    if least is not None and length < least:
        yield {"code": "too_short", "min": _plain(least)}
    most = _decimal(field.evaluated(rules.get("maxLength")))
    if most is not None and length > most:
        yield {"code": "too_long", "max": _plain(most)}
    pattern = rules.get("pattern")
    if isinstance(pattern, str) and pattern and not feel.matches(pattern, text):
        message = rules.get("patternErrorMessage")
        yield {"code": "pattern", **({"message": message} if message else {})}
    if rules.get("validationType") == "email" and not _EMAIL.fullmatch(text):
        yield {"code": "not_an_email"}
    if rules.get("validationType") == "phone" and not _PHONE.fullmatch(text.replace(" ", "")):
        yield {"code": "not_a_phone"}


def _length(text: str) -> int:
    """Count as the browser does: UTF-16 units."""
    return len(text) + sum(sign > "\uffff" for sign in text)


def _date(field: Judged) -> Iterator[Problem]:
    """Past days cannot be chosen where the picker does not offer them."""
    if not field.element.raw.get("disallowPassedDates"):
        return
    today = values.in_zone(field.state.now).date()
    chosen = values.untag(field.value)
    if field.value["@type"] == "date-time":
        chosen = values.in_zone(chosen).date()
    if field.value["@type"] != "time" and chosen < today:
        yield {"code": "too_small", "min": today.isoformat()}


def _one_of(field: Judged) -> Iterator[Problem]:
    if not any(same(field.value, option) for option in _options(field)):
        yield {"code": "not_an_option"}


def _some_of(field: Judged) -> Iterator[Problem]:
    options = _options(field)
    if not all(any(same(value, option) for option in options) for value in field.value):
        yield {"code": "not_an_option"}


def _options(field: Judged) -> list[Any]:
    """Return the values that may be chosen, from where form-js takes them."""
    raw = field.element.raw
    if raw.get("valuesExpression"):
        found = field.evaluated(raw["valuesExpression"])
    elif raw.get("valuesKey"):
        found = lookup(field.state.case, (str(raw["valuesKey"]),))
    else:
        found = raw.get("values")
    return [_option(entry) for entry in found] if isinstance(found, list) else []


def _option(entry: object) -> object:
    if isinstance(entry, Mapping):
        value = entry.get("value")
        return entry.get("label") if value is None else value
    return entry


_Rule = Callable[[Judged], Iterator[Problem]]
_RULES: tuple[tuple[frozenset[str], _Rule], ...] = (
    (frozenset({"number"}), _number),
    (TEXT, _text),
    (frozenset({"datetime"}), _date),
    (ONE_OF, _one_of),
    (SOME_OF, _some_of),
)
