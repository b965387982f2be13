"""Tell another case that something has happened."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from engine import messages
from engine.actors import SYSTEM
from engine.contract import Job
from engine.operations import label, operation, own_transaction

#: How long the message is kept while nobody waits for it.
_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Params:
    name: str = field(metadata=label("消息", "Message"))
    key: str = field(metadata=label("关联键", "Key"))
    payload: dict[str, Any] = field(default_factory=dict, metadata=label("内容", "Content"))


@dataclass(frozen=True)
class Result:
    message_received: bool = field(metadata=label("有案件在等", "A case was waiting"))


@operation(mode="job", title=("发送消息", "Send a message"))
def send_message(params: Params, job: Job) -> Result:
    """Nobody waiting is no fault: an instrument from existing stock has no earlier case."""
    with own_transaction() as session:
        reached = messages.deliver(
            session,
            params.name,
            params.key,
            params.payload,
            actor=SYSTEM,
            message_id=job.key,
            ttl=_KEPT,
        )
    return Result(message_received=reached is not None)
