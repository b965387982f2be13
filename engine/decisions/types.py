"""The types that a table's columns declare, in the names that FEEL checks use."""

from engine import values

_NAMES = {
    "string": "string",
    "boolean": "boolean",
    "number": "number",
    "integer": "integer",
    "long": "integer",
    "double": "number",
    "date": "date",
    "time": "time",
    "datetime": "date-time",
    "date-time": "date-time",
    "date and time": "date-time",
    "daytimeduration": "duration",
    "days and time duration": "duration",
    "yearmonthduration": "duration",
    "years and months duration": "duration",
    "duration": "duration",
    "list": "list",
    "context": "context",
    "any": "any",
    "": "any",
}

_PYTHON: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "list": list,
    "context": dict,
}


def type_name(type_ref: str) -> str | None:
    """Return our name of a DMN ``typeRef`` (also with a ``feel:`` prefix), None if unknown."""
    return _NAMES.get(type_ref.rsplit(":", 1)[-1].strip().lower())


def feel_type(name: str) -> str:
    """Return the name of the type for FEEL's type check: an integer is a number there."""
    return "number" if name == "integer" else name


def fits(value: object, name: str) -> bool:
    """Say whether a tagged JSON value is of a type."""
    if name == "any":
        return True
    if values.is_tagged(value):
        return isinstance(value, dict) and value["@type"] == name
    if name in {"number", "integer"}:
        return _is_number(value, whole=name == "integer")
    expected = _PYTHON.get(name)
    return expected is not None and isinstance(value, expected)


def _is_number(value: object, *, whole: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return not whole or float(value).is_integer()
