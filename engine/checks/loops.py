"""Rules about multi-instance activities: a list, what is done with it, nothing that is ignored."""

from collections.abc import Iterator

from engine.checks.diagram import (
    Diagram,
    Element,
    Node,
    children,
    local,
    problem,
    zeebe,
    zeebe_value,
)
from engine.checks.surroundings import Surroundings
from engine.problems import Problem

MARKER = "multiInstanceLoopCharacteristics"
#: Variables of every round, and what a completion condition may read besides.
IN_ROUND = ("loopCounter",)
COUNTS = (
    "numberOfInstances",
    "numberOfActiveInstances",
    "numberOfCompletedInstances",
    "numberOfTerminatedInstances",
)
_REPEATABLE = frozenset(
    {
        "userTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "scriptTask",
        "subProcess",
    }
)  # fmt: skip
_READ = ("extensionElements", "completionCondition", "documentation")
_SETTINGS = ("behavior", "noneBehaviorEventRef", "oneBehaviorEventRef")


def marker_of(node: Node) -> Element | None:
    """Return the multi-instance marker of an activity."""
    found = children(node.element, MARKER)
    return found[0] if found else None


def setting(node: Node, attribute: str) -> str:
    """Return an attribute of an activity's ``zeebe:loopCharacteristics``; empty without one."""
    marker = marker_of(node)
    return "" if marker is None else zeebe_value(marker, "loopCharacteristics", attribute)


def loops_have_items(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """A multi-instance activity names its list, and its results as a whole or not at all."""
    for node in diagram.nodes:
        marker = marker_of(node)
        if marker is None:
            continue
        if node.kind not in _REPEATABLE:
            yield problem("loop_on_wrong_element", node.element, element=node.kind)
        if not setting(node, "inputCollection").startswith("="):
            yield problem("loop_without_items", node.element)
        if bool(setting(node, "outputCollection")) != bool(setting(node, "outputElement")):
            yield problem("loop_output_incomplete", node.element)


def loops_hide_no_settings(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """Nothing stands at a multi-instance marker that would be ignored without a word."""
    for node in diagram.nodes:
        marker = marker_of(node)
        if marker is None:
            continue
        names = [local(child) for child in children(marker) if local(child) not in _READ]
        names += [name for name in _SETTINGS if marker.get(name) not in (None, "All")]
        names += ["loopCharacteristics"] * (len(zeebe(marker, "loopCharacteristics")) - 1)
        for name in names:
            yield problem("loop_setting_refused", node.element, setting=name)


RULES = (loops_have_items, loops_hide_no_settings)
