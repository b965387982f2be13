"""Who may send a message to a case."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.actors import Actor
from engine.errors import NotFound
from engine.models import Instance

#: Connected systems, and the people who repair, may write to every case.
_EVERYWHERE = ("integration_client", "operator", "platform_administrator")


def check_sender(session: Session, actor: Actor, key: str) -> None:
    """Raise NotFound unless the actor may send messages under this correlation key.

    Seeing a case is not enough (auditors see all of them): people may write to the cases that
    they began or take part in, and the key must be such a case's number.
    """
    if actor.has(*_EVERYWHERE):
        return
    case = session.scalar(select(Instance).where(Instance.number == key))
    if case is None or actor.id not in (case.initiator_id, *case.participants):
        raise NotFound("no such case of this person")
