"""The OpenAPI 3.1 document of the interface, made from the endpoints and their schemas."""

import inspect
import re
from typing import Any

from marshmallow import Schema, fields, missing

from web.api.contract import ENDPOINTS, Endpoint
from web.api.schemas import Error

_TYPES: list[tuple[type[fields.Field[Any]], dict[str, Any]]] = [
    (fields.UUID, {"type": "string", "format": "uuid"}),
    (fields.AwareDateTime, {"type": "string", "format": "date-time"}),
    (fields.Date, {"type": "string", "format": "date"}),
    (fields.String, {"type": "string"}),
    (fields.Integer, {"type": "integer"}),
    (fields.Boolean, {"type": "boolean"}),
    (fields.Dict, {"type": "object"}),
]
_REFUSALS = {
    "400": "The key or the body is missing or cannot be read",
    "401": "Nobody is signed in",
    "404": "It does not exist, or the caller may not know that it does",
    "409": "Somebody else was faster, or the key was used for something else",
    "422": "The data does not fit; problems by field",
}
_COMMAND_HEADERS = {
    "X-CSRF-Token": "the token that sign-in returned",
    "Idempotency-Key": "a new random text for a new intention, the same one for a retry",
}


def document(version: str) -> dict[str, Any]:
    """Return the whole document; equal code gives an equal document."""
    shapes: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for endpoint in ENDPOINTS:
        path = "/api/v1" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, shapes)
    _shape(Error, shapes)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Dayi", "version": version, "license": {"name": "Apache-2.0"}},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(shapes.items())),
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "session"}},
        },
    }


def _operation(endpoint: Endpoint, shapes: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint)],
        "security": [] if endpoint.is_public else [{"session": []}],
        "responses": {str(endpoint.status): _answer(endpoint, shapes), **_refusals(endpoint)},
    }
    if endpoint.detail:
        described["description"] = endpoint.detail
    if endpoint.method == "POST" and not endpoint.is_public:
        described["parameters"] += [_header(*header) for header in _COMMAND_HEADERS.items()]
    if endpoint.body is not None:
        described["requestBody"] = {"required": True, "content": _json(endpoint.body, shapes)}
    return described


def _header(name: str, meaning: str) -> dict[str, Any]:
    return {
        "name": name, "in": "header", "required": True, "description": meaning,
        "schema": {"type": "string"},
    }  # fmt: skip


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {
            "name": name, "in": "path", "required": True,
            "schema": {"type": "string", **({"format": "uuid"} if kind == "uuid" else {})},
        }
        for kind, name in re.findall(r"<(?:(\w+):)?(\w+)>", endpoint.path)
    ]  # fmt: skip


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    if endpoint.query is None:
        return []
    return [
        {
            "name": field.data_key or name,
            "in": "query",
            "required": field.required,
            "schema": _field(field, {}),
        }
        for name, field in endpoint.query().fields.items()
    ]


def _answer(endpoint: Endpoint, shapes: dict[str, Any]) -> dict[str, Any]:
    if endpoint.answer is None:
        return {"description": endpoint.summary}
    if not endpoint.is_list:
        return {"description": endpoint.summary, "content": _json(endpoint.answer, shapes)}
    items = {"type": "array", "items": _shape(endpoint.answer, shapes)}
    page = {
        "type": "object",
        "required": ["items", "total"],
        "properties": {"items": items, "total": {"type": "integer"}},
    }
    return {"description": endpoint.summary, "content": {"application/json": {"schema": page}}}


def _refusals(endpoint: Endpoint) -> dict[str, Any]:
    wanted = {"422"} if endpoint.query or endpoint.body else set()
    if not endpoint.is_public:
        wanted |= {"401", "404"}
    if endpoint.method == "POST":
        wanted |= {"400", "409", "422"}
    schema = {"$ref": "#/components/schemas/Error"}
    return {
        status: {
            "description": _REFUSALS[status],
            "content": {"application/json": {"schema": schema}},
        }
        for status in sorted(wanted)
    }


def _json(schema: type[Schema], shapes: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": _shape(schema, shapes)}}


def _shape(schema: type[Schema], shapes: dict[str, Any]) -> dict[str, str]:
    name = schema.__name__
    if name not in shapes:
        shapes[name] = {}
        members = schema().fields
        shapes[name] = {
            "type": "object",
            "description": inspect.cleandoc(schema.__doc__ or ""),
            "properties": {f.data_key or n: _field(f, shapes) for n, f in members.items()},
            "required": sorted(f.data_key or n for n, f in members.items() if f.required),
        }
    return {"$ref": f"#/components/schemas/{name}"}


def _field(field: fields.Field[Any], shapes: dict[str, Any]) -> dict[str, Any]:
    if isinstance(field, fields.Nested):
        nested = field.nested
        assert isinstance(nested, type)  # noqa: S101 - this house nests classes only
        return dict(_shape(nested, shapes))
    if isinstance(field, fields.List):
        return {"type": "array", "items": _field(field.inner, shapes)}
    described = dict(next((shape for kind, shape in _TYPES if isinstance(field, kind)), {}))
    if field.allow_none and "type" in described:
        described["type"] = [described["type"], "null"]
    if field.load_default is not missing and not callable(field.load_default):
        described["default"] = field.load_default
    return described
