"""Rules about the way through the diagram: gateways, conditions, and that every path ends."""

from collections.abc import Callable, Iterable, Iterator

from engine.checks.diagram import Diagram, Node, problem
from engine.checks.surroundings import Surroundings
from engine.problems import Problem

_CHOOSING = ("exclusiveGateway", "inclusiveGateway")
_WAITING = ("intermediateCatchEvent", "receiveTask")
_LEAST_EVENTS = 2


def has_a_condition_on_every_choice(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """A gateway that chooses has a condition on every flow but its default."""
    for gateway in diagram.of_kind(*_CHOOSING):
        if len(gateway.outgoing) < _LEAST_EVENTS:
            continue
        for flow in gateway.outgoing:
            if flow.id == gateway.default:
                if flow.condition:
                    yield problem("condition_on_default", flow.element, gateway=_named(gateway))
            elif not flow.condition:
                yield problem("flow_without_condition", flow.element, gateway=_named(gateway))
        if not gateway.default:
            yield problem("gateway_without_default", gateway.element, "warning")


def has_conditions_only_on_choices(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """A condition elsewhere would never be evaluated."""
    for flow in diagram.flows:
        source = flow.source
        if flow.condition is not None and source is not None and source.kind not in _CHOOSING:
            yield problem("condition_outside_gateway", flow.element, source=_named(source))


def splits_only_at_gateways(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """Several flows out of an event or activity would be taken all at once, unseen."""
    for node in diagram.nodes:
        if not node.is_gateway and len(node.outgoing) > 1:
            yield problem("implicit_split", node.element, count=len(node.outgoing))


def joins_two_elements_once(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """Between two elements there is one flow at most, so that history can tell it."""
    for node in diagram.nodes:
        seen: set[Node] = set()
        for flow in node.outgoing:
            if flow.target is not None and flow.target in seen:
                yield problem("double_flow", flow.element, target=_named(flow.target))
            elif flow.target is not None:
                seen.add(flow.target)


def waits_only_for_events(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """An event-based gateway leads to two or more events that wait."""
    for gateway in diagram.of_kind("eventBasedGateway"):
        if len(gateway.outgoing) < _LEAST_EVENTS:
            yield problem("event_gateway_too_few", gateway.element)
        for target in _targets(gateway):
            if target.kind not in _WAITING or len(target.incoming) != 1:
                yield problem("event_gateway_target", gateway.element, target=_named(target))


def begins_and_ends_rightly(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """Nothing leads into a start or boundary event, nothing out of an end event."""
    for node in diagram.of_kind("startEvent", "boundaryEvent"):
        if node.incoming:
            yield problem("flow_into_start", node.element)
    for node in diagram.of_kind("endEvent"):
        if node.outgoing:
            yield problem("flow_out_of_end", node.element)


def reaches_every_element(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """Every element can be reached from the start of its process or sub-process."""
    for scope in diagram.scopes:
        starts = scope.of_kind("startEvent")
        reached = _closure(starts, _next) if starts else set(scope.nodes.values())
        for node in scope.nodes.values():
            if node not in reached and node.kind != "boundaryEvent":
                yield problem("unreachable", node.element)


def reaches_an_end(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """From every element there is a way to an end event."""
    for scope in diagram.scopes:
        ends = scope.of_kind("endEvent")
        good = _closure(ends, _before) if ends else set(scope.nodes.values())
        for node in scope.nodes.values():
            if not node.outgoing and node.kind != "endEvent":
                yield problem("dead_end", node.element)
            elif node not in good:
                yield problem("no_way_out", node.element)


def loops_wait_somewhere(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """A circle in which nothing waits or decides would turn for ever."""
    for scope in diagram.scopes:
        plain = {node for node in scope.nodes.values() if _passes_at_once(node)}
        for node in plain:
            if node in _closure([n for n in _next(node) if n in plain], _next, within=plain):
                yield problem("endless_loop", node.element)
                break


def _passes_at_once(node: Node) -> bool:
    waits = (*_WAITING, "userTask", "subProcess", "eventBasedGateway", "boundaryEvent")
    if node.kind in waits:
        return False
    return node.kind not in _CHOOSING or len(node.outgoing) < _LEAST_EVENTS


def _targets(node: Node) -> list[Node]:
    return [flow.target for flow in node.outgoing if flow.target is not None]


def _next(node: Node) -> list[Node]:
    return _targets(node) + node.boundaries


def _before(node: Node) -> list[Node]:
    sources = [flow.source for flow in node.incoming if flow.source is not None]
    return sources if node.host is None else [*sources, node.host]


def _closure(
    first: Iterable[Node], step: Callable[[Node], list[Node]], within: set[Node] | None = None
) -> set[Node]:
    found: set[Node] = set()
    todo = list(first)
    while todo:
        node = todo.pop()
        if node in found or (within is not None and node not in within):
            continue
        found.add(node)
        todo.extend(step(node))
    return found


def _named(node: Node) -> str:
    return node.element.get("name") or node.id


RULES = (
    has_a_condition_on_every_choice,
    has_conditions_only_on_choices,
    splits_only_at_gateways,
    joins_two_elements_once,
    waits_only_for_events,
    begins_and_ends_rightly,
    reaches_every_element,
    reaches_an_end,
    loops_wait_somewhere,
)
