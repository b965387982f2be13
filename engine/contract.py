"""All that handlers and engine share: operations, their outcomes, and the catalogue of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.orm import Session

Mode = Literal["inline", "job"]


class BusinessError(Exception):
    """A handler's foreseen refusal: becomes the BPMN error with this code."""

    def __init__(self, code: str, message: str = "", **data: Any) -> None:  # noqa: ANN401
        super().__init__(message or code)
        self.code = code
        self.data = data


class RetryLater(Exception):
    """A handler cannot finish now; the engine tries again after ``delay``."""

    def __init__(self, reason: str, delay: timedelta | None = None) -> None:
        super().__init__(reason)
        self.delay = delay


@dataclass(frozen=True)
class Job:
    """What a handler is told about the call, besides its parameters.

    ``key`` is the idempotency key, the same at each attempt; ``session`` is the open transaction
    in inline mode and None in job mode, where the handler may leave the process; ``now`` comes
    from the clock port (UTC). ``actor`` is the person whose act set this step going: only at the
    first attempt of an inline call, and None where time, a message's sender or the platform did;
    a later attempt asks ``history.doer`` for who completed a task.
    """

    operation: str
    key: str
    case_id: UUID
    case_number: str
    element_id: str
    attempt: int
    now: datetime
    session: Session | None = None
    actor: UUID | None = None


@dataclass(frozen=True)
class Operation:
    """One operation that a service task may name in ``zeebe:taskDefinition type``."""

    name: str
    summary: str
    mode: Mode
    params: type
    result: type
    call: Callable[[Any, Job], Any]
    errors: tuple[str, ...] = ()
    labels: Mapping[str, tuple[str, str]] = field(default_factory=lambda: MappingProxyType({}))


_catalogue: dict[str, Operation] = {}


def register(operation: Operation) -> None:
    """Put an operation into the catalogue; two of one name are a programming error."""
    known = _catalogue.get(operation.name)
    if known is not None and known.call is not operation.call:
        raise ValueError(f"two operations are named {operation.name}")
    _catalogue[operation.name] = operation


def catalogue() -> Mapping[str, Operation]:
    """Return the operations known to this process, by name."""
    return MappingProxyType(_catalogue)
