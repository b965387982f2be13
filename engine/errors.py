"""Everything the engine can refuse, each with a stable code that pages translate."""

from typing import Any, ClassVar


class EngineError(Exception):
    """Root of the engine's refusals.

    ``code`` is stable and is what pages and the API translate; ``params`` are JSON values for
    the sentence; the exception's own text is for developers.
    """

    code: ClassVar[str] = "engine_error"

    def __init__(self, message: str = "", **params: Any) -> None:  # noqa: ANN401 - JSON values
        super().__init__(message or self.__doc__ or self.code)
        self.params: dict[str, Any] = params


class NotFound(EngineError):
    """It does not exist, or the actor may not know that it does."""

    code = "not_found"


class NotAllowed(EngineError):
    """The actor can see it but may not do this."""

    code = "not_allowed"


class AlreadyCompleted(EngineError):
    """Somebody else has completed this task; params: who, at (ISO 8601)."""

    code = "already_completed"


class TaskGone(EngineError):
    """The task is no longer open (cancelled, timed out or the case ended); params: why, at."""

    code = "task_gone"


class InvalidSubmission(EngineError):
    """The form data does not fit the form; ``problems`` maps a field path to its problems."""

    code = "invalid_submission"

    def __init__(self, problems: "dict[str, list[dict[str, Any]]]") -> None:
        super().__init__("the submission does not fit the form", problems=problems)
        self.problems = problems


class InvalidDefinition(EngineError):
    """A definition was refused; ``problems`` is a list of engine.checks.Problem."""

    code = "invalid_definition"

    def __init__(self, problems: "list[Any]") -> None:
        super().__init__(f"{len(problems)} problem(s)")
        self.problems = problems


class ExpressionFailed(EngineError):
    """A FEEL expression could not be evaluated; params: expression, reason, kind."""

    code = "expression_failed"


class DecisionFailed(EngineError):
    """A decision table has no answer or contradicts itself; params: decision, reason."""

    code = "decision_failed"


class NothingMatched(EngineError):
    """No outgoing flow of a gateway applies; params: element_id."""

    code = "nothing_matched"


class MessageNotExpected(EngineError):
    """No open case waits for this message; params: name, key."""

    code = "message_not_expected"


class TooDeep(EngineError):
    """The case has taken more steps than the engine can safely hold; params: depth."""

    code = "too_deep"
