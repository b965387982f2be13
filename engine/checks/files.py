"""Checks of forms and decisions, and the last check of a diagram: that the engine can parse it."""

import json
from typing import TYPE_CHECKING

from engine.errors import InvalidDefinition
from engine.problems import Problem

if TYPE_CHECKING:
    from engine.definitions import Resource

_MAX_BYTES = 512 * 1024
_MAX_KEY = 100


def check_form(resource: "Resource") -> list[Problem]:
    """Return the problems of a form (form-js schema)."""
    from engine import forms  # noqa: PLC0415 - forms use engine.problems

    if len(resource.content) > _MAX_BYTES:
        return [Problem("form_too_big", limit=_MAX_BYTES // 1024)]
    try:
        schema = json.loads(resource.content)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        return [Problem("form_unreadable", line=line, reason=str(error))]
    if not isinstance(schema, dict):
        return [Problem("form_unreadable", line=1, reason="not an object")]
    if not resource.key or len(resource.key) > _MAX_KEY:
        return [Problem("form_without_id")]
    return list(forms.check_schema(schema))


def check_decision(resource: "Resource") -> list[Problem]:
    """Return the problems of a decision table (DMN)."""
    from engine import decisions  # noqa: PLC0415 - decisions use engine.problems

    try:
        return list(decisions.check(resource.content))
    except InvalidDefinition as refused:
        return list(refused.problems)


def check_by_parsing(content: str, process_id: str) -> list[Problem]:
    """Let the engine's own parser read the diagram; whatever it says becomes a problem."""
    # SpiffWorkflow takes 0.4 s to import: only who gets this far pays for it.
    from engine.spiff import parser  # noqa: PLC0415

    try:
        parser.specification(content, process_id)
    except Exception as error:  # noqa: BLE001 - anything it raises would stop a case later
        params = getattr(error, "params", {})
        element = str(params.get("element_id") or process_id)
        return [Problem("cannot_run", element, reason=str(params.get("why") or error))]
    return []
