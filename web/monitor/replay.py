"""The path of a case on its diagram, step by step, read from its history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.history import Entry
from web.monitor.drawing import Drawing

_OVER = frozenset({"case_ended", "case_cancelled"})
_WAITS = frozenset({"task_created", "job_queued", "timer_set"})
_DONE = frozenset({"task_completed", "task_cancelled", "operation_done", "timer_fired"})


@dataclass(frozen=True)
class Step:
    """What one entry did to the picture, and how the picture stood after it."""

    entry: Entry
    elements: tuple[str, ...]
    flows: tuple[str, ...]
    active: tuple[str, ...]
    incident: tuple[str, ...]


@dataclass
class Visit:
    """How often and when the case passed an element."""

    count: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def again(self, at: datetime) -> None:
        """Count one more pass."""
        self.count += 1
        self.first = self.first or at
        self.last = at


@dataclass
class Picture:
    """The whole path: passed elements with counts, flows, and where the case stands."""

    visits: dict[str, Visit] = field(default_factory=dict)
    flows: dict[str, None] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    ended: str | None = None

    @property
    def active(self) -> tuple[str, ...]:
        """The elements where the case waits now."""
        return self.steps[-1].active if self.steps else ()

    @property
    def incident(self) -> tuple[str, ...]:
        """The elements that failed and wait for a person."""
        return self.steps[-1].incident if self.steps else ()


def picture(entries: Iterable[Entry], drawing: Drawing) -> Picture:
    """Follow a history through the diagram."""
    result = Picture()
    waiting: dict[str, str] = {}
    failed: dict[str, str] = {}
    for entry in entries:
        elements, flows = passed(entry)
        _move(entry, waiting, failed, drawing)
        for element in elements:
            result.visits.setdefault(element, Visit()).again(entry.at)
        result.flows.update(dict.fromkeys(flows))
        if entry.kind == "case_ended":
            result.ended = _end(entry, elements, drawing) or _last_end(result, drawing)
        active = tuple(dict.fromkeys(e for e in waiting.values() if e not in failed.values()))
        incident = tuple(dict.fromkeys(failed.values()))
        result.steps.append(Step(entry, elements, flows, active, incident))
    return result


def passed(entry: Entry) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the elements and the sequence flows that an entry says were passed, in order."""
    if entry.kind == "path":
        return tuple(entry.data.get("elements", ())), tuple(entry.data.get("flows", ()))
    if entry.kind == "flow_taken" and entry.element_id:
        return (), (entry.element_id,)
    if entry.kind == "element_completed" and entry.element_id:
        return (entry.element_id,), ()
    return (), ()


def _move(entry: Entry, waiting: dict[str, str], failed: dict[str, str], drawing: Drawing) -> None:
    if entry.kind in _OVER:
        waiting.clear()
        failed.clear()
    # That a task was withdrawn is told by the task alone.
    element = entry.element_id or waiting.get(str(entry.task_id))
    if element is None:
        return
    key = str(entry.task_id or element)
    node = drawing.nodes.get(element)
    if entry.kind in _WAITS and not (node and node.attached_to):
        waiting[key] = element
    elif entry.kind in _DONE:
        waiting.pop(key, None)
        failed.pop(element, None)
    elif entry.kind == "incident_raised":
        failed[element] = element
    elif entry.kind == "incident_resolved":
        failed.pop(element, None)


def _end(entry: Entry, elements: tuple[str, ...], drawing: Drawing) -> str | None:
    if entry.element_id:
        return entry.element_id
    return next((e for e in reversed(elements) if _is_end(e, drawing)), None)


def _last_end(result: Picture, drawing: Drawing) -> str | None:
    ends = [e for e in result.visits if _is_end(e, drawing)]
    return ends[-1] if ends else None


def _is_end(element_id: str, drawing: Drawing) -> bool:
    node = drawing.nodes.get(element_id)
    return node is not None and node.kind == "endEvent"


def as_json(found: Picture, sentences: Mapping[int, str], when: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the picture as the island `diagram` reads it; ``when`` shows a time."""
    return {
        "passed": [
            {"id": element, "count": v.count, "first": when(v.first), "last": when(v.last)}
            for element, v in found.visits.items()
        ],
        "flows": list(found.flows),
        "active": list(found.active),
        "incident": list(found.incident),
        "ended": found.ended,
        "steps": [
            {
                "seq": step.entry.seq,
                "at": when(step.entry.at),
                "sentence": sentences.get(step.entry.seq, ""),
                "elements": list(step.elements),
                "flows": list(step.flows),
                "active": list(step.active),
                "incident": list(step.incident),
            }
            for step in found.steps
        ],
    }
