"""Task specifications: SpiffWorkflow's token tree with our own rules for waiting and joining.

The library looks ahead and keeps every step that was ever taken in one deep tree. These classes
keep only what is real: a child exists once its parent has completed. Waiting, joining, boundary
events and event gateways look at direct parents and siblings only, so that finished steps can be
dropped from the tree and no depth limit is ever near.
"""

from typing import Any, Protocol

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.control import _EndJoin
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import EngineError, NothingMatched
from engine.spiff.events import EventDefinition, MessageDefinition
from engine.spiff.extensions import Extensions


class Lean(BpmnTaskSpec):
    """A specification that predicts nothing; its children appear when it completes."""

    def _predict(self, *args: Any, **kwargs: Any) -> None:
        """Predict nothing."""

    def _on_complete_hook(self, my_task: Task) -> None:
        super()._on_complete_hook(my_task)
        if not my_task._children:
            my_task._sync_children(self.outputs, TaskState.FUTURE)


class EndJoin(Lean, _EndJoin):
    """Waits for every other token of its process."""

    def _check_threshold_unstructured(self, my_task: Task) -> bool:
        return not any(
            task.has_state(TaskState.NOT_FINISHED_MASK) and task is not my_task
            for task in my_task.workflow.tasks.values()
        )


class ProcessSpec(BpmnProcessSpec):
    """A process or embedded sub-process."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        join: str = f"{name}.EndJoin"
        del self.task_specs[join]
        last = self.task_specs["End"]
        last._inputs.clear()
        self.end: EndJoin = EndJoin(self, join)
        self.end.connect(last)


class Rounds(Protocol):
    """What an activity that is done for each item of a list asks at the end of a round."""

    def end(self, token: Task) -> None:
        """Keep the round's result."""

    def goes_on(self, token: Task) -> bool:
        """Begin the next round; False where none follows this one."""


class Node(Lean):
    """An element of the diagram; ``loop`` where it stands inside a multi-instance host."""

    loop: Rounds | None = None

    def __init__(
        self, wf_spec: ProcessSpec, name: str, *, element_id: str, **settings: Any
    ) -> None:
        super().__init__(wf_spec, name)
        self.bpmn_id = element_id
        self.bpmn_name: str = settings.get("label") or ""
        self.extensions: Extensions = settings.get("extensions") or Extensions()

    def _on_complete_hook(self, my_task: Task) -> None:
        if self.loop is not None and self.loop.goes_on(my_task):
            return
        super()._on_complete_hook(my_task)
        parent = my_task.parent
        if isinstance(parent.task_spec, BoundarySplit) and self.name == parent.task_spec.main:
            cancel(task for task in parent.children if isinstance(task.task_spec, BoundaryEvent))


def cancel(tasks: Any) -> None:
    """Cancel those of the tasks that are not finished."""
    for task in list(tasks):
        if task.has_state(TaskState.NOT_FINISHED_MASK):
            task.cancel()


class UserTask(Node):
    """Waits for a person."""


class OperationTask(Node):
    """A service or send task: an operation of the catalogue."""


class DecisionTask(Node):
    """A business rule task with ``zeebe:calledDecision``."""


class ScriptTask(Node):
    """A script task with a FEEL expression."""


class PassTask(Node):
    """An element without behaviour of its own: start, none tasks, none throws."""


class ThrowEvent(Node):
    """Throws a message: an intermediate event or a send task."""

    def __init__(self, *args: Any, throws: MessageDefinition, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.throws = throws


class MessageStart(Node):
    """A start event that a message brings about."""

    def __init__(self, *args: Any, message_name: str, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.message_name = message_name


class EndEvent(Node):
    """A none, terminate, error or message end."""

    throws: MessageDefinition | None = None

    def __init__(self, *args: Any, terminates: bool, error_code: str | None, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.terminates = terminates
        self.error_code = error_code

    def _on_complete_hook(self, my_task: Task) -> None:
        if self.terminates:
            cancel(my_task.workflow.tasks.values())
        super()._on_complete_hook(my_task)


class ExclusiveGateway(Node):
    """Takes the first flow whose condition is true, else the default flow."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.conditions: list[tuple[str, str]] = []
        self.default: str | None = None

    def _run_hook(self, my_task: Task) -> bool:
        chosen = self.choose(my_task)
        if not chosen:
            raise NothingMatched(f"no flow of {self.bpmn_id} applies", element_id=self.bpmn_id)
        specs = [self._wf_spec.task_specs[name] for name in chosen]
        my_task._sync_children(specs, TaskState.FUTURE)
        return True

    def choose(self, my_task: Task) -> list[str]:
        """Return the names of the specifications that get a token."""
        if not self.conditions and self.default is None:
            return list(self._outputs)
        case = my_task.workflow.top_workflow
        for condition, name in self.conditions:
            if case.condition(my_task, condition):
                return [name]
        return [self.default] if self.default else []


class ParallelGateway(Node):
    """Waits for one token on each incoming flow, then sends one along each outgoing flow."""

    def _update_hook(self, my_task: Task) -> bool:
        arrived = self.arrived(my_task)
        if len(arrived) < len(set(self._inputs)):
            my_task._set_state(TaskState.WAITING)
            return False
        cancel(task for task in arrived.values() if task is not my_task)
        return True

    def arrived(self, my_task: Task) -> dict[str, Task]:
        """Return one waiting token for each incoming flow that has one."""
        tokens: dict[str, Task] = {}
        for task in my_task.workflow.tasks.values():
            if task.task_spec is self and (task is my_task or task.state == TaskState.WAITING):
                tokens.setdefault(task.parent.task_spec.name, task)
        return tokens


class InclusiveGateway(ExclusiveGateway, ParallelGateway):
    """Takes every flow whose condition is true; waits for the tokens that can still arrive."""

    def choose(self, my_task: Task) -> list[str]:
        if not self.conditions:
            return super().choose(my_task)
        case = my_task.workflow.top_workflow
        true = [name for condition, name in self.conditions if case.condition(my_task, condition)]
        return true or ([self.default] if self.default else [])

    def _update_hook(self, my_task: Task) -> bool:
        arrived = self.arrived(my_task)
        empty = set(self._inputs) - set(arrived)
        sources = {
            task.task_spec.name
            for task in my_task.workflow.tasks.values()
            if task.has_state(TaskState.DEFINITE_MASK)
            and task.task_spec is not self
            and not isinstance(task.task_spec, (BoundaryEvent, EndJoin))
        }
        if sources & self._upstream(empty):
            my_task._set_state(TaskState.WAITING)
            return False
        cancel(task for task in arrived.values() if task is not my_task)
        return True

    def _upstream(self, names: set[str]) -> set[str]:
        found: set[str] = set()
        todo = list(names)
        while todo:
            name = todo.pop()
            if name not in found and name != self.name:
                found.add(name)
                todo.extend(self._wf_spec.task_specs[name]._inputs)
        return found


class EventGateway(Node):
    """Starts waiting for each of its events; the first one to happen cancels the others."""


class CatchEvent(Node):
    """Waits for its timer or message."""

    def __init__(self, *args: Any, definition: EventDefinition, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.definition = definition

    def _update_hook(self, my_task: Task) -> bool:
        if my_task.internal_data.get("fired"):
            return True
        my_task._set_state(TaskState.WAITING)
        if "open" not in my_task.internal_data:
            self.start_waiting(my_task)
        return False

    def start_waiting(self, my_task: Task) -> None:
        """Work out what is waited for; a failed expression becomes an incident at this element."""
        try:
            self.definition.open(my_task)
            my_task.internal_data["open"] = True
        except EngineError as error:
            my_task.workflow.top_workflow.fail(my_task, error)

    def _on_complete_hook(self, my_task: Task) -> None:
        super()._on_complete_hook(my_task)
        parent = my_task.parent
        if isinstance(parent.task_spec, EventGateway):
            cancel(task for task in parent.children if task is not my_task)


class BoundaryEvent(CatchEvent):
    """A timer, message or error attached to an activity."""

    def __init__(self, *args: Any, interrupts: bool, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.interrupts = interrupts

    def _on_complete_hook(self, my_task: Task) -> None:
        super()._on_complete_hook(my_task)
        parent = my_task.parent
        if self.interrupts:
            main = parent.task_spec.main
            cancel(
                task
                for task in parent.children
                if task.task_spec.name == main
                or (isinstance(task.task_spec, BoundaryEvent) and task is not my_task)
            )


class BoundarySplit(Lean):
    """Stands before an activity with boundary events and starts all of them together."""

    def __init__(self, wf_spec: ProcessSpec, name: str, main: str) -> None:
        super().__init__(wf_spec, name)
        self.main = main


class SubProcess(SubWorkflowTask, Node):
    """An embedded sub-process; its input mappings make a scope of its own."""

    def __init__(self, wf_spec: ProcessSpec, name: str, **kw: Any) -> None:
        super().__init__(wf_spec, name, subworkflow_spec=name, **kw)

    def _update_hook(self, my_task: Task) -> bool | None:
        case = my_task.workflow.top_workflow
        inside = case.subprocesses.get(my_task.id)
        if inside is not None:
            return bool(inside.completed)
        try:
            nothing_inside = self.enter(my_task)
        except EngineError as error:
            my_task._set_state(TaskState.WAITING)
            case.fail(my_task, error)
            return False
        if nothing_inside:
            return True
        self.start_workflow(my_task)
        my_task._set_state(TaskState.STARTED)
        return None

    def enter(self, my_task: Task) -> bool:
        """Open the scope of what is inside; True where nothing is."""
        my_task.workflow.top_workflow.open_scope(my_task)
        return False

    def copy_data(self, my_task: Task, subworkflow: Any) -> None:
        """Copy nothing: variables are in scopes, not in tasks."""

    def update_data(self, my_task: Task, subworkflow: Any) -> None:
        """Copy nothing: variables are in scopes, not in tasks."""

    def _on_cancel(self, my_task: Task) -> None:
        inside = my_task.workflow.top_workflow.subprocesses.get(my_task.id)
        if inside is not None:
            cancel(inside.tasks.values())
