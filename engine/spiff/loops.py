"""Multi-instance activities: one activity done for each item of a list.

The activity of the diagram becomes a host with an inside of its own, as a sub-process has one; in
there one token a round stands at the activity itself. The item and ``loopCounter`` live in a scope
of the round, the list of results in the host's, as engines of the zeebe family have them. Boundary
events belong to the host: what they interrupt is the whole.
"""

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine import feel
from engine.errors import ExpressionFailed
from engine.spiff import specs

#: More items than this are refused: each is a token, and each step restores them all.
MOST_ITEMS = 500
_VARIABLE = re.compile(r"=\s*([^\W\d]\w*)\s*(?:\.\s*[^\W\d]\w*\s*)*")


@dataclass(frozen=True)
class Loop:
    """What ``zeebe:loopCharacteristics`` and the completion condition say; empty: nothing."""

    collection: str
    element: str = ""
    output_collection: str = ""
    output_element: str = ""
    condition: str = ""
    sequential: bool = False

    def items(self, host: Task) -> list[Any]:
        """Return the items for which the activity is done; raises ExpressionFailed."""
        found = host.workflow.top_workflow.resolve(host, self.collection)
        if not isinstance(found, list):
            raise self._failed("the input collection is no list", "not_a_list")
        if len(found) > MOST_ITEMS:
            raise self._failed(f"more than {MOST_ITEMS} items", "too_many_items")
        return found

    def _failed(self, reason: str, kind: str) -> ExpressionFailed:
        text = f"{self.collection}: {reason}"
        return ExpressionFailed(text, expression=self.collection, reason=reason, kind=kind)

    def begin(self, spread: Task, each: specs.Node, number: int) -> Task:
        """Make the token of one round, counted from zero."""
        case = spread.workflow.top_workflow
        note = host_of(spread).internal_data
        token: Task = spread._add_child(each, TaskState.FUTURE)
        token.internal_data["round"] = number
        seen: dict[str, Any] = {"loopCounter": number + 1}
        if self.element:
            seen[self.element] = deepcopy(note["items"][number])
        own = _VARIABLE.fullmatch(self.output_element)
        if own is not None and own[1] not in seen:
            # A round's result must not overwrite another's.
            seen[own[1]] = None
        case.local[case.round_of(token)] = seen
        return token

    def end(self, token: Task) -> None:
        """Keep the result of a round that is about to end, and ask whether it was the last.

        Raises ExpressionFailed; nothing has changed then.
        """
        case, host = token.workflow.top_workflow, host_of(token)
        note, number = host.internal_data, token.internal_data["round"]
        result = case.resolve(token, self.output_element) if self.output_element else None
        counts = self._counts(token, note)
        enough = bool(self.condition) and feel.condition(
            self.condition, case.context(token, counts), now=case.now
        )
        if self.output_collection:
            case.local[str(host.id)][self.output_collection][number] = result
        note.update(ended=note["ended"] + 1, enough=enough)

    def _counts(self, token: Task, note: dict[str, Any]) -> dict[str, int]:
        """Return the numbers that a completion condition may read, this round among the ended."""
        size, ended = len(note["items"]), note["ended"] + 1
        begun = token.internal_data["round"] + 1 if self.sequential else size
        return {
            "numberOfInstances": size,
            "numberOfActiveInstances": begun - ended,
            "numberOfCompletedInstances": ended,
            "numberOfTerminatedInstances": 0,
        }

    def goes_on(self, token: Task) -> bool:
        """Begin the next round after one has ended; False where none follows this one.

        Rounds that are no longer needed are cancelled.
        """
        spread, note = token.parent, host_of(token).internal_data
        if note["enough"]:
            specs.cancel(other for other in spread.children if other is not token)
            return False
        number = token.internal_data["round"] + 1
        if not self.sequential or number >= len(note["items"]):
            return False
        following = self.begin(spread, token.task_spec, number)
        following.task_spec._update(following)
        return True


def host_of(inner: Task) -> Task:
    """Return the task whose inside a token is in."""
    host: Task = inner.workflow.top_workflow.find(inner.workflow.parent_task_id)
    return host


class Spread(specs.Lean):
    """Begins the rounds: all of them, or the first."""

    def __init__(self, wf_spec: specs.ProcessSpec, name: str, loop: Loop) -> None:
        super().__init__(wf_spec, name)
        self.loop_settings = loop

    def _on_complete_hook(self, my_task: Task) -> None:
        each, size = self.outputs[0], len(host_of(my_task).internal_data["items"])
        for number in range(1 if self.loop_settings.sequential else size):
            self.loop_settings.begin(my_task, each, number)
        super()._on_complete_hook(my_task)


class MultiInstance(specs.SubProcess):
    """The host of a multi-instance activity."""

    def __init__(self, wf_spec: specs.ProcessSpec, name: str, *, loop: Loop, **kw: Any) -> None:
        super().__init__(wf_spec, name, **kw)
        self.loop_settings = loop

    def enter(self, my_task: Task) -> bool:
        """Work out the items and the place of the results; True where there is nothing to do."""
        case, loop = my_task.workflow.top_workflow, self.loop_settings
        items = loop.items(my_task)
        my_task.internal_data.update(items=deepcopy(items), ended=0, enough=False)
        results = {loop.output_collection: [None] * len(items)} if loop.output_collection else {}
        case.local[str(my_task.id)] = results
        return not items


def results_of(case: Any, host: Task) -> dict[str, Any]:
    """Return what a finished multi-instance activity leaves in the scope around it."""
    name = host.task_spec.loop_settings.output_collection
    return {name: case.local[str(host.id)][name]} if name else {}
