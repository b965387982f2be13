"""Which variables a process has, of which types: from forms, operations, decisions, mappings."""

import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import date, datetime, time, timedelta
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

from engine import decisions, feel, forms
from engine.checks import loops
from engine.checks.diagram import Diagram, Node, mappings, problem, zeebe, zeebe_value
from engine.checks.surroundings import Surroundings
from engine.decisions.table import Table
from engine.decisions.types import feel_type as column_type
from engine.errors import EngineError
from engine.problems import Problem

_NAME = re.compile(r"[^\W\d]\w*")
#: Names that belong to the platform or would shadow what an expression means.
RESERVED = frozenset(
    {
        "case", "typename", "now", "today", "item", "partial", "this", "parent", "true", "false",
        "null", "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and",
        "or", "not", "between", "instance", "of", "function", "external", "date", "time",
        "duration", "number", "string", "list", "context", "sum", "count", "min", "max", "mean",
        "__builtins__", "__proto__", "constructor", "prototype",
    }
)  # fmt: skip
#: Hit policies that give one answer; the others give a list (or an aggregate of one).
_SINGLE = frozenset({"UNIQUE", "FIRST", "PRIORITY", "ANY"})
CASE_TYPES = {
    "case": "context",
    "case.id": "string",
    "case.number": "string",
    "case.process": "string",
    "case.initiator": "string",
    "case.started": "date-time",
    "case.unit_id": "number",
    "case.region": "string",
}
_PYTHON_TYPES: dict[Any, str] = {
    str: "string",
    UUID: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    datetime: "date-time",
    date: "date",
    time: "time",
    timedelta: "duration",
    list: "list",
    tuple: "list",
    dict: "context",
}


def is_reserved(name: str) -> bool:
    """Tell whether a variable may not have this name."""
    taken = {function["name"] for function in feel.functions()}
    return name in RESERVED or name in taken or name.startswith(("@", "__"))


def feel_type(hint: Any) -> str:  # noqa: ANN401 - a type hint
    """Return the FEEL type of a Python type hint; any where it may be several."""
    origin = get_origin(hint)
    if origin is not None and origin not in _PYTHON_TYPES:
        kinds = {feel_type(one) for one in get_args(hint) if one is not type(None)}
        return kinds.pop() if len(kinds) == 1 else "any"
    return _PYTHON_TYPES.get(origin or hint, "any")


class Variables:
    """The variables of a process with their types, as far as they are declared."""

    def __init__(self, diagram: Diagram, around: Surroundings) -> None:
        self.around = around
        self.types: dict[str, str] = {}
        for node in diagram.nodes:
            for name, kind in self._set_by(node):
                self._add(name, kind)
        self.types.update(CASE_TYPES)
        local = {
            one.get("target") or ""
            for node in diagram.nodes
            for one in mappings(node.element, "input")
        }
        local |= {name for node in diagram.nodes for name in _in_rounds(node)}
        made = {name for node in diagram.nodes for name, _ in self._made_by(node)}
        self.names = {name.partition(".")[0] for name in {*self.types, *local, *made}}

    def _add(self, name: str, kind: str) -> None:
        # Two sources that disagree tell nothing about the value at a given place.
        known = self.types.setdefault(name, kind)
        if known != kind:
            self.types[name] = "any"

    def _set_by(self, node: Node) -> Iterator[tuple[str, str]]:
        made = dict(self._made_by(node))
        outputs = mappings(node.element, "output")
        results = loops.setting(node, "outputCollection")
        if results:
            yield results, "list"
        if node.kind == "subProcess":
            yield from ((one.get("target") or "", "any") for one in mappings(node.element, "input"))
        for one in outputs:
            # Only a mapping that passes one value on keeps its type.
            source = (one.get("source") or "").removeprefix("=").strip()
            yield one.get("target") or "", made.get(source, "any")
        if not outputs:
            yield from made.items()

    def _made_by(self, node: Node) -> Iterator[tuple[str, str]]:
        yield from ((one.key, one.type) for one in form_fields(node, self.around))
        yield from self._result(node)
        yield from self._decided(node)
        script = zeebe_value(node.element, "script", "resultVariable")
        if script:
            yield script, "any"

    def _result(self, node: Node) -> Iterator[tuple[str, str]]:
        name = zeebe_value(node.element, "taskDefinition", "type")
        operation = self.around.operations.get(name)
        if operation is not None:
            hints = get_type_hints(operation.result)
            for one in fields(operation.result):
                yield one.name, feel_type(hints[one.name])

    def _decided(self, node: Node) -> Iterator[tuple[str, str]]:
        variable = zeebe_value(node.element, "calledDecision", "resultVariable")
        if not variable:
            return
        table = table_of(node, self.around)
        if table is None:
            yield variable, "any"
        elif table.hit_policy not in _SINGLE:
            yield variable, "any" if table.aggregation else "list"
        elif len(table.outputs) == 1:
            yield variable, column_type(table.outputs[0].type)
        else:
            yield variable, "context"
            for output in table.outputs:
                yield f"{variable}.{output.name}", column_type(output.type)


def _in_rounds(node: Node) -> list[str]:
    """Return the names that only the rounds of a multi-instance activity see."""
    if loops.marker_of(node) is None:
        return []
    return [loops.setting(node, "inputElement"), *loops.IN_ROUND, *loops.COUNTS]


def table_of(node: Node, around: Surroundings) -> Table | None:
    """Return the decision table that a business rule task calls, if it can be read."""
    decision_id = zeebe_value(node.element, "calledDecision", "decisionId")
    content = around.content("dmn", decision_id) if decision_id else None
    if content is None:
        return None
    try:
        return decisions.read_table(content, decision_id)
    except EngineError:
        return None


def names_are_free(diagram: Diagram, around: Surroundings) -> Iterator[Problem]:
    """No mapping, result variable or form field takes a name that is reserved or unusable."""
    for node in diagram.nodes:
        for name in filter(None, _targets(node)):
            if not _NAME.fullmatch(name):
                yield problem("bad_variable_name", node.element, variable=name)
            elif is_reserved(name):
                yield problem("reserved_name", node.element, variable=name)
        for one in form_fields(node, around):
            name = re.split(r"[.\[]", one.key)[0]
            if is_reserved(name):
                yield problem("reserved_name", node.element, variable=name)


def form_fields(node: Node, around: Surroundings) -> list[forms.Field]:
    """Return the fields of the form that a user task or start event names."""
    form_id = zeebe_value(node.element, "formDefinition", "formId")
    schema = around.form(form_id) if form_id else None
    return forms.fields(schema) if schema else []


def _targets(node: Node) -> list[str]:
    # The inputs of an operation are its parameters, not variables of the process.
    kinds = ("output",) if zeebe(node.element, "taskDefinition") else ("input", "output")
    found = [one.get("target") or "" for kind in kinds for one in mappings(node.element, kind)]
    results = [
        zeebe_value(node.element, one, "resultVariable") for one in ("calledDecision", "script")
    ]
    repeated = [loops.setting(node, one) for one in ("inputElement", "outputCollection")]
    return found + results + repeated


RULES = (names_are_free,)
