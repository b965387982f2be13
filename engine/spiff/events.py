"""What catching events wait for: due times and messages, kept in the task's internal data."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from engine.errors import ExpressionFailed
from engine.spiff import times

TimerKind = Literal["date", "duration", "cycle"]


class EventDefinition:
    """What an event waits for."""

    def open(self, task: Any) -> None:
        """Work out what the task waits for and note it; raises ExpressionFailed."""


class TimerDefinition(EventDefinition):
    """A timer: literal ISO text, or FEEL after ``=``; nothing else is evaluated."""

    def __init__(self, kind: TimerKind, expression: str) -> None:
        self.kind = kind
        self.expression = expression

    def open(self, task: Any) -> None:
        case = task.workflow.top_workflow
        value = case.resolve(task, self.expression)
        if value is None:
            raise ExpressionFailed(
                "the timer has no time", expression=self.expression, reason="null", kind="null"
            )
        note = task.internal_data
        if self.kind == "cycle":
            left, first, step = times.cycle(value, case.now)
            note.update(due=first.isoformat(), left=left, step=step)
            return
        is_duration = self.kind == "duration" or times.text_of(value).lstrip("-").startswith("P")
        due = times.after(case.now, value) if is_duration else times.moment(value)
        note["due"] = due.isoformat()

    def due(self, task: Any) -> datetime:
        """Return when the task's timer is due (UTC)."""
        return datetime.fromisoformat(task.internal_data["due"])

    def again(self, task: Any, now: datetime) -> bool:
        """Move a cycle to its next time after ``now``; False when this was the last one.

        Rounds missed while nobody looked are counted but fire once.
        """
        note = task.internal_data
        left, due = int(note.get("left", 1)), self.due(task)
        while left != 0 and due <= now:
            due = times.after(due, note.get("step", "P1D"))
            left -= 1
        note.update(due=due.isoformat(), left=max(left, -1))
        return left != 0


class MessageDefinition(EventDefinition):
    """A message by name; the correlation key is FEEL, worked out when the waiting starts."""

    def __init__(self, name: str, key_expression: str) -> None:
        self.name = name
        self.key_expression = key_expression

    def open(self, task: Any) -> None:
        task.internal_data["key"] = self.key_at(task)

    def key_at(self, task: Any, payload: Mapping[str, Any] | None = None) -> str:
        """Return the correlation key as the task sees it; raises ExpressionFailed."""
        key = task.workflow.top_workflow.resolve(task, self.key_expression, payload)
        if key is None or isinstance(key, (dict, list, bool)):
            raise ExpressionFailed(
                f"no correlation key for message {self.name}",
                expression=self.key_expression,
                reason="the correlation key is neither text nor a number",
                kind="no_correlation_key",
            )
        return str(key)


class ErrorDefinition(EventDefinition):
    """A BPMN error by code; without a code it catches every error."""

    def __init__(self, code: str | None) -> None:
        self.code = code
