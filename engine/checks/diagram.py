"""A BPMN file as the checks see it: scopes with nodes and flows, and lookups between them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lxml import etree

from engine.problems import Problem, Severity

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
_EVENT = "EventDefinition"

Element = etree._Element  # noqa: SLF001 - lxml's only name for its element class


def local(element: Element) -> str:
    """Return an element's name without its namespace; empty for comments and instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def space(element: Element) -> str:
    """Return an element's namespace; empty for comments and instructions."""
    return etree.QName(element).namespace or "" if isinstance(element.tag, str) else ""


def children(element: Element, *names: str) -> list[Element]:
    """Return the BPMN children of these names (all BPMN children where none is given)."""
    return [
        child for child in element if space(child) == BPMN and (not names or local(child) in names)
    ]


def text_of(element: Element | None) -> str:
    """Return the text of an element without its comments."""
    return "" if element is None else "".join(str(part) for part in element.itertext()).strip()


def zeebe(element: Element, name: str) -> list[Element]:
    """Return the zeebe extension elements of this name that belong to an element."""
    return [
        found
        for holder in children(element, "extensionElements")
        for found in holder
        if space(found) == ZEEBE and local(found) == name
    ]


def zeebe_value(element: Element, name: str, attribute: str) -> str:
    """Return an attribute of the first zeebe element of a name; empty where there is none."""
    found = zeebe(element, name)
    return (found[0].get(attribute) or "").strip() if found else ""


def mappings(element: Element, name: str) -> list[Element]:
    """Return the zeebe inputs or outputs of an element."""
    return [
        found for holder in zeebe(element, "ioMapping") for found in holder if local(found) == name
    ]


def problem(
    code: str,
    element: Element,
    severity: Severity = "error",
    /,
    **params: Any,  # noqa: ANN401 - JSON values
) -> Problem:
    """Make a problem that names the element, or the nearest one around it that has an id."""
    place: Element | None = element
    while place is not None and not place.get("id"):
        place = place.getparent()
    place = element if place is None else place
    return Problem(code, place.get("id") or "", place.get("name") or "", severity, **params)


@dataclass(eq=False)
class Flow:
    """A sequence flow with its ends, where they exist in the same scope."""

    element: Element
    source: "Node | None" = None
    target: "Node | None" = None

    @property
    def id(self) -> str:
        return self.element.get("id") or ""

    @property
    def condition(self) -> str | None:
        """The condition as written; None where the flow has none."""
        found = children(self.element, "conditionExpression")
        return text_of(found[0]) if found else None


@dataclass(eq=False)
class Node:
    """An event, activity or gateway."""

    element: Element
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)
    boundaries: list["Node"] = field(default_factory=list)
    host: "Node | None" = None

    @property
    def id(self) -> str:
        return self.element.get("id") or ""

    @property
    def kind(self) -> str:
        return local(self.element)

    @cached_property
    def definitions(self) -> list[Element]:
        """The event definitions inside; references (eventDefinitionRef) count too."""
        return [
            child
            for child in children(self.element)
            if local(child).endswith((_EVENT, f"{_EVENT}Ref"))
        ]

    @property
    def event(self) -> str:
        """The kind of event: none, timer, message, error …; multiple where there are several."""
        if len(self.definitions) != 1:
            return "multiple" if self.definitions else "none"
        name = local(self.definitions[0])
        return "reference" if name.endswith("Ref") else name.removesuffix(_EVENT)

    @property
    def is_event(self) -> bool:
        return self.kind.endswith("Event")

    @property
    def is_gateway(self) -> bool:
        return self.kind.endswith("Gateway")

    @property
    def default(self) -> str:
        return self.element.get("default") or ""


@dataclass(eq=False)
class Scope:
    """A process or sub-process: its own nodes and flows."""

    element: Element
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)

    def of_kind(self, *kinds: str) -> list[Node]:
        return [node for node in self.nodes.values() if node.kind in kinds]


def is_node(element: Element) -> bool:
    """Tell whether a BPMN element is an event, an activity or a gateway."""
    name = local(element)
    if space(element) != BPMN:
        return False
    suffixes = ("Event", "Gateway", "Task")
    others = ("task", "subProcess", "callActivity", "transaction", "adHocSubProcess")
    return name.endswith(suffixes) or name in others


def throws_message(node: Node) -> bool:
    """Tell whether a send task throws a message instead of calling an operation."""
    if node.kind != "sendTask" or zeebe(node.element, "taskDefinition"):
        return False
    return node.element.get("messageRef") is not None


class Diagram:
    """One BPMN file, read once and shared by every check."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.processes = children(root, "process")
        executable = [one for one in self.processes if one.get("isExecutable") == "true"]
        self.process = executable[0] if len(executable) == 1 else None
        self.executable = executable
        self.scopes: list[Scope] = []
        if self.process is not None:
            self._read(self.process)

    def _read(self, element: Element) -> None:
        scope = Scope(element)
        self.scopes.append(scope)
        for child in element:
            if is_node(child):
                # A second element of one id is reported elsewhere; it must not vanish here.
                key = child.get("id") or f"#{len(scope.nodes)}"
                scope.nodes[key if key not in scope.nodes else f"{key}#{id(child)}"] = Node(child)
        for child in children(element, "sequenceFlow"):
            self._connect(scope, Flow(child))
        for node in scope.of_kind("boundaryEvent"):
            host = scope.nodes.get(node.element.get("attachedToRef") or "")
            if host is not None:
                node.host = host
                host.boundaries.append(node)
        for node in scope.of_kind("subProcess", "transaction", "adHocSubProcess"):
            self._read(node.element)

    @staticmethod
    def _connect(scope: Scope, flow: Flow) -> None:
        scope.flows.append(flow)
        flow.source = scope.nodes.get(flow.element.get("sourceRef") or "")
        flow.target = scope.nodes.get(flow.element.get("targetRef") or "")
        if flow.source is not None:
            flow.source.outgoing.append(flow)
        if flow.target is not None:
            flow.target.incoming.append(flow)

    @property
    def nodes(self) -> Iterator[Node]:
        for scope in self.scopes:
            yield from scope.nodes.values()

    @property
    def flows(self) -> Iterator[Flow]:
        for scope in self.scopes:
            yield from scope.flows

    def of_kind(self, *kinds: str) -> list[Node]:
        return [node for node in self.nodes if node.kind in kinds]

    def top_element(self, name: str, reference: str | None) -> Element | None:
        """Return a message, error … of the file by a reference, which may carry a prefix."""
        wanted = (reference or "").rpartition(":")[2]
        found = [one for one in children(self.root, name) if wanted and one.get("id") == wanted]
        return found[0] if found else None
