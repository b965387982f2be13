"""Messages from outside: correlated by name and key, once each, buffered while nobody waits."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine import advance, clock, db, submissions
from engine.actors import SYSTEM, Actor
from engine.errors import MessageNotExpected
from engine.models import Instance, Message, Subscription
from engine.step import lock, restore


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
    """Give a message to the oldest case that waits for it and run that case.

    The same ``message_id`` again changes nothing and returns the case that got it. With ``ttl`` a
    message that nobody expects yet is kept so long: then None. Raises MessageNotExpected where
    nobody waits (or nobody whom the actor can see) and ttl is zero; InvalidSubmission for a
    payload that cannot be kept.
    """
    now = clock.now(session)
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
        for token, instance_id in visible:
            instance = _hand_over(session, instance_id, token, message, actor)
            if instance is not None:
                return instance
    if ttl > timedelta(0) and not candidates:
        return None
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


def _may_see(session: Session, actor: Actor, instance_id: int) -> bool:
    """Machines with the integration role speak to every case, people to those they can see."""
    if actor.is_system or actor.has("integration_client"):
        return True
    return session.scalar(select(Instance.id).where(Instance.id == instance_id)) is not None


def _hand_over(
    session: Session,
    instance_id: int,
    token: UUID,
    message: Message,
    actor: Actor,
) -> Instance | None:
    instance = lock(session, instance_id)
    if instance is None or instance.status != "active":
        return None
    step = restore(session, instance, actor)
    if not advance.receive(step, token, message):
        return None
    advance.settle(step)
    return instance


def match(session: Session, limit: int = 100) -> int:
    """Hand over buffered messages whose case began to wait at the same moment; the number done.

    Two transactions, one buffering and one beginning to wait, do not see each other; the timers
    process calls this so that the pair meets a second later.
    """
    done = 0
    with db.as_system(session):
        pairs = session.execute(
            select(Message, Subscription.spiff_id, Subscription.instance_id)
            .join(
                Subscription,
                (Subscription.name == Message.name)
                & (Subscription.correlation_key == Message.correlation_key),
            )
            .where(Message.instance_id.is_(None), Message.expires_at > clock.now(session))
            .order_by(Message.id)
            .limit(limit)
            .with_for_update(of=Message, skip_locked=True)
        ).all()
        for message, token, instance_id in pairs:
            if message.instance_id is None:
                found = _hand_over(session, instance_id, token, message, SYSTEM)
                done += found is not None
    return done
