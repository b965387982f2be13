"""The stored form of a case's tokens, format 1: JSON, compressed, without specification.

Only what is still open is kept (see specs): the unfinished tasks and their direct parents. Local
variables are kept as they are and never interpreted, whatever their keys.
"""

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import EngineError
from engine.spiff.parser import Specification
from engine.spiff.workflow import Case, Inside, Variables

FORMAT = 1


def prune(case: Case) -> None:
    """Drop what is finished and not the direct parent of something open."""
    for workflow in case.workflows():
        tasks = workflow.tasks
        root = workflow.task_tree
        open_tasks = [t for t in tasks.values() if t.has_state(TaskState.NOT_FINISHED_MASK)]
        kept = {root.id} | {t.id for t in open_tasks} | {t._parent for t in open_tasks}
        for task_id in [task_id for task_id in tasks if task_id not in kept]:
            del tasks[task_id]
        for task in tasks.values():
            task._children = [child for child in task._children if child in tasks]
            if task is not root and task._parent not in tasks:
                task._parent = root.id
                root._children.append(task.id)
        workflow.last_task = None
    alive = {str(t.id) for t in case.all_tasks(TaskState.NOT_FINISHED_MASK)}
    for task_id in [task_id for task_id in case.subprocesses if str(task_id) not in alive]:
        del case.subprocesses[task_id]
    case.local = {s: kept for s, kept in case.local.items() if s.partition("/")[0] in alive}


def dump(case: Case) -> bytes:
    """Return the stored form of a case; prunes it first."""
    prune(case)
    content = {
        "v": FORMAT,
        "done": case.completed,
        "tasks": _tasks(case),
        "inside": [
            {"host": str(host), "done": inside.completed, "tasks": _tasks(inside)}
            for host, inside in case.subprocesses.items()
        ],
        "local": case.local,
    }
    return zlib.compress(orjson.dumps(content), 1)


def _tasks(workflow: Any) -> list[list[Any]]:
    return [
        [
            str(task.id),
            str(task._parent) if task._parent else None,
            task.state,
            task.task_spec.name,
            task.internal_data,
        ]
        for task in workflow.tasks.values()
    ]


def content(state: bytes) -> dict[str, Any]:
    """Return the stored form as JSON; raises EngineError for a format of a later release."""
    found: dict[str, Any] = orjson.loads(zlib.decompress(state))
    if found.get("v") != FORMAT:
        raise EngineError(f"the state has format {found.get('v')}, this release reads {FORMAT}")
    return found


def seen_at(stored: Mapping[str, Any], token: UUID) -> Variables:
    """Return the variables of all scopes around a token, of its own last; not the case's."""
    hosts = {row[0]: one["host"] for one in stored["inside"] for row in one["tasks"]}
    here, scopes = str(token), [str(token), f"{token}/round"]
    while here in hosts:
        here = hosts[here]
        scopes += [here, f"{here}/round"]
    seen: Variables = {}
    for scope in reversed(scopes):
        seen.update(stored["local"].get(scope, {}))
    return seen


def load(
    state: bytes,
    specification: Specification,
    *,
    now: datetime,
    facts: Mapping[str, Any],
    variables: Variables,
) -> Case:
    """Restore a case from its stored form and the specification it was started with."""
    stored = content(state)
    case = Case(specification, now=now, facts=facts, variables=variables, restoring=True)
    case.local = stored["local"]
    case.completed = stored["done"]
    _restore(case, stored["tasks"])
    for one in stored["inside"]:
        host = case.find(UUID(one["host"]))
        if host is None:
            raise EngineError("the state names a sub-process that is not there")
        spec = specification.inner[host.task_spec.name]
        inside = Inside(spec, host.id, case, deserializing=True)
        case.subprocesses[host.id] = inside
        _restore(inside, one["tasks"])
        inside.completed = one["done"]
        inside.completed_event.connect(host.task_spec._on_subworkflow_completed, host)
    return case


def _restore(workflow: Any, rows: list[list[Any]]) -> None:
    for task_id, parent, state, spec, internal in rows:
        task = Task(workflow, workflow.spec.task_specs[spec], state=state, id=UUID(task_id))
        task._parent = UUID(parent) if parent else None
        task.internal_data = internal
        if task._parent is None:
            workflow.task_tree = task
    for task in workflow.tasks.values():
        if task._parent is not None:
            workflow.tasks[task._parent]._children.append(task.id)
