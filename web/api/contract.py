"""What an endpoint is: its address, what it takes, what it answers, and who is let in.

The list of endpoints that the decorator collects is what ``openapi`` describes, so the document
cannot differ from the code.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, Response, jsonify, request
from marshmallow import EXCLUDE, Schema, ValidationError

from engine.errors import EngineError, InvalidSubmission
from web.access import requires
from web.security import csrf
from web.transactions import command

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

CREATED = 201


class NotJson(EngineError):
    """The body is not a JSON object, or not declared as JSON."""

    code = "not_json"


@dataclass(frozen=True)
class Endpoint:
    """One address of the interface, as the code and its document know it."""

    name: str
    method: str
    path: str
    summary: str
    detail: str
    query: type[Schema] | None
    body: type[Schema] | None
    answer: type[Schema] | None
    is_list: bool
    status: int
    is_public: bool


ENDPOINTS: list[Endpoint] = []

#: marshmallow's own words → the stable codes that pages and the interface use.
_CODES = {
    "Missing data for required field.": "required",
    "Field may not be null.": "required",
    "Unknown field.": "unknown_field",
    "Not a valid string.": "not_text",
    "Not a valid integer.": "not_a_number",
    "Not a valid number.": "not_a_number",
    "Not a valid UUID.": "not_an_id",
    "Not a valid boolean.": "not_a_boolean",
    "Not a valid list.": "not_a_list",
    "Not a valid date.": "not_a_date",
    "Not a valid datetime.": "not_a_date",
    "Not a valid mapping type.": "not_an_object",
}


def endpoint(  # noqa: PLR0913 - a declaration, all by name
    method: str,
    path: str,
    *,
    query: type[Schema] | None = None,
    body: type[Schema] | None = None,
    answer: type[Schema] | None = None,
    is_list: bool = False,
    status: int = 200,
    is_public: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Make a function an endpoint of the interface.

    The function gets the address's parameters, ``query`` and ``body`` (checked) by name and
    returns what ``answer`` dumps; a list endpoint returns (items, total). POST endpoints are
    commands: CSRF token and idempotency key are needed, one commit. Public ones are neither.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(function)
        def view(**parameters: Any) -> Response:  # noqa: ANN401 - the address's parameters
            if query is not None:
                parameters["query"] = _load(query, request.args, unknown=EXCLUDE)
            if body is not None:
                parameters["body"] = _load(body, _json_object())
            response = _dump(function(**parameters), answer, is_list=is_list)
            response.status_code = status
            return response

        guarded = csrf.exempt(view) if is_public else requires()(_once(view, method))
        summary, _, detail = (function.__doc__ or "").partition("\n\n")
        ENDPOINTS.append(
            Endpoint(
                function.__name__,
                method,
                path,
                " ".join(summary.split()),
                " ".join(detail.split()),
                query,
                body,
                answer,
                is_list,
                status,
                is_public,
            )
        )
        blueprint.add_url_rule(path, function.__name__, guarded, methods=[method])
        return guarded

    return decorate


def _once(view: Callable[..., Response], method: str) -> Callable[..., Response]:
    return command(view) if method == "POST" else view


def _json_object() -> Mapping[str, Any]:
    content = request.get_json(silent=True)
    if not isinstance(content, dict):
        raise NotJson
    return content


def _load(
    schema: type[Schema],
    content: Mapping[str, Any],
    *,
    unknown: Any = None,  # noqa: ANN401
) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema().load(content, unknown=unknown)
    except ValidationError as refused:
        found = refused.messages if isinstance(refused.messages, dict) else {}
        raise InvalidSubmission(_problems(found)) from refused
    return loaded


def _problems(messages: Mapping[Any, Any], path: str = "") -> dict[str, list[dict[str, Any]]]:
    """Turn marshmallow's nested messages into {path: [{code}]}."""
    found: dict[str, list[dict[str, Any]]] = {}
    for key, value in messages.items():
        here = f"{path}.{key}" if path else str(key)
        if isinstance(value, Mapping):
            found.update(_problems(value, here))
        else:
            found[here] = [{"code": _CODES.get(str(text), "invalid_value")} for text in value]
    return found


def _dump(content: Any, answer: type[Schema] | None, *, is_list: bool) -> Response:  # noqa: ANN401
    if answer is None:
        return jsonify(content)
    if is_list:
        items, total = content
        return jsonify({"items": answer(many=True).dump(items), "total": total})
    return jsonify(answer().dump(content))
