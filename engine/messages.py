"""Messages from outside and between cases: correlated by name and key, once each, buffered.

A message has one receiver: the oldest case that waits for it, else a new case of a process that
begins with it. While nobody takes it, it stays until it expires.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine import advance, clock, db, message_starts, outgoing, submissions
from engine.actors import SYSTEM, Actor
from engine.errors import EngineError, InvalidSubmission, MessageNotExpected
from engine.models import Instance, Message, Subscription
from engine.step import lock, restore

log = logging.getLogger(__name__)


def deliver(  # noqa: PLR0913 - the contract's signature, all by name
    session: Session,
    name: str,
    key: str,
    payload: Mapping[str, Any],
    *,
    actor: Actor,
    message_id: str,
    ttl: timedelta = timedelta(0),
) -> Instance | None:
    """Give a message to the oldest case that waits for it and run that case, or start one.

    The same ``message_id`` again changes nothing and returns the case that got it. With ``ttl`` a
    message that nobody expects yet is kept so long: then None. Raises MessageNotExpected where
    nobody waits (or nobody whom the actor can see) and ttl is zero; InvalidSubmission for a
    payload that cannot be kept or an id that only the platform gives.
    """
    now = clock.now(session)
    if message_id.startswith(outgoing.THROWN):
        raise InvalidSubmission({"message_id": [{"code": "reserved_name"}]})
    accepted = submissions.accept(None, payload, context={}, now=now)
    with db.as_system(session):
        made = session.scalar(
            insert(Message)
            .values(
                message_id=message_id,
                name=name,
                correlation_key=key,
                payload=accepted.variables,
                actor_id=actor.id,
                received_at=now,
                expires_at=now + ttl,
            )
            .on_conflict_do_nothing(index_elements=[Message.message_id])
            .returning(Message.id)
        )
        if made is None:
            return _earlier(session, message_id)
        message = session.get_one(Message, made)
        candidates = _candidates(session, message)
    visible = [pair for pair in candidates if _may_see(session, actor, pair[1])]
    with db.as_system(session):
        found = _give(session, visible, message, actor)
        if found is None and _speaks_to_all(actor):
            found = message_starts.start(session, message, actor)
    if found is not None or (ttl > timedelta(0) and not candidates):
        return found
    raise MessageNotExpected(f"nobody waits for {name} with {key}", name=name, key=key)


def _earlier(session: Session, message_id: str) -> Instance | None:
    instance_id = session.scalar(
        select(Message.instance_id).where(Message.message_id == message_id)
    )
    return session.get(Instance, instance_id) if instance_id else None


def _candidates(session: Session, message: Message) -> list[tuple[UUID, int]]:
    rows = session.execute(
        select(Subscription.spiff_id, Subscription.instance_id)
        .where(
            Subscription.name == message.name,
            Subscription.correlation_key == message.correlation_key,
        )
        .order_by(Subscription.id)
    )
    return [(row.spiff_id, row.instance_id) for row in rows]


def _speaks_to_all(actor: Actor) -> bool:
    """Machines with the integration role speak to every case, people to those they can see."""
    return actor.is_system or actor.has("integration_client")


def _may_see(session: Session, actor: Actor, instance_id: int) -> bool:
    if _speaks_to_all(actor):
        return True
    return session.scalar(select(Instance.id).where(Instance.id == instance_id)) is not None


def _give(
    session: Session, candidates: list[tuple[UUID, int]], message: Message, actor: Actor
) -> Instance | None:
    """Give a message to the first of these cases that still waits for it."""
    for token, instance_id in candidates:
        instance = lock(session, instance_id)
        if instance is None or instance.status != "active":
            continue
        step = restore(session, instance, actor)
        if advance.receive(step, token, message):
            advance.settle(step)
            return instance
    return None


def due(session: Session, limit: int = 100, *, case: UUID | None = None) -> list[int]:
    """Return the ids of kept messages that somebody could take now, oldest first.

    Among them what cases have thrown, and what met its receiver in the moment in which that began
    to wait. With ``case`` only what this case throws or awaits.
    """
    with db.as_system(session):
        expected = (
            select(Subscription.id)
            .where(
                Subscription.name == Message.name,
                Subscription.correlation_key == Message.correlation_key,
            )
            .exists()
        )
        statement = select(Message.id).where(
            Message.instance_id.is_(None),
            Message.expires_at > clock.now(session),
            or_(expected, message_starts.could_start(session)),
            _of_case(case),
        )
        return list(session.scalars(statement.order_by(Message.id).limit(limit)))


def _of_case(case: UUID | None) -> ColumnElement[bool]:
    thrown = Message.message_id.startswith(f"{outgoing.THROWN}{case or ''}")
    if case is None:
        return or_(thrown, ~thrown)
    awaited = (
        select(Subscription.id)
        .join(Instance, Instance.id == Subscription.instance_id)
        .where(
            Instance.public_id == case,
            and_(
                Subscription.name == Message.name,
                Subscription.correlation_key == Message.correlation_key,
            ),
        )
        .exists()
    )
    return or_(thrown, awaited)


def hand_over(session: Session, message_id: int) -> bool:
    """Give one kept message to its receiver; False where it is taken or nobody takes it now.

    A case that cannot be restored leaves the message where it is.
    """
    with db.as_system(session):
        message = session.scalar(
            select(Message)
            .where(
                Message.id == message_id,
                Message.instance_id.is_(None),
                Message.expires_at > clock.now(session),
            )
            .with_for_update(skip_locked=True)
        )
        if message is None:
            return False
        try:
            found = _give(session, _candidates(session, message), message, SYSTEM)
            found = found or message_starts.start(session, message, SYSTEM)
        except EngineError as error:
            log.warning("message %d cannot be handed over: %s", message_id, error)
            return False
    return found is not None


def match(session: Session, limit: int = 100, *, case: UUID | None = None) -> int:
    """Hand over all that is due in this one transaction; return how many found a receiver."""
    found = due(session, limit, case=case)
    return sum(hand_over(session, message_id) for message_id in found)
