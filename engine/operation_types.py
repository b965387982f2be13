"""What a dataclass of an operation means as JSON: a marshmallow schema in, variables out.

Values are strict: no text is taken for a number and no bare string for a date.
"""

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from marshmallow import Schema, ValidationError, missing, post_load
from marshmallow import fields as m

from engine.values import tag, untag

Convert = Callable[[Any], Any]


class Strict(m.Field[Any]):
    """A field that converts with a function of ours or names the type it expected."""

    def __init__(self, convert: Convert, expected: str, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self.convert, self.expected = convert, expected

    def _deserialize(
        self,
        value: Any,  # noqa: ANN401 - marshmallow's hook
        attr: str | None,  # noqa: ARG002
        data: Mapping[str, Any] | None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ANN401, ARG002
    ) -> Any:  # noqa: ANN401
        try:
            return self.convert(value)
        except (TypeError, ValueError, OverflowError) as refused:
            raise ValidationError(f"expected {self.expected}, got {_kind(value)}") from refused


def _kind(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, Mapping) and "@type" in value:
        return str(value["@type"])
    names = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "nothing" if value is None else "a context")


def _exactly(kind: type) -> Convert:
    def convert(value: Any) -> Any:  # noqa: ANN401
        if type(value) is not kind:
            raise TypeError
        return value

    return convert


def _whole(value: Any) -> int:  # noqa: ANN401
    # FEEL knows one kind of number, so 4 may arrive as 4.0.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        raise TypeError
    return int(value)


def _decimal(value: Any) -> float:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError
    return float(value)


def _uuid(value: Any) -> UUID:  # noqa: ANN401
    return value if isinstance(value, UUID) else UUID(_exactly(str)(value))


def _temporal(kind: type) -> Convert:
    def convert(value: Any) -> Any:  # noqa: ANN401
        found = untag(value)
        if type(found) is not kind or (isinstance(found, datetime) and found.tzinfo is None):
            raise TypeError
        return found

    return convert


_PLAIN: dict[Any, tuple[Convert, str]] = {
    str: (_exactly(str), "text"),
    bool: (_exactly(bool), "true or false"),
    int: (_whole, "a whole number"),
    float: (_decimal, "a number"),
    UUID: (_uuid, "an identifier (UUID)"),
    datetime: (_temporal(datetime), "a date-time with offset"),
    date: (_temporal(date), "a date"),
    time: (_temporal(time), "a time"),
    timedelta: (_temporal(timedelta), "a duration"),
    dict: (_exactly(dict), "a context"),
    list: (_exactly(list), "a list"),
    Any: (lambda value: value, "anything"),
}


def _field(hint: Any, **options: Any) -> m.Field[Any]:  # noqa: ANN401
    plain = _PLAIN.get(get_origin(hint) if get_origin(hint) is dict else hint)
    if plain is not None:
        return Strict(*plain, **options)
    if is_dataclass(hint) and isinstance(hint, type):
        return m.Nested(schema_of(hint), **options)
    return _composed(hint, get_origin(hint), get_args(hint), options)


def _composed(hint: Any, origin: Any, inner: tuple[Any, ...], options: Any) -> m.Field[Any]:  # noqa: ANN401
    if origin in (Union, types.UnionType) and type(None) in inner:
        (kind,) = [arm for arm in inner if arm is not type(None)]
        return _field(kind, **{**options, "allow_none": True})
    if origin in (list, tuple):
        return ListOf(_field(inner[0]), origin, **options)
    if origin is typing.Literal:
        return Strict(_one_of(inner), f"one of {', '.join(map(str, inner))}", **options)
    raise TypeError(f"operations cannot take {hint}")


class ListOf(m.Field[Any]):
    """A list in JSON that the dataclass keeps as a list or a tuple."""

    def __init__(self, inner: m.Field[Any], kind: Convert, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self.inner, self.kind = inner, kind

    def _deserialize(
        self,
        value: Any,  # noqa: ANN401 - marshmallow's hook
        attr: str | None,
        data: Mapping[str, Any] | None,
        **kwargs: Any,  # noqa: ANN401, ARG002
    ) -> Any:  # noqa: ANN401
        if not isinstance(value, list):
            raise ValidationError(f"expected a list, got {_kind(value)}")
        return self.kind([self.inner.deserialize(item, attr, data) for item in value])


def _one_of(allowed: tuple[Any, ...]) -> Convert:
    def convert(value: Any) -> Any:  # noqa: ANN401
        if value not in allowed:
            raise ValueError
        return value

    return convert


@cache
def schema_of(holder: type) -> Schema:
    """Return the schema that checks variables for a dataclass and builds it.

    Raises TypeError for a field whose type operations cannot take.
    """
    hints = get_type_hints(holder)
    inside: dict[str, m.Field[Any]] = {}
    for field in fields(holder):
        default = field.default_factory if field.default_factory is not MISSING else field.default
        needed = default is MISSING
        inside[field.name] = _field(
            hints[field.name], required=needed, load_default=missing if needed else default
        )

    def build(_: Schema, values: dict[str, Any], **__: Any) -> Any:  # noqa: ANN401
        return holder(**values)

    made = type(f"{holder.__name__}Schema", (Schema,), {**inside, "build": post_load(build)})
    schema: Schema = made()
    return schema


def to_variables(value: Any) -> Any:  # noqa: ANN401
    """Return a dataclass, list, temporal or plain value as process variables."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_variables(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_variables(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_variables(item) for key, item in value.items()}
    if isinstance(value, UUID):
        return str(value)
    return tag(value)
