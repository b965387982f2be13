"""What people send in: checked against the form, split into plain and sealed, never aliased."""

import json
import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine import definitions, forms
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


@dataclass(frozen=True)
class Form:
    """A published form whose content is fetched only where it is not known yet."""

    session: Session
    id: int
    hash: str

    @property
    def content(self) -> str:
        """Return the form's JSON."""
        return definitions.content(self.session, self.id, self.hash)


def form_at(session: Session, definition_id: int | None, digest: str) -> Form | None:
    """Return the form with this id and hash; None without an id."""
    return Form(session, definition_id, digest) if definition_id is not None else None


def accept(
    form: Definition | Form | None,
    data: Mapping[str, Any],
    *,
    context: Mapping[str, Any],
    now: datetime,
) -> Accepted:
    """Check a submission; raises InvalidSubmission. Without a form any JSON object is accepted."""
    problems: dict[str, list[dict[str, Any]]] = {}
    _check(data, "", 0, problems)
    if problems:
        raise InvalidSubmission(problems)
    if form is None:
        copy = deepcopy(dict(data))
        return Accepted(copy, deepcopy(copy))
    schema, sealed = _read(form)
    cleaned = forms.validate(schema, data, context=context, now=now)
    secret = {name for name in sealed if name in cleaned}
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


#: What a form says, by content hash; a definition's content is read only when it is not here.
_forms: dict[str, tuple[dict[str, Any], frozenset[str]]] = {}
_KEPT = 500


def schema_of(form: Definition | Form) -> dict[str, Any]:
    """Return a form's schema; the caller must not change it."""
    return _read(form)[0]


def _read(form: Definition | Form) -> tuple[dict[str, Any], frozenset[str]]:
    if form.hash not in _forms:
        while len(_forms) >= _KEPT:
            _forms.pop(next(iter(_forms)))
        schema = json.loads(form.content)
        _forms[form.hash] = (schema, _sealed_names(schema))
    return _forms[form.hash]


def _sealed_names(schema: dict[str, Any]) -> frozenset[str]:
    """Return the top-level names of a form's fields of the grade that the history seals."""
    return frozenset(
        found.key.split(".")[0].split("[")[0]
        for found in forms.fields(schema)
        if found.grade == SEALED_GRADE
    )
