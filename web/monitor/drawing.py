"""What pages need to know of a BPMN file: its steps, their order on the drawing, their forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from engine import xml

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_DC = "{http://www.omg.org/spec/DD/20100524/DC}"
_ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
_STEPS = ("Task", "Event", "Gateway")
_OTHER_STEPS = frozenset({"task", "callActivity", "subProcess", "transaction"})


@dataclass(frozen=True)
class Node:
    """One step of a process; ``place`` is its upper left corner on the drawing (x, y)."""

    id: str
    name: str
    kind: str
    attached_to: str | None = None
    form_id: str | None = None
    decision_id: str | None = None
    place: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Drawing:
    """The steps of a process by id, in reading order, and the name of the process."""

    key: str
    name: str
    nodes: Mapping[str, Node] = field(default_factory=lambda: MappingProxyType({}))

    def name_of(self, element_id: str) -> str:
        """Return a step's name, or its id where it has none."""
        node = self.nodes.get(element_id)
        return node.name if node and node.name else element_id


@lru_cache(maxsize=64)
def read(content: str) -> Drawing:
    """Read a published BPMN file; raises InvalidDefinition where it is not one."""
    root = xml.parse(content)
    process = root.find(f"{_BPMN}process")
    if process is None:
        return Drawing("", "")
    places = {shape.get("bpmnElement", ""): _place(shape) for shape in root.iter(f"{_DI}BPMNShape")}
    found = [_node(element, places) for element in process.iter() if _is_step(element)]
    ordered = sorted(found, key=lambda node: node.place)
    return Drawing(
        process.get("id", ""),
        process.get("name", ""),
        MappingProxyType({node.id: node for node in ordered}),
    )


def _local(element: Any) -> str:  # noqa: ANN401 - lxml
    tag = element.tag
    return tag.removeprefix(_BPMN) if isinstance(tag, str) and tag.startswith(_BPMN) else ""


def _is_step(element: Any) -> bool:  # noqa: ANN401 - lxml
    name = _local(element)
    return name in _OTHER_STEPS or name.endswith(_STEPS)


def _place(shape: Any) -> tuple[float, float]:  # noqa: ANN401 - lxml
    bounds = shape.find(f"{_DC}Bounds")
    return (0.0, 0.0) if bounds is None else (float(bounds.get("x", 0)), float(bounds.get("y", 0)))


def _node(element: Any, places: dict[str, tuple[float, float]]) -> Node:  # noqa: ANN401 - lxml
    element_id = element.get("id", "")
    extensions = element.find(f"{_BPMN}extensionElements")
    return Node(
        id=element_id,
        name=" ".join(element.get("name", "").split()),
        kind=_local(element),
        attached_to=element.get("attachedToRef"),
        form_id=_extension(extensions, "formDefinition", "formId"),
        decision_id=_extension(extensions, "calledDecision", "decisionId"),
        place=places.get(element_id, (0.0, 0.0)),
    )


def _extension(extensions: Any, tag: str, attribute: str) -> str | None:  # noqa: ANN401 - lxml
    found = None if extensions is None else extensions.find(f"{_ZEEBE}{tag}")
    value: str | None = None if found is None else found.get(attribute)
    return value
