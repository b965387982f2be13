"""Processes that begin with a message: which they are, and one case at a time for one key."""

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from engine import history, instances, outgoing
from engine.actors import SYSTEM, Actor, Scope
from engine.models import Definition, Instance, Message
from engine.step import specification_of


def starts(session: Session) -> dict[str, list[str]]:
    """Return, by the name of a message, the processes whose newest version begins with it."""
    current = (
        select(Definition.id, Definition.key)
        .where(Definition.kind == "bpmn", Definition.withdrawn_at.is_(None))
        .ext(distinct_on(Definition.key))
        .order_by(Definition.key, Definition.version.desc())
    )
    found: dict[str, list[str]] = {}
    for definition in session.execute(current):
        name = specification_of(session, definition.id).start_message
        if name:
            found.setdefault(name, []).append(definition.key)
    return found


def could_start(session: Session) -> ColumnElement[bool]:
    """Say in SQL that a message starts a case and no case of its key is under way."""
    named = [
        and_(Message.name == name, Message.correlation_key == "")
        | and_(Message.name == name, ~_under_way(key, Message.correlation_key))
        for name, keys in starts(session).items()
        for key in keys
    ]
    return or_(*named) if named else false()


def _under_way(process_key: str, key: object) -> ColumnElement[bool]:
    """Say that a case which a message of this key started is not over yet."""
    earlier = select(Message.id).where(
        Message.instance_id == Instance.id,
        func.left(Message.correlation_key, instances.LONGEST_KEY) == Instance.business_key,
    )
    return (
        select(Instance.id)
        .where(
            Instance.process_key == process_key,
            Instance.business_key == func.left(key, instances.LONGEST_KEY),
            Instance.status == "active",
            earlier.correlate(Instance).exists(),
        )
        .exists()
    )


def start(session: Session, message: Message, actor: Actor) -> Instance | None:
    """Start a case with a message; None where no process begins with it, or one is under way.

    As in Zeebe, a second message of one key starts a second case only when the first is over; an
    empty key correlates nothing. The case belongs where the case that threw the message belongs,
    and to the same initiator. System scope.
    """
    for process_key in starts(session).get(message.name, ()):
        if message.correlation_key and not _free(session, process_key, message.correlation_key):
            continue
        sender = outgoing.sender_of(session, message)
        started = instances.start_by_message(
            session,
            process_key,
            message,
            actor=actor if sender is None else _initiator(sender),
            scope=_scope(sender),
        )
        message.instance_id, message.delivered_at = started.id, started.started_at
        data = {"name": message.name, "key": message.correlation_key}
        if sender is not None:
            data["from"] = sender.number
        history.append(session, started, "message_received", actor=SYSTEM, data=data)
        session.flush()
        return started
    return None


def _free(session: Session, process_key: str, key: str) -> bool:
    # Two messages of one key take their turn here, whoever hands them over.
    place = func.hashtextextended(f"{process_key} {key}", 0)
    session.execute(select(func.pg_advisory_xact_lock(place)))
    return session.scalar(select(_under_way(process_key, key))) is False


def _initiator(sender: Instance) -> Actor:
    return SYSTEM if sender.initiator_id == SYSTEM.id else Actor(sender.initiator_id, "")


def _scope(sender: Instance | None) -> Scope:
    return Scope() if sender is None else Scope(sender.region, sender.unit_id, sender.department)
