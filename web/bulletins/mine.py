"""The parts of drafts that wait for a unit's people."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.bulletins import Bulletin, BulletinUnit
from engine.actors import UNIT_ROLES, Actor
from engine.db import as_system


def unit_ids(actor: Actor) -> set[int]:
    """Return the inner ids of the units that an actor works for."""
    return {
        grant.unit_id
        for grant in actor.grants
        if grant.role in UNIT_ROLES and grant.unit_id is not None
    }


def to_check(session: Session, actor: Actor) -> list[BulletinUnit]:
    """Return the newest drafts' parts of the actor's units, the latest first.

    A unit does not see the draft itself, only its own part; so the status is read as the platform.
    """
    own = unit_ids(actor)
    if not own:
        return []
    query = (
        select(BulletinUnit)
        .join(Bulletin)
        .where(BulletinUnit.unit_id.in_(own), Bulletin.status == "draft")
        .order_by(Bulletin.period_id.desc(), Bulletin.version.desc())
    )
    with as_system(session):
        newest: dict[tuple[int, int], BulletinUnit] = {}
        for row in session.scalars(query):
            newest.setdefault((row.bulletin.period_id, row.unit_id), row)
        return list(newest.values())
