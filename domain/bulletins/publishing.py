"""From draft to published: units reply, a leader signs, the number is given, nothing changes."""

from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.booking.opening import local_day
from domain.bulletins.models import Bulletin, BulletinPeriod, BulletinUnit
from domain.bulletins.periods import wait_for_others
from domain.errors import BulletinPublished, ReplyRefused
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotAllowed, NotFound

Reply = Literal["confirmed", "objection"]
#: reply → its name in Chinese and in English.
REPLIES = {
    "": ("未答复", "No reply"),
    "confirmed": ("无异议", "Confirmed"),
    "objection": ("有异议", "Objection"),
}


def read(session: Session, public_id: UUID) -> Bulletin:
    """Return a bulletin; raises NotFound where the session's scope hides it."""
    bulletin = session.scalar(select(Bulletin).where(Bulletin.public_id == public_id))
    if bulletin is None:
        raise NotFound(f"no bulletin {public_id}", kind="bulletin")
    return bulletin


def of_unit(session: Session, bulletin: Bulletin, unit_id: int) -> BulletinUnit:
    """Return a unit's part of a bulletin; raises NotFound where the scope hides it."""
    row = session.scalar(
        select(BulletinUnit).where(
            BulletinUnit.bulletin_id == bulletin.id, BulletinUnit.unit_id == unit_id
        )
    )
    if row is None:
        raise NotFound(f"unit {unit_id} is not in it", kind="bulletin")
    return row


def reply(
    session: Session, row: BulletinUnit, answer: Reply, remark: str, *, by: Actor
) -> BulletinUnit:
    """Keep what a unit says of its figures; a later reply replaces it until publishing.

    Raises NotAllowed for other units' people and ReplyRefused (reason: published, empty).
    """
    if not (by.is_system or any(grant.unit_id == row.unit_id for grant in by.grants)):
        raise NotAllowed("a unit replies for itself")
    if answer == "objection" and not remark.strip():
        raise ReplyRefused("say what is wrong", reason="empty")
    with as_system(session):
        if row.bulletin.status != "draft":
            raise ReplyRefused("published already", reason="published")
        row.reply, row.remark = answer, remark
        row.replied_by, row.replied_at = by.id, now(session)
        session.flush()
    return row


def objections(session: Session, bulletin: Bulletin) -> list[BulletinUnit]:
    """Return the units that object, as far as the session's scope shows them."""
    query = (
        select(BulletinUnit)
        .where(BulletinUnit.bulletin_id == bulletin.id, BulletinUnit.reply == "objection")
        .order_by(BulletinUnit.id)
    )
    return list(session.scalars(query))


def replies(session: Session, bulletin: Bulletin) -> dict[str, int]:
    """Return how many units said what, as far as the session's scope shows them."""
    query = select(BulletinUnit.reply).where(BulletinUnit.bulletin_id == bulletin.id)
    counts = dict.fromkeys(REPLIES, 0)
    for said in session.scalars(query):
        counts[said] += 1
    return counts


def publish(session: Session, bulletin: Bulletin, *, signed_by: UUID, by: Actor) -> Bulletin:
    """Publish a draft under the region's next number of the year; again changes nothing.

    An earlier published version of the period becomes ``replaced``. Raises NotAllowed for
    anybody but the platform (the process has the signature), BulletinPublished for a replaced one.
    """
    if not by.is_system:
        raise NotAllowed("the process publishes what was signed")
    with as_system(session):
        wait_for_others(session, bulletin.region)
        session.refresh(bulletin, with_for_update=True)
        if bulletin.status == "published":
            return bulletin
        if bulletin.status == "replaced":
            raise BulletinPublished("a later version counts", version=bulletin.version)
        today = local_day(now(session))
        _replace_earlier(session, bulletin)
        bulletin.document_year = today.year
        bulletin.document_number = _next_number(session, bulletin.region, today)
        bulletin.status, bulletin.published_on = "published", today
        bulletin.signed_by = signed_by
        session.flush()
    return bulletin


def _replace_earlier(session: Session, bulletin: Bulletin) -> None:
    earlier = session.scalars(
        select(Bulletin).where(
            Bulletin.period_id == bulletin.period_id, Bulletin.status == "published"
        )
    )
    for one in earlier:
        one.status = "replaced"


def _next_number(session: Session, region: str, today: date) -> int:
    last = session.scalar(
        select(func.max(Bulletin.document_number)).where(
            Bulletin.region == region, Bulletin.document_year == today.year
        )
    )
    return (last or 0) + 1


def published(session: Session) -> list[Bulletin]:
    """Return the published bulletins that count, the latest first."""
    query = (
        select(Bulletin)
        .join(BulletinPeriod)
        .where(Bulletin.status == "published")
        .order_by(BulletinPeriod.period_start.desc(), Bulletin.region, Bulletin.id)
    )
    return list(session.scalars(query))


def in_work(session: Session) -> list[Bulletin]:
    """Return the newest drafts of periods that are not published, as far as the scope shows."""
    query = (
        select(Bulletin)
        .where(Bulletin.status == "draft")
        .order_by(Bulletin.period_id.desc(), Bulletin.version.desc())
    )
    newest: dict[int, Bulletin] = {}
    for one in session.scalars(query):
        newest.setdefault(one.period_id, one)
    return list(newest.values())
