"""Rules about types: what an expression yields is what its place can use."""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import get_type_hints

from engine import feel
from engine.checks.diagram import Diagram, Node, mappings, problem
from engine.checks.expressions import places
from engine.checks.surroundings import Surroundings
from engine.checks.tasks import operation_of
from engine.checks.variables import Variables, feel_type, table_of
from engine.decisions.types import feel_type as column_type
from engine.problems import Problem

_TIMES = frozenset({"date", "date-time", "duration", "string"})
#: What a place can use, by what it is.
USABLE: dict[str, frozenset[str]] = {
    "condition": frozenset({"boolean"}),
    "completionCondition": frozenset({"boolean"}),
    "inputCollection": frozenset({"list"}),
    "timeDate": _TIMES,
    "timeDuration": frozenset({"duration", "string"}),
    "timeCycle": frozenset({"string"}),
    "dueDate": _TIMES,
    "followUpDate": _TIMES,
    "assignee": frozenset({"string"}),
    "candidateUsers": frozenset({"list", "string"}),
    "candidateGroups": frozenset({"list", "string"}),
    "priority": frozenset({"number"}),
    "correlationKey": frozenset({"string", "number"}),
    "caseTitle": frozenset({"string"}),
}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_PATH = re.compile(r"(?<![\w.])([^\W\d]\w*)\.([^\W\d]\w*)")
_UNKNOWN = frozenset({"any", "null"})


def results_can_be_used(diagram: Diagram, around: Surroundings) -> Iterator[Problem]:
    """A condition yields true or false, a timer a time, an assignee a person's id, and so on."""
    types = Variables(diagram, around).types
    for place in places(diagram):
        usable = USABLE.get(place.what) if place.setting else None
        if usable is None or not place.is_feel or feel.syntax_problem(place.text) is not None:
            continue
        found = feel.type_of(place.text, types)
        if found not in usable | _UNKNOWN:
            params = {"what": place.what, "text": place.text, "found": found}
            yield problem("unusable_type", place.element, "error", **params)


def parameters_have_the_right_types(diagram: Diagram, around: Surroundings) -> Iterator[Problem]:
    """What a mapping gives an operation is of the parameter's type."""
    types = Variables(diagram, around).types
    for node in diagram.nodes:
        operation = operation_of(node, around)
        if operation is None:
            continue
        hints = get_type_hints(operation.params)
        wanted = {one.name: feel_type(hints[one.name]) for one in fields(operation.params)}
        for mapping in mappings(node.element, "input"):
            name, source = mapping.get("target") or "", (mapping.get("source") or "").strip()
            found = _type_of_source(source, types)
            if found not in _UNKNOWN and wanted.get(name, "any") not in {"any", found}:
                params = {"parameter": name, "wanted": wanted[name], "found": found}
                yield problem("parameter_type", node.element, "error", **params, text=source)


def _type_of_source(source: str, types: dict[str, str]) -> str:
    if not source.startswith("="):
        return "string"
    return "any" if feel.syntax_problem(source) is not None else feel.type_of(source, types)


def decisions_get_what_they_read(diagram: Diagram, around: Surroundings) -> Iterator[Problem]:
    """The variables that a decision table reads have the types of its columns."""
    variables = Variables(diagram, around)
    for node in diagram.of_kind("businessRuleTask"):
        local = {one.get("target") or "" for one in mappings(node.element, "input")}
        types = {k: v for k, v in variables.types.items() if k.partition(".")[0] not in local}
        for name, wanted in _columns(node, around):
            if feel.syntax_problem(name) is not None:
                continue
            for missing in sorted(feel.names(name) - variables.names):
                params = {"what": "decision", "variable": missing}
                yield problem("variable_never_set", node.element, "warning", **params)
            found = feel.type_of(name, types)
            if wanted != "any" and found not in _UNKNOWN | {wanted}:
                params = {"input": name, "wanted": wanted, "found": found}
                yield problem("decision_input_type", node.element, "error", **params)


def _columns(node: Node, around: Surroundings) -> list[tuple[str, str]]:
    table = table_of(node, around)
    inputs = table.inputs if table is not None else ()
    return [(one.expression, column_type(one.type)) for one in inputs if one.expression]


def decisions_give_what_is_read(diagram: Diagram, around: Surroundings) -> Iterator[Problem]:
    """What an expression reads of a decision's result is one of the table's outputs."""
    given = Variables(diagram, around).types
    outputs: dict[str, set[str]] = {}
    for name in given:
        variable, _, output = name.partition(".")
        if output and given.get(variable) == "context" and variable != "case":
            outputs.setdefault(variable, set()).add(output)
    for place in places(diagram):
        text = _STRING.sub("", place.text) if place.is_feel else ""
        for variable, name in _PATH.findall(text):
            if variable in outputs and name not in outputs[variable]:
                known = ", ".join(sorted(outputs[variable]))
                params = {"what": place.what, "variable": variable, "output": name, "known": known}
                yield problem("no_such_output", place.element, "error", **params)


RULES = (
    decisions_give_what_is_read,
    results_can_be_used,
    parameters_have_the_right_types,
    decisions_get_what_they_read,
)
