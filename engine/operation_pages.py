"""What people read about operations: element templates for the modeler, the reference page."""

import sys
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Literal

from engine.contract import Operation
from engine.operations import discover, required, type_names

Locale = Literal["zh", "en"]
_SCHEMA = "https://unpkg.com/@camunda/zeebe-element-templates-json-schema/resources/schema.json"
_GROUPS = {"in": ("参数", "Parameters"), "out": ("结果", "Results")}


def element_template(operation: Operation, locale: Locale = "zh") -> dict[str, Any]:
    """Return the Camunda element template (zeebe binding) that officials pick in the modeler.

    Every parameter is a labelled field that takes a FEEL expression or a literal; every result
    is kept under its own name unless the official writes another.
    """
    which = 0 if locale == "zh" else 1
    return {
        "$schema": _SCHEMA,
        "name": operation.labels[operation.name][which],
        "id": f"dayi.{operation.name}",
        "version": 1,
        "description": operation.summary,
        "appliesTo": ["bpmn:Task"],
        "elementType": {"value": "bpmn:ServiceTask"},
        "groups": [{"id": key, "label": names[which]} for key, names in _GROUPS.items()],
        "properties": [
            {
                "type": "Hidden",
                "value": operation.name,
                "binding": {"type": "zeebe:taskDefinition", "property": "type"},
            },
            *(_input(operation, field, which) for field in fields(operation.params)),
            *(_output(operation, field.name, which) for field in fields(operation.result)),
        ],
    }


def _input(operation: Operation, field: Any, which: int) -> dict[str, Any]:  # noqa: ANN401
    described: dict[str, Any] = {
        "label": operation.labels[field.name][which],
        "type": "String",
        "feel": "optional",
        "group": "in",
        "binding": {"type": "zeebe:input", "name": field.name},
    }
    if required(field):
        return {**described, "value": f"={field.name}", "constraints": {"notEmpty": True}}
    return {**described, "optional": True}


def _output(operation: Operation, name: str, which: int) -> dict[str, Any]:
    return {
        "label": operation.labels[name][which],
        "type": "String",
        "group": "out",
        "value": name,
        "binding": {"type": "zeebe:output", "source": f"={name}"},
    }


_HEAD = """# Operations

Generated from the files in `handlers/`; do not edit. Write it anew with
`python -m engine.operation_pages handlers > docs/reference/operations.md`.

A service task names one of these in `zeebe:taskDefinition type`. *Inline* operations run inside
the case's own step; *job* operations run from a queue, may be repeated and may leave the process.
"""


def reference_page(operations: Mapping[str, Operation]) -> str:
    """Return the reference page of a catalogue as Markdown."""
    return "\n".join([_HEAD, *(_chapter(operations[name]) for name in sorted(operations))])


def _chapter(operation: Operation) -> str:
    zh, en = operation.labels[operation.name]
    lines = [f"## {operation.name}", "", f"{zh} · {en} · *{operation.mode}*", ""]
    lines += [operation.summary, ""]
    lines += _table("Parameter", operation.params, operation)
    lines += _table("Result", operation.result, operation)
    if operation.errors:
        lines += [f"BPMN errors: {', '.join(f'`{code}`' for code in operation.errors)}", ""]
    return "\n".join(lines)


def _table(head: str, holder: type, operation: Operation) -> list[str]:
    names = type_names(holder)
    if not names:
        return [f"{head}s: none", ""]
    rows = [f"| {head} | Type | 含义 | Meaning |", "|---|---|---|---|"]
    for field in fields(holder):
        kind = names[field.name].replace("|", "\\|")
        star = "" if required(field) else ", optional"
        zh, en = operation.labels[field.name]
        rows.append(f"| `{field.name}` | {kind}{star} | {zh} | {en} |")
    return [*rows, ""]


if __name__ == "__main__":
    sys.stdout.write(reference_page(discover(sys.argv[1])))
