"""What a step calls: operations of the catalogue and decisions.

An inline operation runs in the step's own transaction under a savepoint, together with the
writing of its result: either both stand or neither. A job-mode operation becomes a job row.
"""

import random
import traceback
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from engine import db, decisions
from engine.contract import BusinessError, Operation, RetryLater, catalogue
from engine.contract import Job as Call
from engine.errors import EngineError
from engine.models import Job
from engine.operations import read_params, write_result
from engine.spiff import tokens
from engine.spiff.tokens import Token
from engine.spiff.workflow import Variables
from engine.step import Step

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
_dice = random.SystemRandom()


class UnknownOperation(EngineError):
    """The diagram names an operation that this platform does not have; params: operation."""

    code = "unknown_operation"


@dataclass(frozen=True)
class Outcome:
    """How one attempt of an operation ended.

    ``done`` with variables, ``error`` (a BPMN error: code, message, variables), ``later`` (delay)
    or ``failed`` (message and detail are the original error's); ``inline`` asks ``finish`` to run
    it inside its own transaction.
    """

    kind: Literal["done", "error", "later", "failed", "inline"]
    variables: Variables = field(default_factory=dict)
    code: str = ""
    message: str = ""
    detail: str = ""
    delay: timedelta | None = None


def known(name: str) -> Operation:
    """Return an operation of the catalogue; raises UnknownOperation."""
    found = catalogue().get(name)
    if found is None:
        raise UnknownOperation(f"there is no operation {name}", operation=name)
    return found


def pause_before(attempt: int) -> timedelta:
    """Return how long to wait after a failed attempt (1, 2, …): doubling, ± 20 %, at most 1 h."""
    pause = min(FIRST_PAUSE * 2 ** min(attempt - 1, 12), LONGEST_PAUSE)
    return timedelta(seconds=pause.total_seconds() * _dice.uniform(0.8, 1.2))


def key_of(step: Step, task: Token) -> str:
    """Return the idempotency key of a token's call: the same at every attempt."""
    return f"{step.instance.public_id}:{task.id}"


def operate(step: Step, task: Token) -> Outcome | None:
    """Perform a token's operation, or queue it: then None.

    Raises EngineError where the operation is unknown or its parameters do not fit.
    """
    operation = known(task.task_spec.extensions.task_type)
    values = step.case.inputs(task)
    params = read_params(operation, values)
    if operation.mode == "job":
        queue(step, task, values)
        return None
    outcome = attempt_inline(step, task, operation, params, 1)
    if outcome.kind in ("failed", "later"):
        pause = outcome.delay or pause_before(1)
        queue(step, task, values, after=outcome, due_at=step.now + pause)
        return None
    return outcome


def call(operation: Operation, params: Any, job: Call) -> Outcome:  # noqa: ANN401 - its Params
    """Call an operation and close over everything that it may do."""
    try:
        return Outcome("done", write_result(operation, operation.call(params, job)))
    except BusinessError as error:
        return Outcome("error", error.data, error.code, str(error))
    except RetryLater as error:
        return Outcome("later", message=str(error), delay=error.delay)
    except Exception as error:  # noqa: BLE001 - a handler may fail in any way; the job keeps it
        return failed(error)


def failed(error: BaseException) -> Outcome:
    """Return the outcome that keeps an error's own text and trace."""
    text = f"{type(error).__name__}: {error}"
    detail = "".join(traceback.format_exception(error))
    return Outcome("failed", message=text.replace("\x00", ""), detail=detail.replace("\x00", ""))


class _NotDone(Exception):
    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.kind)
        self.outcome = outcome


def attempt_inline(
    step: Step,
    task: Token,
    operation: Operation,
    params: Any,  # noqa: ANN401 - its Params
    attempt: int,
) -> Outcome:
    """Run an inline operation under a savepoint that also holds the writing of its result."""
    job = describe(step, task, operation.name, attempt)
    try:
        with step.session.begin_nested():
            outcome = call(operation, params, job)
            if outcome.kind != "done":
                raise _NotDone(outcome)  # noqa: TRY301 - leaves the savepoint
            step.session.flush()
            step.case.publish(task, outcome.variables)
    except _NotDone as stop:
        outcome = stop.outcome
    except EngineError as error:
        # The result cannot be written (an output mapping fails): a fault of the diagram, which
        # no repetition mends; the savepoint has taken the effect back.
        raise error from None
    except Exception as error:  # noqa: BLE001 - the flush of the handler's own rows
        outcome = failed(error)
    tell(step, task, operation.name, attempt, outcome)
    return outcome


def describe(step: Step, task: Token, operation: str, attempt: int) -> Call:
    """Describe a call inside the step's transaction."""
    return Call(
        operation=operation,
        key=key_of(step, task),
        case_id=step.instance.public_id,
        case_number=step.instance.number,
        element_id=task.task_spec.bpmn_id,
        attempt=attempt,
        now=step.now,
        session=step.session,
        actor=step.actor.id if attempt == 1 and not step.actor.is_system else None,
    )


def tell(
    step: Step,
    task: Token,
    operation: str,
    attempt: int,
    outcome: Outcome,
) -> None:
    """Write down how an attempt ended."""
    data: Variables = {"operation": operation, "attempt": attempt}
    if outcome.kind == "done":
        step.tell("operation_done", task, data={**data, "result": outcome.variables})
        return
    data.update(outcome=outcome.kind, message=outcome.message)
    if outcome.code:
        data["code"] = outcome.code
    step.tell("operation_failed", task, data=data)


def queue(
    step: Step,
    task: Token,
    values: Variables,
    *,
    after: Outcome | None = None,
    due_at: datetime | None = None,
) -> Job:
    """Write a job for a token; it is announced after the commit where it is due at once."""
    name = task.task_spec.extensions.task_type
    job = Job(
        instance_id=step.instance.id,
        spiff_id=task.id,
        element_id=task.task_spec.bpmn_id,
        operation=name,
        params=values,
        key=key_of(step, task),
        attempts=1 if after is not None and after.kind == "failed" else 0,
        due_at=due_at or step.now,
        last_error=after.message if after else None,
        created_at=step.now,
    )
    step.session.add(job)
    step.session.flush()
    if after is None:
        db.ring_after_commit(step.session, job.id)
    tokens.pause(task)
    step.tell("job_queued", task, data={"operation": name})
    return job


def decide(step: Step, task: Token) -> None:
    """Evaluate the decision of a business rule task and write its result."""
    extensions = task.task_spec.extensions
    local = step.case.inputs(task)
    decision_id = str(step.case.resolve(task, extensions.decision_id, local))
    context = step.case.context(task, local)
    found = decisions.evaluate(step.session, decision_id, context, now=step.now)
    step.case.publish(
        task, {extensions.result_variable: found.value} if extensions.result_variable else {}
    )
    step.tell("decision_evaluated", task, data=evidence(found))


def evidence(found: decisions.Decision) -> Variables:
    """Return what the history keeps of a decision: version, inputs, rules fired, answer."""
    return {
        "decision": found.decision_id,
        "name": found.name,
        "version": found.version,
        "hit_policy": found.hit_policy,
        "inputs": found.inputs,
        "rules": [
            {"index": hit.index, "id": hit.rule_id, "annotation": hit.annotation}
            for hit in found.matched
        ],
        "result": found.value,
    }
