"""The case in a few words: its people's steps in the order of the drawing, and how each stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from engine.history import Entry
from engine.models import OpenTask
from web.monitor.drawing import Drawing
from web.monitor.replay import Picture

_STEPS = ("userTask", "manualTask", "receiveTask", "callActivity")


@dataclass(frozen=True)
class Milestone:
    """One step of people: ``state`` done, now, skipped (not needed here) or ahead."""

    element_id: str
    name: str
    state: str
    at: datetime | None = None
    actor_id: UUID | None = None
    task: OpenTask | None = None


def milestones(
    entries: Iterable[Entry], drawing: Drawing, found: Picture, tasks: Iterable[OpenTask]
) -> list[Milestone]:
    """Return the start, every step of people and the end, in the order of the drawing."""
    done = {e.element_id: e for e in entries if e.kind == "task_completed" and e.element_id}
    open_tasks = {task.element_id: task for task in tasks}
    start = next(iter(found.steps), None)
    steps = [_step(node.id, node.name, done, open_tasks) for node in drawing.nodes.values()
             if node.kind in _STEPS]  # fmt: skip
    reached = max((i for i, step in enumerate(steps) if step.state != "ahead"), default=-1)
    over = found.ended is not None or _is_over(found)
    known = [
        _as_skipped(step) if step.state == "ahead" and (over or place < reached) else step
        for place, step in enumerate(steps)
    ]
    first = _start(drawing, start.entry if start else None)
    return [*first, *known, *_end(drawing, found)]


def _step(
    element_id: str, name: str, done: Mapping[str, Entry], open_tasks: Mapping[str, OpenTask]
) -> Milestone:
    task = open_tasks.get(element_id)
    if task is not None:
        return Milestone(element_id, name, "now", task.created_at, task.assignee_id, task)
    entry = done.get(element_id)
    if entry is None:
        return Milestone(element_id, name, "ahead")
    return Milestone(element_id, name, "done", entry.at, entry.actor_id)


def _as_skipped(step: Milestone) -> Milestone:
    return Milestone(step.element_id, step.name, "skipped")


def _is_over(found: Picture) -> bool:
    return bool(found.steps) and found.steps[-1].entry.kind in {"case_ended", "case_cancelled"}


def _start(drawing: Drawing, entry: Entry | None) -> list[Milestone]:
    if entry is None:
        return []
    starts = [node for node in drawing.nodes.values() if node.kind == "startEvent"]
    node = next(iter(starts), None)
    element_id = entry.element_id or (node.id if node else "")
    name = drawing.name_of(element_id) if element_id else ""
    return [Milestone(element_id, name, "done", entry.at, entry.actor_id)]


def _end(drawing: Drawing, found: Picture) -> list[Milestone]:
    if found.ended is None:
        return []
    at = found.steps[-1].entry.at if found.steps else None
    return [Milestone(found.ended, drawing.name_of(found.ended), "done", at)]
