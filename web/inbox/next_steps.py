"""Whose turn may be next: the user tasks that can follow an element of a diagram."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine import xml

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
_MOST = 3


@dataclass(frozen=True)
class Step:
    """A task that may follow, and its candidate groups as the diagram writes them."""

    name: str
    groups: str


@lru_cache(maxsize=256)
def following(content: str, element_id: str) -> tuple[Step, ...]:
    """Return up to three user tasks reached first from an element, along any flow.

    Conditions are not evaluated: these are the steps that may come, in the order of the diagram.
    """
    root = xml.parse(content)
    elements: dict[str, Any] = {each.get("id", ""): each for each in root.iter()}
    ways: dict[str, list[str]] = {}
    for flow in root.iter(f"{_BPMN}sequenceFlow"):
        ways.setdefault(flow.get("sourceRef", ""), []).append(flow.get("targetRef", ""))
    return tuple(_walk(elements, ways, element_id))


def _walk(elements: dict[str, Any], ways: dict[str, list[str]], start: str) -> list[Step]:
    found: list[Step] = []
    queue, seen = list(ways.get(start, ())), {start}
    while queue and len(found) < _MOST:
        here = queue.pop(0)
        if here in seen or here not in elements:
            continue
        seen.add(here)
        element = elements[here]
        if element.tag == f"{_BPMN}userTask":
            found.append(_step(element))
            continue
        queue.extend(_inside(element) or _onward(element, ways))
    return found


def _inside(element: Any) -> list[str]:  # noqa: ANN401 - lxml element
    """The start of an embedded sub-process is the next step when one reaches it."""
    return [start.get("id") for start in element.findall(f"{_BPMN}startEvent")]


def _onward(element: Any, ways: dict[str, list[str]]) -> list[str]:  # noqa: ANN401 - lxml element
    targets = list(ways.get(element.get("id"), ()))
    parent = element.getparent()
    if element.tag == f"{_BPMN}endEvent" and parent.tag == f"{_BPMN}subProcess":
        targets.extend(ways.get(parent.get("id"), ()))
    return targets


def _step(element: Any) -> Step:  # noqa: ANN401 - lxml element
    assignment = element.find(f".//{_ZEEBE}assignmentDefinition")
    groups = "" if assignment is None else assignment.get("candidateGroups", "")
    return Step(element.get("name") or element.get("id"), groups)
