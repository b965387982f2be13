"""Messages that a case throws to other cases of the platform.

A thrown message is written in the commit that moves the token past its element, so that it is
neither lost nor sent for a step that did not happen; ``engine.messages`` hands it over afterwards.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import submissions
from engine.driver import Write, adding, as_rows
from engine.models import Instance, Message
from engine.spiff import times
from engine.spiff.extensions import TIME_TO_LIVE
from engine.spiff.tokens import Token
from engine.spiff.workflow import Variables
from engine.step import Step

#: How long a thrown message waits for a case that begins to wait for it; an element may say other.
KEPT = "P7D"
#: Ids of messages from outside may not begin like this.
THROWN = "thrown:"

_POST = adding(Message)


@dataclass(frozen=True)
class Letter:
    """A message as it will be written: all that can fail has been worked out."""

    name: str
    key: str
    payload: Variables
    expires_at: datetime


def letter(step: Step, task: Token) -> Letter:
    """Work out the message that an element throws; its input mappings are the payload.

    Raises ExpressionFailed, or InvalidSubmission for a payload that cannot be kept.
    """
    thrown, payload = task.task_spec.throws, step.case.inputs(task)
    accepted = submissions.accept(None, payload, context={}, now=step.now)
    kept = task.task_spec.extensions.properties.get(TIME_TO_LIVE) or KEPT
    return Letter(
        thrown.name,
        thrown.key_at(task, payload)[:200],
        accepted.variables,
        times.after(step.now, step.case.resolve(task, kept)),
    )


def post(step: Step, task: Token, made: Letter) -> None:
    """Write a message down, to be stored with the step."""
    row = {
        "message_id": f"{THROWN}{step.instance.public_id}:{task.id}",
        "name": made.name,
        "correlation_key": made.key,
        "payload": made.payload,
        "actor_id": step.instance.initiator_id,
        "received_at": step.now,
        "expires_at": made.expires_at,
        "instance_id": None,
        "delivered_at": None,
    }
    step.writes.append(Write(_POST, as_rows([row])))
    data = {"name": made.name, "key": made.key, "payload": made.payload}
    step.tell("message_sent", task, data=data)


def sender_of(session: Session, message: Message) -> Instance | None:
    """Return the case that threw a message; None for messages from outside."""
    if not message.message_id.startswith(THROWN):
        return None
    case = message.message_id.removeprefix(THROWN).partition(":")[0]
    return session.scalar(select(Instance).where(Instance.public_id == UUID(case)))
