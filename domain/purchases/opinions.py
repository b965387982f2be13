"""Opinions on a purchase: one per reviewer and revision, never changed, counted at the end."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from domain.purchases import reviewers
from domain.purchases.applications import lock
from domain.purchases.errors import NotAsked, OpinionGiven, PurchaseClosed
from domain.purchases.models import Purchase, ReviewOpinion
from engine.clock import now
from engine.db import as_system

Role = Literal["expert", "science", "finance", "education", "customs"]
Decision = Literal["approve", "partial", "reject", "reuse"]
#: Decisions by which something is bought.
SUPPORT = frozenset({"approve", "partial"})


@dataclass(frozen=True)
class Said:
    """What a reviewer says; ``conclusion`` is None exactly where a conflict is declared.

    ``scores`` are relevance, necessity and reasonableness, each from 1 to 5 or None.
    """

    conclusion: Decision | None
    text: str = ""
    conflict: bool = False
    scores: tuple[int | None, int | None, int | None] = (None, None, None)


@dataclass(frozen=True)
class Tally:
    """How a panel voted; ``share`` is the part that supports buying, from 0 to 1."""

    opinions: int
    support: int
    share: float
    advice: Literal["approve", "reject"]


def record(
    session: Session, purchase_id: UUID, said: Said, *, by: UUID, role: Role
) -> ReviewOpinion:
    """Keep a reviewer's opinion on the current revision.

    Raises NotAsked (an expert who does not sit on the panel), OpinionGiven, PurchaseClosed.
    """
    with as_system(session):
        purchase = lock(session, purchase_id)
        if purchase.status != "open":
            raise PurchaseClosed("no more opinions", status=purchase.status)
        if role == "expert" and not reviewers.is_asked(session, purchase, by):
            raise NotAsked("not on the panel")
        if _has_said(session, purchase, by):
            raise OpinionGiven("one opinion per reviewer and revision")
        relevance, necessity, reasonableness = said.scores
        opinion = ReviewOpinion(
            purchase_id=purchase.id,
            revision=purchase.revision,
            reviewer_id=by,
            role=role,
            conclusion=None if said.conflict else said.conclusion,
            relevance=relevance,
            necessity=necessity,
            reasonableness=reasonableness,
            text=said.text,
            conflict=said.conflict,
            given_at=now(session),
        )
        session.add(opinion)
        session.flush()
    return opinion


def _has_said(session: Session, purchase: Purchase, person: UUID) -> bool:
    return bool(
        session.scalar(
            select(
                exists().where(
                    ReviewOpinion.purchase_id == purchase.id,
                    ReviewOpinion.revision == purchase.revision,
                    ReviewOpinion.reviewer_id == person,
                )
            )
        )
    )


def tally(session: Session, purchase_id: UUID, *, agree_share: float) -> Tally:
    """Count the experts' opinions on the current revision.

    The advice is to approve where the supporting share reaches ``agree_share`` (handbook P01:
    two thirds), otherwise to reject; declared conflicts do not count.
    """
    with as_system(session):
        purchase = lock(session, purchase_id)
        conclusions = session.scalars(
            select(ReviewOpinion.conclusion).where(
                ReviewOpinion.purchase_id == purchase.id,
                ReviewOpinion.revision == purchase.revision,
                ReviewOpinion.role == "expert",
                ReviewOpinion.conclusion.is_not(None),
            )
        ).all()
    support = sum(one in SUPPORT for one in conclusions)
    share = support / len(conclusions) if conclusions else 0.0
    advice: Literal["approve", "reject"] = "approve" if share >= agree_share else "reject"
    return Tally(len(conclusions), support, round(share, 4), advice)


def of_purchase(session: Session, purchase: Purchase) -> list[ReviewOpinion]:
    """Return the opinions that the session's scope shows, in the order they were given."""
    query = (
        select(ReviewOpinion)
        .where(ReviewOpinion.purchase_id == purchase.id)
        .order_by(ReviewOpinion.given_at, ReviewOpinion.id)
    )
    return list(session.scalars(query))
