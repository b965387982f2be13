"""What people send in: checked against the form, split into plain and sealed, never aliased."""

import json
import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from engine import forms
from engine.errors import InvalidSubmission
from engine.models import Definition
from engine.values import is_tagged

#: ``case`` is what expressions see as the case itself; ``@`` marks tagged values.
RESERVED = frozenset({"case"})
SEALED_GRADE = "L3"
_DEEPEST = 20


@dataclass(frozen=True)
class Accepted:
    """A submission that fits: the variables, and how the history keeps them."""

    variables: dict[str, Any] = field(default_factory=dict)
    plain: dict[str, Any] = field(default_factory=dict)
    sealed: dict[str, Any] | None = None


def accept(
    form: Definition | None, data: Mapping[str, Any], *, context: Mapping[str, Any], now: datetime
) -> Accepted:
    """Check a submission; raises InvalidSubmission. Without a form any JSON object is accepted."""
    problems: dict[str, list[dict[str, Any]]] = {}
    _check(data, "", 0, problems)
    if problems:
        raise InvalidSubmission(problems)
    if form is None:
        copy = deepcopy(dict(data))
        return Accepted(copy, deepcopy(copy))
    cleaned = forms.validate(schema_of(form.hash, form.content), data, context=context, now=now)
    secret = {name for name in sealed_names(form.hash, form.content) if name in cleaned}
    return Accepted(
        cleaned,
        {name: deepcopy(value) for name, value in cleaned.items() if name not in secret},
        {name: deepcopy(cleaned[name]) for name in sorted(secret)} or None,
    )


def _check(
    value: Any,  # noqa: ANN401 - JSON
    path: str,
    depth: int,
    problems: dict[str, list[dict[str, Any]]],
) -> None:
    """Refuse what PostgreSQL or the engine cannot keep: NUL, infinities, reserved names."""
    if depth > _DEEPEST or (isinstance(value, str) and "\x00" in value):
        problems[path] = [{"code": "not_text"}]
    elif isinstance(value, float) and not math.isfinite(value):
        problems[path] = [{"code": "not_a_number"}]
    elif isinstance(value, Mapping) and not is_tagged(value):
        for name, inner in value.items():
            place = f"{path}.{name}" if path else str(name)
            if _is_reserved(str(name), is_top=not path):
                problems[place] = [{"code": "reserved_name"}]
            else:
                _check(inner, place, depth + 1, problems)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check(inner, f"{path}[{index}]", depth + 1, problems)


def _is_reserved(name: str, *, is_top: bool) -> bool:
    return name.startswith("@") or "\x00" in name or (is_top and name in RESERVED)


@lru_cache(maxsize=500)
def schema_of(digest: str, content: str) -> dict[str, Any]:  # noqa: ARG001 - the cache's key
    """Return a form's schema; the caller must not change it."""
    schema: dict[str, Any] = json.loads(content)
    return schema


@lru_cache(maxsize=500)
def sealed_names(digest: str, content: str) -> frozenset[str]:
    """Return the top-level names of a form's fields of the grade that the history seals."""
    return frozenset(
        field.key.split(".")[0].split("[")[0]
        for field in forms.fields(schema_of(digest, content))
        if field.grade == SEALED_GRADE
    )
