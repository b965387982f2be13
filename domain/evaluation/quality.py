"""How complete and valid the record of an instrument is (indicator I3)."""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from domain.errors import InvalidValue
from domain.instruments import class_name, giai
from domain.instruments.models import Instrument

_PHONE = re.compile(r"[0-9+()\- ]{7,20}")


def _is_class(instrument: Instrument) -> bool:
    code = instrument.class_code
    return code.isdigit() and class_name(code) != (code, code)


def _is_code(instrument: Instrument) -> bool:
    try:
        giai.check(instrument.giai or "", instrument.unit.gs1_prefix or "")
    except InvalidValue:
        return False
    return True


def _is_filled(field: str) -> Callable[[Instrument], bool]:
    return lambda instrument: bool(getattr(instrument, field))


#: required field → whether what it holds follows its rule.
RULES: Mapping[str, Callable[[Instrument], bool]] = {
    "giai": _is_code,
    "inner_id": _is_filled("inner_id"),
    "name_zh": lambda one: len(one.name_zh) > 1,
    "name_en": lambda one: one.name_en.isascii(),
    "class_code": _is_class,
    "maker": _is_filled("maker"),
    "model": _is_filled("model"),
    "nation": _is_filled("nation"),
    "functions": _is_filled("functions"),
    "services": _is_filled("services"),
    "worth_fen": lambda one: one.worth_fen > 0,
    "address": _is_filled("address"),
    "contact": _is_filled("contact"),
    "phone": lambda one: _PHONE.fullmatch(one.phone) is not None,
    "opening": lambda one: any(one.opening.values()),
}


def quality(instrument: Instrument) -> tuple[Fraction, list[str], list[str]]:
    """Return completeness × validity, the fields that are empty, and those that are not valid.

    Validity is the part of the filled fields that follow their rule, so the product is the part
    of the required fields that are filled and valid.
    """
    empty = [field for field in RULES if _is_empty(getattr(instrument, field))]
    filled = [field for field in RULES if field not in empty]
    wrong = [field for field in filled if not RULES[field](instrument)]
    completeness = Fraction(len(filled), len(RULES))
    validity = Fraction(len(filled) - len(wrong), len(filled)) if filled else Fraction(0)
    return completeness * validity, empty, wrong


def _is_empty(value: Any) -> bool:  # noqa: ANN401 - any column
    return value is None or value in ("", {}, 0)
