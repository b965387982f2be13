"""What the tokens of a case wait for, as plain data for the engine's tables."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.spiff import specs
from engine.spiff.events import ErrorDefinition, MessageDefinition, TimerDefinition
from engine.spiff.workflow import Case

#: A token at an element, as the rest of the engine passes it around.
Token = Task


@dataclass
class Waiting:
    """By token id: the user tasks offered, timers (due), messages (name, key) and open calls."""

    offers: dict[UUID, UUID] = field(default_factory=dict)
    timers: dict[UUID, tuple[str, datetime]] = field(default_factory=dict)
    messages: dict[UUID, tuple[str, str, str]] = field(default_factory=dict)
    calls: set[UUID] = field(default_factory=set)
    stuck: set[UUID] = field(default_factory=set)


def waiting(case: Case) -> Waiting:
    """Return everything that the case waits for now."""
    found = Waiting()
    for task in case.all_tasks(TaskState.NOT_FINISHED_MASK):
        _sort(found, task)
    return found


def _sort(found: Waiting, task: Task) -> None:
    spec, note = task.task_spec, task.internal_data
    if note.get("incident"):
        found.stuck.add(task.id)
    if "offer" in note and task.state == TaskState.READY:
        found.offers[task.id] = UUID(note["offer"])
    elif isinstance(spec, specs.OperationTask) and task.state == TaskState.STARTED:
        found.calls.add(task.id)
    elif isinstance(spec, specs.CatchEvent) and task.state == TaskState.WAITING:
        if "due" in note:
            found.timers[task.id] = (spec.bpmn_id, datetime.fromisoformat(note["due"]))
        elif isinstance(spec.definition, MessageDefinition) and "key" in note:
            found.messages[task.id] = (spec.bpmn_id, spec.definition.name, note["key"])


def unoffered(case: Case) -> list[Task]:
    """Return the user tasks that have been reached but not offered to anybody yet."""
    return [
        task
        for task in case.all_tasks(TaskState.READY)
        if isinstance(task.task_spec, specs.UserTask)
        and "offer" not in task.internal_data
        and not task.internal_data.get("incident")
    ]


def due_timers(case: Case, now: datetime) -> list[Task]:
    """Return the timer events that are due, earliest first."""
    found = [
        (task.task_spec.definition.due(task), index, task)
        for index, task in enumerate(case.all_tasks(TaskState.WAITING))
        if isinstance(task.task_spec, specs.CatchEvent)
        and isinstance(task.task_spec.definition, TimerDefinition)
        and "due" in task.internal_data
    ]
    return [task for due, _, task in sorted(found, key=lambda one: one[:2]) if due <= now]


def is_waiting(task: Task) -> bool:
    """Tell whether an event is still waited for."""
    return bool(task.state == TaskState.WAITING)


def message_event(case: Case, token: UUID, name: str) -> Task | None:
    """Return the event that still waits for this message at this token."""
    task = case.find(token)
    if task is None or task.state != TaskState.WAITING:
        return None
    definition = getattr(task.task_spec, "definition", None)
    return task if isinstance(definition, MessageDefinition) and definition.name == name else None


def error_boundary(case: Case, task: Task, code: str) -> Task | None:
    """Return the error event that catches a code thrown at a task: the innermost one.

    At each level an event for this very code comes before one for all codes.
    """
    here: Task | None = task
    while here is not None:
        found = _catching(here, code)
        if found is not None or here.workflow is case:
            return found
        here = case.find(here.workflow.parent_task_id)
    return None


def _catching(task: Task, code: str) -> Task | None:
    if not isinstance(task.parent.task_spec, specs.BoundarySplit):
        return None
    best: Task | None = None
    for sibling in task.parent.children:
        definition = getattr(sibling.task_spec, "definition", None)
        if sibling.state != TaskState.WAITING or not isinstance(definition, ErrorDefinition):
            continue
        if definition.code == code:
            return sibling
        if definition.code is None:
            best = best or sibling
    return best


def user_task(case: Case, token: UUID) -> Task | None:
    """Return the user task that can be completed at this token."""
    task = case.find(token)
    can = (
        task is not None
        and task.state == TaskState.READY
        and isinstance(task.task_spec, specs.UserTask)
    )
    return task if can else None


def call(case: Case, token: UUID) -> Task | None:
    """Return the operation task whose job runs at this token."""
    task = case.find(token)
    return task if task is not None and task.state == TaskState.STARTED else None


def pause(task: Task) -> None:
    """Let a token wait for its job."""
    task._set_state(TaskState.STARTED)


def back_to_ready(task: Task) -> None:
    """Put a token back to where it was before its step failed."""
    task._set_state(TaskState.READY)


def end_round(task: Task) -> None:
    """Keep the result of a round where a token ends one; raises ExpressionFailed."""
    loop = getattr(task.task_spec, "loop", None)
    if loop is not None:
        loop.end(task)


def round_number(task: Task) -> int | None:
    """Return which round of a multi-instance activity a token is, counted from one."""
    number = task.internal_data.get("round")
    return None if number is None else number + 1


def complete(task: Task) -> None:
    """Complete a task that has done its work."""
    task._set_state(TaskState.READY)
    task.run()


def retry(task: Task) -> None:
    """Let a stuck token try again, also to work out what it waits for."""
    task.internal_data.pop("incident", None)
    if task.state == TaskState.WAITING:
        task.task_spec._update(task)


def can_skip(task: Task) -> bool:
    """Tell whether a case can go on without what this element does."""
    return isinstance(task.task_spec, (specs.OperationTask, specs.DecisionTask, specs.ScriptTask))


def happen(task: Task, payload: dict[str, Any] | None = None) -> None:
    """Let a catching event happen: it becomes ready and is run like any other token."""
    task.internal_data.update(fired=True, payload=payload or {})
    task.task_spec._update(task)


def another_round(task: Task) -> list[Task]:
    """Start one round of a repeating boundary timer and return the new tokens."""
    host = task.parent
    started = []
    for output in task.task_spec.outputs:
        child = host._add_child(output, TaskState.FUTURE)
        child.task_spec._update(child)
        started.append(child)
    return started


def cancel_everything(case: Case) -> None:
    """Cancel every open token."""
    for workflow in case.workflows():
        specs.cancel(workflow.tasks.values())


def taken(case: Case, task: Task, onto: list[Task] | None = None) -> list[str]:
    """Return the ids of the sequence flows that a completed token took."""
    flows = case.specification.flows
    pairs = [
        (task.task_spec.name, child.task_spec.name)
        for child in (task.children if onto is None else onto)
    ]
    return [flows[pair] for pair in pairs if pair in flows]
