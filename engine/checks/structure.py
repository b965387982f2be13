"""Rules about the file as a whole: one executable process, ids, references, only known elements."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from engine.checks import coverage
from engine.checks.diagram import (
    BPMN,
    ZEEBE,
    Diagram,
    Element,
    Node,
    children,
    is_node,
    local,
    problem,
    space,
)
from engine.checks.surroundings import Surroundings
from engine.problems import Problem

_ID = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_MAX_ID = 100
_FOREIGN = {
    "http://camunda.org/schema/1.0/bpmn": "Camunda 7",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "SpiffWorkflow",
    "http://flowable.org/bpmn": "Flowable",
    "http://activiti.org/bpmn": "Activiti",
}


def is_bpmn(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """The file is BPMN 2.0."""
    if (space(diagram.root), local(diagram.root)) != (BPMN, "definitions"):
        yield Problem("not_bpmn", found=local(diagram.root))


def has_one_executable_process(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """Exactly one process is executable, and it has an id; others are drawing."""
    if not diagram.executable:
        first = diagram.processes[0] if diagram.processes else diagram.root
        yield problem("no_executable_process", first)
    for extra in diagram.executable[1:]:
        yield problem("second_executable_process", extra)
    for process in diagram.executable:
        if not process.get("id"):
            yield problem("no_process_id", process)
    if diagram.process is not None:
        for process in diagram.processes:
            if process is not diagram.process and len(children(process)):
                yield problem("process_not_executable", process, "warning")


def has_good_ids(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """Every element has an id that is unique, short and plain."""
    elements = [one for one in diagram.root.iter() if space(one) == BPMN]
    for element in elements:
        found = element.get("id")
        if found is not None and not (_ID.fullmatch(found) and len(found) <= _MAX_ID):
            yield problem("bad_id", element, id=found, limit=_MAX_ID)
        needs = is_node(element) or local(element) == "sequenceFlow"
        if needs and not found:
            yield problem("no_id", element, element=local(element))
    counted = Counter(one.get("id") for one in elements if one.get("id"))
    for element in elements:
        if counted.pop(element.get("id"), 0) > 1:
            yield problem("duplicate_id", element, id=element.get("id"))


def has_one_start(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """Every process and sub-process begins with exactly one start event, and has an end."""
    for scope in diagram.scopes:
        starts = scope.of_kind("startEvent")
        inside = "process" if local(scope.element) == "process" else "sub_process"
        if not starts:
            yield problem(f"{inside}_without_start", scope.element)
        for extra in starts[1:]:
            yield problem("second_start", extra.element)
        if not scope.of_kind("endEvent"):
            yield problem(f"{inside}_without_end", scope.element)


def has_only_known_elements(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """Nothing is drawn that would be refused, ignored or guessed at."""
    for child in children(diagram.root):
        yield from _treated(child, coverage.row(coverage.TOP, local(child)))
    for scope in diagram.scopes:
        for child in children(scope.element):
            if not is_node(child):
                yield from _treated(child, _row_in_scope(child))
    for node in diagram.nodes:
        yield from _treated(node.element, _row_of_node(node))
        for child in children(node.element):
            if not _is_part_of(node, child):
                yield from _treated(child, coverage.row(coverage.INSIDE, local(child)))


def _row_in_scope(child: Element) -> coverage.Row:
    table = {**coverage.INSIDE, **coverage.ELEMENTS}
    return coverage.row(table, local(child))


def _row_of_node(node: Node) -> coverage.Row:
    if node.is_event:
        return coverage.row_of_event(node.kind, node.event)
    if node.kind == "subProcess" and node.element.get("triggeredByEvent") == "true":
        return coverage.ELEMENTS["subProcess/event"]
    return coverage.row(coverage.ELEMENTS, node.kind)


def _is_part_of(node: Node, child: Element) -> bool:
    # What a sub-process holds is looked at as a scope of its own.
    in_own_scope = node.kind in ("subProcess", "transaction", "adHocSubProcess")
    return child in node.definitions or in_own_scope


def _treated(element: Element, row: coverage.Row) -> Iterator[Problem]:
    params: dict[str, Any] = {"element": local(element), "zh": row.zh, "en": row.en}
    if row.treatment == "refused":
        yield problem("element_refused", element, **params)
    if row.treatment == "ignored":
        yield problem("element_ignored", element, "warning", **params)


def has_known_extensions(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """Zeebe extensions are known; those of other engines are noticed and ignored."""
    for holder in diagram.root.iter(f"{{{BPMN}}}extensionElements"):
        for element in holder:
            if space(element) == ZEEBE:
                yield from _treated(element, coverage.row(coverage.EXTENSIONS, local(element)))
    for element in diagram.root.iter():
        yield from _foreign(element)


def _foreign(element: Element) -> Iterator[Problem]:
    names = [str(element.tag), *map(str, element.attrib)]
    for namespace, product in _FOREIGN.items():
        if any(name.startswith(f"{{{namespace}}}") for name in names):
            yield problem("foreign_extension", element, "warning", product=product)


#: Attributes that change what an element means, with the only values that run.
_SILENT = {
    "instantiate": ("false",),
    "eventGatewayType": ("Exclusive",),
    "isForCompensation": ("false",),
    "startQuantity": ("1",),
    "completionQuantity": ("1",),
    "parallelMultiple": ("false",),
}


def has_no_silent_attributes(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """No attribute asks for something that would be ignored without a word."""
    for node in diagram.nodes:
        for name, allowed in _SILENT.items():
            value = node.element.get(name)
            if value is not None and value not in allowed:
                yield problem(
                    "attribute_refused", node.element, "error", attribute=name, value=value
                )


def has_no_dangling_references(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """Flows and boundary events are attached to something in their own scope."""
    for flow in diagram.flows:
        if flow.source is None or flow.target is None:
            ends = (flow.element.get("sourceRef"), flow.element.get("targetRef"))
            yield problem("loose_flow", flow.element, source=ends[0] or "—", target=ends[1] or "—")
    for node in diagram.nodes:
        if node.default and node.default not in [flow.id for flow in node.outgoing]:
            yield problem("loose_default", node.element, flow=node.default)


RULES = (
    is_bpmn,
    has_one_executable_process,
    has_good_ids,
    has_one_start,
    has_only_known_elements,
    has_known_extensions,
    has_no_silent_attributes,
    has_no_dangling_references,
)
