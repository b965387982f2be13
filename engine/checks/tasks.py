"""Rules about tasks: forms, people, operations with their parameters, decisions and scripts."""

import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from uuid import UUID

from engine.actors import DEPARTMENTS, ROLES
from engine.checks.diagram import (
    Diagram,
    Node,
    children,
    mappings,
    problem,
    throws_message,
    zeebe,
    zeebe_value,
)
from engine.checks.expressions import constant
from engine.checks.surroundings import Surroundings
from engine.contract import Operation
from engine.errors import ExpressionFailed
from engine.problems import Problem
from engine.spiff import times

_CALLS = ("serviceTask", "sendTask")
_MAX_PRIORITY = 100
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def operation_of(node: Node, around: Surroundings) -> Operation | None:
    """Return the operation that a task calls, if it is known."""
    if node.kind not in (*_CALLS, "businessRuleTask"):
        return None
    return around.operations.get(zeebe_value(node.element, "taskDefinition", "type"))


def forms_exist(diagram: Diagram, around: Surroundings) -> Iterator[Problem]:
    """A user task names a form that exists; a start event may."""
    for node in diagram.of_kind("userTask", "startEvent"):
        definition = zeebe(node.element, "formDefinition")
        form_id = zeebe_value(node.element, "formDefinition", "formId")
        if not form_id:
            if definition or node.kind == "userTask":
                yield problem("no_form", node.element)
        elif around.content("form", form_id) is None:
            yield problem("unknown_form", node.element, form=form_id)
        yield from _binding(node, "formDefinition")


def _binding(node: Node, name: str) -> Iterator[Problem]:
    binding = zeebe_value(node.element, name, "bindingType")
    if binding not in ("", "latest"):
        yield problem("binding_refused", node.element, binding=binding)


def somebody_can_do_it(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """A user task is offered to a person, to people or to known groups."""
    for node in diagram.of_kind("userTask"):
        given = {
            name: zeebe_value(node.element, "assignmentDefinition", name)
            for name in ("assignee", "candidateUsers", "candidateGroups")
        }
        if not any(given.values()):
            yield problem("task_for_nobody", node.element)
        for person in (*_parts(given["assignee"]), *_parts(given["candidateUsers"])):
            if not _is_uuid(person):
                yield problem("unknown_person", node.element, person=person)
        for group in _parts(given["candidateGroups"]):
            role, _colon, department = group.partition(":")
            if role not in ROLES or (department and department not in DEPARTMENTS):
                yield problem("unknown_group", node.element, group=group)


def _parts(text: str) -> list[str]:
    """Return the names in a literal list or a constant expression; none where data decides."""
    if not text:
        return []
    if not text.startswith("="):
        return [part.strip() for part in text.split(",") if part.strip()]
    value = constant(text)
    values = value if isinstance(value, list) else [value]
    return [part for part in values if isinstance(part, str)]


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def schedules_are_readable(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """Due and follow-up dates are expressions, ISO dates or durations; priorities 0 to 100."""
    for node in diagram.of_kind("userTask"):
        for name in ("dueDate", "followUpDate"):
            text = zeebe_value(node.element, "taskSchedule", name)
            if text and not text.startswith("=") and not _is_time(text):
                yield problem("bad_time", node.element, text=text)
        priority = zeebe_value(node.element, "priorityDefinition", "priority")
        if priority and not priority.startswith("=") and not _is_priority(priority):
            yield problem("bad_priority", node.element, text=priority)


def _is_priority(text: str) -> bool:
    return bool(re.fullmatch(r"\d{1,3}", text)) and int(text) <= _MAX_PRIORITY


def _is_time(text: str) -> bool:
    try:
        return bool(times.after(_SOME_DAY, text) if text.startswith("P") else times.moment(text))
    except (ExpressionFailed, OverflowError, ValueError):
        return False


def operations_exist(diagram: Diagram, around: Surroundings) -> Iterator[Problem]:
    """A service or send task names an operation of the catalogue."""
    for node in diagram.of_kind(*_CALLS, "businessRuleTask"):
        definition = zeebe(node.element, "taskDefinition")
        name = zeebe_value(node.element, "taskDefinition", "type")
        if node.kind == "businessRuleTask" and not definition:
            continue
        if throws_message(node):
            continue
        if not name:
            yield problem("no_operation", node.element)
        elif name not in around.operations:
            known = ", ".join(sorted(around.operations)) or "—"
            yield problem("unknown_operation", node.element, operation=name, known=known)
        if definition and definition[0].get("retries"):
            yield problem("retries_ignored", node.element, "warning")


def parameters_fit(diagram: Diagram, around: Surroundings) -> Iterator[Problem]:
    """Input mappings give every required parameter of the operation and no unknown one."""
    for node in diagram.nodes:
        operation = operation_of(node, around)
        if operation is None:
            continue
        given = [mapping.get("target") or "" for mapping in mappings(node.element, "input")]
        known = {one.name: one for one in fields(operation.params)}
        for name in given:
            if name not in known:
                wanted = ", ".join(known) or "—"
                params = {"operation": operation.name, "parameter": name, "known": wanted}
                yield problem("unknown_parameter", node.element, "error", **params)
        for name, one in known.items():
            required = one.default is MISSING and one.default_factory is MISSING
            if required and name not in given:
                params = {"operation": operation.name, "parameter": name}
                yield problem("missing_parameter", node.element, "error", **params)


def decisions_exist(diagram: Diagram, around: Surroundings) -> Iterator[Problem]:
    """A business rule task names a decision that exists, and where its result goes."""
    for node in diagram.of_kind("businessRuleTask"):
        if zeebe(node.element, "taskDefinition"):
            continue
        decision = zeebe_value(node.element, "calledDecision", "decisionId")
        if not decision:
            yield problem("no_decision", node.element)
        elif decision.startswith("="):
            yield problem("decision_not_fixed", node.element)
        elif around.content("dmn", decision) is None:
            yield problem("unknown_decision", node.element, decision=decision)
        if decision and not zeebe_value(node.element, "calledDecision", "resultVariable"):
            yield problem("no_result_variable", node.element)
        yield from _binding(node, "calledDecision")


def scripts_are_feel(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """A script task holds a FEEL expression and says where its result goes; no other language."""
    for node in diagram.of_kind("scriptTask"):
        language = node.element.get("scriptFormat") or ""
        if children(node.element, "script") or zeebe(node.element, "taskDefinition"):
            yield problem("script_refused", node.element, language=language or "?")
        elif not zeebe_value(node.element, "script", "expression").startswith("="):
            yield problem("script_without_feel", node.element)
        elif not zeebe_value(node.element, "script", "resultVariable"):
            yield problem("no_result_variable", node.element)


RULES = (
    forms_exist,
    somebody_can_do_it,
    schedules_are_readable,
    operations_exist,
    parameters_fit,
    decisions_exist,
    scripts_are_feel,
)
