"""A running case: SpiffWorkflow's tokens, our variables, and FEEL instead of Python.

Variables live in scopes, as BPMN engines of the zeebe family have them: one scope for the case and
one for each sub-process or task with input mappings. A write goes to the innermost enclosing scope
that has a variable of this name, else to the case. Parallel branches therefore share the case's
variables: of two writes to one variable the later stands, and writes to different variables never
lose each other. No data is kept in the library's tasks.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskFilter, TaskState

from engine import feel
from engine.errors import EngineError
from engine.spiff import specs
from engine.spiff.extensions import Mapping as IoMapping
from engine.spiff.parser import Specification

Variables = dict[str, Any]
#: What nearly every assignment says; it needs no call into the isolate.
_FACT = re.compile(r"= ?case\.([a-z_]+)")


class NoPython:
    """Stands where the library would evaluate or execute Python: it never does."""

    @property
    def environment(self) -> "NoPython":
        """Be one's own environment, so that nothing below is reached either."""
        return self

    def evaluate(self, *_: Any, **__: Any) -> Any:
        """Refuse."""
        raise EngineError("Python is not evaluated here")

    execute = call_service = validate = evaluate


class _Flat:
    """State queries by a scan of all tasks: no iterator with a depth limit."""

    tasks: dict[UUID, Task]

    def get_tasks_iterator(
        self,
        first_task: Task | None = None,  # noqa: ARG002 - the library's signature
        **kwargs: Any,
    ) -> Iterator[Task]:
        kwargs.pop("skip_subprocesses", None)
        chosen = kwargs.pop("task_filter", None) or TaskFilter(**kwargs)
        return iter([task for task in list(self.tasks.values()) if chosen.matches(task)])

    def update_waiting_tasks(self) -> None:
        """Let joins look again; events never happen by themselves."""
        for task in list(self.tasks.values()):
            if task.state == TaskState.WAITING and isinstance(
                task.task_spec, (specs.ParallelGateway, specs.EndJoin)
            ):
                task.task_spec._update(task)

    def collect_log_extras(self, dct: Variables | None = None) -> Variables:
        """Collect nothing: the library would list every task for each line."""
        return dct or {}

    def is_completed(self) -> bool:
        """Tell whether the End was really reached."""
        return bool(getattr(self, "completed", False))


class Inside(_Flat, BpmnSubWorkflow):
    """The inside of an embedded sub-process."""


class Case(_Flat, BpmnWorkflow):
    """The tokens and variables of one case, for one step at one moment.

    ``facts`` is what expressions see as ``case``; ``now`` the time of the step; ``failures``
    collects the tokens that cannot go on and why.
    """

    def __init__(
        self,
        specification: Specification,
        *,
        now: datetime,
        facts: Mapping[str, Any],
        variables: Variables,
        restoring: bool = False,
    ) -> None:
        self.specification = specification
        self.now = now
        self.facts = dict(facts)
        self.variables = variables
        self.local: dict[str, Variables] = {}
        self.failures: list[tuple[Task, EngineError]] = []
        super().__init__(
            specification.top,
            specification.inner,
            script_engine=NoPython(),
            deserializing=restoring,
        )

    def create_subprocess(self, my_task: Task, spec_name: str) -> Inside:
        inside = Inside(self.subprocess_specs[spec_name], my_task.id, self)
        self.subprocesses[my_task.id] = inside
        return inside

    def workflows(self) -> list[Any]:
        """Return the case and the insides of its sub-processes."""
        return [self, *self.subprocesses.values()]

    def all_tasks(self, state: int = TaskState.ANY_MASK) -> list[Task]:
        """Return every task in one of these states, of the case and its sub-processes."""
        return [
            task
            for workflow in self.workflows()
            for task in workflow.tasks.values()
            if task.has_state(state)
        ]

    def find(self, task_id: UUID) -> Task | None:
        """Return the task with this id, wherever it is."""
        for workflow in self.workflows():
            if task_id in workflow.tasks:
                return workflow.tasks[task_id]
        return None

    def fail(self, task: Task, error: EngineError) -> None:
        """Note that a token cannot go on; it stays where it is until somebody resolves it."""
        task.internal_data["incident"] = True
        self.failures.append((task, error))

    def _enclosing(self, task: Task) -> list[str]:
        """Return the names of the scopes around a task, innermost first."""
        around: list[str] = []
        here: Task | None = task
        while here is not None:
            if getattr(here.task_spec, "loop", None) is not None:
                around.append(self.round_of(here))
            if here.workflow is self:
                break
            around.append(str(here.workflow.parent_task_id))
            here = self.find(here.workflow.parent_task_id)
        return around

    @staticmethod
    def round_of(task: Task) -> str:
        """Return the name of the scope of one round of a multi-instance activity."""
        return f"{task.id}/round"

    def context(self, task: Task | None, extra: Mapping[str, Any] | None = None) -> Variables:
        """Return the variables that an expression at this task sees."""
        seen = dict(self.variables)
        if task is not None:
            for scope in [*reversed(self._enclosing(task)), str(task.id)]:
                seen.update(self.local.get(scope, {}))
        seen.update(extra or {})
        seen["case"] = self.facts
        return seen

    def assign(self, task: Task, updates: Mapping[str, Any]) -> None:
        """Write variables from a task, each into the innermost scope that has it."""
        around = self._enclosing(task)
        for name, value in updates.items():
            scope = next((s for s in around if name in self.local.get(s, {})), None)
            target = self.variables if scope is None else self.local[scope]
            target[name] = deepcopy(value)

    def condition(self, task: Task, expression: str) -> bool:
        """Evaluate the condition of a flow."""
        return feel.condition(expression, self.context(task), now=self.now)

    def resolve(self, task: Task, text: str, extra: Mapping[str, Any] | None = None) -> Any:
        """Apply the zeebe rule to one text at a task."""
        return self.resolve_many(task, [text], extra)[0]

    def resolve_many(
        self, task: Task | None, texts: Sequence[str], extra: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """Apply the zeebe rule to several texts; all expressions in one call."""
        answers = [self._fact(text) if text.startswith("=") else text for text in texts]
        asked = [at for at, answer in enumerate(answers) if answer is None]
        if asked:
            context = self.context(task, extra)
            found = feel.evaluate_many([texts[at] for at in asked], context, now=self.now)
            for at, answer in zip(asked, found, strict=True):
                answers[at] = answer
        return answers

    def _fact(self, text: str) -> Any:
        """Return a text of the case itself, as in ``=case.initiator``; None: FEEL must tell."""
        named = _FACT.fullmatch(text)
        found = self.facts.get(named[1]) if named else None
        return found if isinstance(found, str) else None

    def map_values(
        self,
        task: Task,
        mappings: Sequence[IoMapping],
        extra: Mapping[str, Any] | None = None,
        *,
        onto: Mapping[str, Any] | None = None,
    ) -> Variables:
        """Work out io mappings; a dotted target makes or extends a context."""
        values = self.resolve_many(task, [m.source for m in mappings], extra)
        result: Variables = {}
        for mapping, value in zip(mappings, values, strict=True):
            root, *path = mapping.target.split(".")
            if not path:
                result[root] = value
                continue
            if root not in result:
                known = (onto or {}).get(root)
                result[root] = deepcopy(known) if isinstance(known, dict) else {}
            _put(result[root], path, value)
        return result

    def inputs(self, task: Task) -> Variables:
        """Return what the task's input mappings give."""
        return self.map_values(task, task.task_spec.extensions.inputs)

    def open_scope(self, task: Task) -> None:
        """Keep the task's input mappings as variables that only it (and its inside) sees."""
        inputs = self.inputs(task)
        if inputs or isinstance(task.task_spec, specs.SubProcess):
            self.local[str(task.id)] = inputs

    def close_scope(self, task: Task) -> None:
        """Forget the variables that only this task saw."""
        self.local.pop(str(task.id), None)
        self.local.pop(self.round_of(task), None)

    def publish(self, task: Task, result: Mapping[str, Any]) -> None:
        """Write a task's result: through its output mappings where it has some, else as it is."""
        mappings = task.task_spec.extensions.outputs
        if mappings:
            result = self.map_values(task, mappings, result, onto=self.context(task))
        self.assign(task, result)

    def ready(self, skip: Iterable[UUID] = ()) -> Task | None:
        """Return the next token that the engine itself can move."""
        skipped = set(skip)
        for task in self.all_tasks(TaskState.READY):
            waits = isinstance(task.task_spec, specs.UserTask)
            if not waits and not task.internal_data.get("incident") and task.id not in skipped:
                return task
        return None


def _put(target: Variables, path: list[str], value: Any) -> None:
    *parents, last = path
    for name in parents:
        inner = target.get(name)
        if not isinstance(inner, dict):
            inner = target[name] = {}
        target = inner
    target[last] = value
