"""Rules about events: timers with a time, messages with a key, errors with a code, hosts."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from engine.checks.diagram import (
    Diagram,
    Element,
    Node,
    children,
    problem,
    text_of,
    throws_message,
    zeebe,
    zeebe_value,
)
from engine.checks.surroundings import Surroundings
from engine.errors import ExpressionFailed
from engine.problems import Problem
from engine.spiff import times
from engine.spiff.extensions import TIME_TO_LIVE

_TIMES = ("timeDate", "timeDuration", "timeCycle")
_ACTIVITIES = frozenset(
    {
        "userTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "businessRuleTask",
        "scriptTask",
        "subProcess",
    }
)
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def time_of(node: Node) -> Element | None:
    """Return the element that says when a timer event is due."""
    found = children(node.definitions[0], *_TIMES) if node.event == "timer" else []
    return found[0] if found else None


def timers_have_a_time(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """A timer has exactly one time, and a literal one is ISO 8601."""
    for node in diagram.nodes:
        if node.event != "timer":
            continue
        found = children(node.definitions[0], *_TIMES)
        texts = [text_of(one) for one in found]
        if len(found) != 1 or not texts[0]:
            yield problem("timer_without_time", node.element)
        elif not texts[0].startswith("="):
            yield from _literal_time(node, found[0])
        if node.kind == "intermediateCatchEvent" and children(node.definitions[0], "timeCycle"):
            yield problem("cycle_in_catch", node.element)


def _literal_time(node: Node, time: Element) -> Iterator[Problem]:
    name, text = time.tag.rpartition("}")[2], text_of(time)
    readers: dict[str, Callable[[], object]] = {
        "timeDate": lambda: times.moment(text),
        "timeDuration": lambda: times.after(_SOME_DAY, text),
        "timeCycle": lambda: times.cycle(text, _SOME_DAY),
    }
    try:
        readers[name]()
    except (ExpressionFailed, OverflowError, ValueError):
        yield problem("bad_time", node.element, text=text)
        return
    if name == "timeDuration" and times.after(_SOME_DAY, text) <= _SOME_DAY:
        yield problem("bad_time", node.element, text=text)


def message_of(diagram: Diagram, node: Node) -> Element | None:
    """Return the message that a node waits for."""
    holder = node.definitions[0] if node.event == "message" else node.element
    return diagram.top_element("message", holder.get("messageRef"))


def messages_can_be_matched(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """A message has a name and a correlation key; one that starts a case needs no key."""
    for node in diagram.nodes:
        if not (node.event == "message" or node.kind == "receiveTask" or throws_message(node)):
            continue
        message = message_of(diagram, node)
        if message is None:
            yield problem("no_message", node.element)
            continue
        if not message.get("name"):
            yield problem("message_without_name", node.element)
        elif str(message.get("name")).startswith("="):
            yield problem("message_name_not_fixed", node.element)
        key = zeebe_value(message, "subscription", "correlationKey")
        if node.kind != "startEvent" and not key.startswith("="):
            yield problem("message_without_key", node.element, message=message.get("name") or "")


def messages_start_processes_only(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """A message starts a whole process, and its payload takes the place of a form."""
    for scope in diagram.scopes:
        for node in scope.of_kind("startEvent"):
            if node.event != "message":
                continue
            if scope.element is not diagram.process:
                yield problem("message_start_inside", node.element)
            if zeebe(node.element, "formDefinition"):
                yield problem("form_on_message_start", node.element)


def messages_are_kept_for_a_time(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """How long a thrown message is kept is an ISO 8601 duration or an expression."""
    for node in diagram.nodes:
        for text in _times_to_live(node):
            if not text.startswith("=") and not _is_duration(text):
                yield problem("bad_time", node.element, text=text)


def _times_to_live(node: Node) -> list[str]:
    found = [one for holder in zeebe(node.element, "properties") for one in holder]
    return [one.get("value") or "" for one in found if one.get("name") == TIME_TO_LIVE]


def _is_duration(text: str) -> bool:
    try:
        return times.after(_SOME_DAY, text) > _SOME_DAY
    except (ExpressionFailed, OverflowError, ValueError):
        return False


def code_of(diagram: Diagram, node: Node) -> str:
    """Return the error code that an event throws or catches; empty where it names none."""
    error = diagram.top_element("error", node.definitions[0].get("errorRef"))
    return "" if error is None else (error.get("errorCode") or "").strip()


def errors_have_codes(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """An error that is thrown or caught has a fixed code."""
    for node in diagram.nodes:
        if node.event != "error":
            continue
        code, reference = code_of(diagram, node), node.definitions[0].get("errorRef")
        if not code and (node.kind == "endEvent" or reference):
            yield problem("error_without_code", node.element)
        elif code.startswith("="):
            yield problem("error_code_not_fixed", node.element)


def errors_caught_can_happen(diagram: Diagram, around: Surroundings) -> Iterator[Problem]:
    """What an error boundary event catches is thrown by its activity or inside it."""
    for node in diagram.of_kind("boundaryEvent"):
        if node.event != "error" or node.host is None:
            continue
        code, thrown = code_of(diagram, node), thrown_by(diagram, node.host, around)
        if thrown is not None and (code not in thrown if code else not thrown):
            known = ", ".join(sorted(thrown)) or "—"
            yield problem("error_never_thrown", node.element, error=code or "*", known=known)


def thrown_by(diagram: Diagram, host: Node, around: Surroundings) -> set[str] | None:
    """Return the error codes that leave an activity; None where an operation is unknown."""
    if host.kind == "subProcess":
        return _thrown_inside(diagram, host, around)
    name = zeebe_value(host.element, "taskDefinition", "type")
    if not name:
        return set()
    operation = around.operations.get(name)
    return None if operation is None else set(operation.errors)


def _thrown_inside(diagram: Diagram, host: Node, around: Surroundings) -> set[str] | None:
    scopes = [scope for scope in diagram.scopes if scope.element is host.element]
    thrown: set[str] = set()
    for node in scopes[0].nodes.values():
        if node.kind == "endEvent":
            thrown |= {code_of(diagram, node)} if node.event == "error" else set()
            continue
        inner = thrown_by(diagram, node, around)
        if inner is None:
            return None
        caught = {code_of(diagram, one) for one in node.boundaries if one.event == "error"}
        thrown |= set() if "" in caught else inner - caught
    return thrown


def boundaries_have_hosts(diagram: Diagram, _: Surroundings) -> Iterator[Problem]:
    """A boundary event sits on an activity that can be interrupted, and leads somewhere."""
    for node in diagram.of_kind("boundaryEvent"):
        if node.host is None:
            yield problem("boundary_without_host", node.element)
        elif node.host.kind not in _ACTIVITIES:
            yield problem("boundary_on_wrong_host", node.element, host=node.host.kind)
        if node.event == "error" and node.element.get("cancelActivity") == "false":
            yield problem("error_must_interrupt", node.element)


RULES = (
    timers_have_a_time,
    messages_can_be_matched,
    messages_start_processes_only,
    messages_are_kept_for_a_time,
    errors_have_codes,
    errors_caught_can_happen,
    boundaries_have_hosts,
)
