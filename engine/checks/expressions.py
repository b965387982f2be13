"""Rules about FEEL: every place parses, reads known variables, and compares like with like."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from engine import feel
from engine.checks import loops
from engine.checks.diagram import (
    Diagram,
    Element,
    Node,
    children,
    local,
    mappings,
    problem,
    text_of,
    zeebe,
    zeebe_value,
)
from engine.checks.surroundings import Surroundings
from engine.checks.variables import Variables
from engine.errors import ExpressionFailed
from engine.problems import Problem

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_OTHER_LANGUAGE = re.compile(r"[$#]\{")
_ATTRIBUTES = (
    ("assignmentDefinition", "assignee"),
    ("assignmentDefinition", "candidateUsers"),
    ("assignmentDefinition", "candidateGroups"),
    ("taskSchedule", "dueDate"),
    ("taskSchedule", "followUpDate"),
    ("priorityDefinition", "priority"),
    ("script", "expression"),
    ("subscription", "correlationKey"),
)


@dataclass(frozen=True)
class Place:
    """One place of a diagram that may hold an expression.

    ``what`` names the setting, or for a mapping (``setting`` is false) its target.
    """

    element: Element
    what: str
    text: str
    must_be_feel: bool = False
    reads_payload: bool = False
    setting: bool = True

    @property
    def is_feel(self) -> bool:
        return self.text.startswith("=")


def constant(expression: str) -> Any:  # noqa: ANN401 - any FEEL value
    """Return the value of an expression that reads no variable; None where it reads one."""
    try:
        if feel.names(expression):
            return None
        return feel.evaluate(expression, {}, now=_SOME_DAY)
    except ExpressionFailed:
        return None


def places(diagram: Diagram) -> Iterator[Place]:
    """Return every place of the diagram that may hold an expression."""
    for flow in diagram.flows:
        if flow.condition is not None:
            yield Place(flow.element, "condition", flow.condition, must_be_feel=True)
    for node in diagram.nodes:
        yield from _settings(node.element)
        yield from _mapped(node)
        yield from _looped(node)
        for definition in node.definitions:
            for time in children(definition, "timeDate", "timeDuration", "timeCycle"):
                yield Place(node.element, local(time), text_of(time))
    for message in children(diagram.root, "message"):
        yield from _settings(message)
    if diagram.process is not None:
        yield from _titles(diagram.process)


def _settings(element: Element) -> Iterator[Place]:
    for name, attribute in _ATTRIBUTES:
        text = zeebe_value(element, name, attribute)
        if text:
            yield Place(element, attribute, text)


def _mapped(node: Node) -> Iterator[Place]:
    brings_variables = node.event == "message" or node.kind == "receiveTask"
    for name in ("input", "output"):
        for mapping in mappings(node.element, name):
            source, target = (mapping.get("source") or "").strip(), mapping.get("target") or ""
            is_output = name == "output"
            yield Place(
                node.element,
                target,
                source,
                is_output,
                reads_payload=is_output and brings_variables,
            )


def _looped(node: Node) -> Iterator[Place]:
    marker = loops.marker_of(node)
    if marker is None:
        return
    for name in ("inputCollection", "outputElement"):
        text = loops.setting(node, name)
        if text:
            yield Place(node.element, name, text, must_be_feel=True)
    for condition in children(marker, "completionCondition"):
        yield Place(node.element, "completionCondition", text_of(condition), must_be_feel=True)


def _titles(process: Element) -> Iterator[Place]:
    for one in _properties(process):
        if one.get("name") == "caseTitle":
            yield Place(process, "caseTitle", one.get("value") or "")


def _properties(element: Element) -> list[Element]:
    return [found for holder in zeebe(element, "properties") for found in holder]


def expressions_parse(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """Every expression is FEEL that parses and calls only functions that exist."""
    for place in places(diagram):
        where = {"what": place.what, "text": place.text}
        if place.is_feel:
            reason = feel.syntax_problem(place.text)
            if reason is not None:
                yield problem("feel_syntax", place.element, "error", **where, reason=reason)
        elif _OTHER_LANGUAGE.search(place.text) or (place.must_be_feel and place.text):
            yield problem("not_feel", place.element, "error", **where)


def values_go_together(diagram: Diagram, around: Surroundings) -> Iterator[Problem]:
    """No text is compared with a date or a number, as far as declared types tell."""
    types = Variables(diagram, around).types
    for place in _readable(diagram):
        for reason in feel.type_problems(place.text, types):
            params = {"what": place.what, "text": place.text, "reason": reason}
            yield problem("types_differ", place.element, "error", **params)


def variables_are_set_somewhere(diagram: Diagram, around: Surroundings) -> Iterator[Problem]:
    """A variable that nothing sets is null at run time: a notice, for start data may bring it."""
    known = Variables(diagram, around).names
    for place in _readable(diagram):
        for name in sorted(feel.names(place.text) - known):
            if not place.reads_payload:
                params = {"what": place.what, "variable": name}
                yield problem("variable_never_set", place.element, "warning", **params)


def _readable(diagram: Diagram) -> list[Place]:
    found = [place for place in places(diagram) if place.is_feel]
    return [place for place in found if feel.syntax_problem(place.text) is None]


def mappings_are_complete(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """A mapping has a source and a target."""
    for node in diagram.nodes:
        for name in ("input", "output"):
            for mapping in mappings(node.element, name):
                if not mapping.get("source") or not mapping.get("target"):
                    target = mapping.get("target") or "?"
                    yield problem("mapping_incomplete", node.element, target=target)


RULES = (
    expressions_parse,
    values_go_together,
    variables_are_set_somewhere,
    mappings_are_complete,
)
