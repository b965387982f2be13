"""The panel of a purchase: experts drawn by lot, without conflict, replaced seat by seat.

The lot is the SHA-256 of purchase, revision and person: nobody chooses it, and everybody can
draw it again. Not drawn: the applicant, people of the applicant's unit, and whoever has been on
the panel of this revision before.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.organisations.actors import counts_at
from domain.organisations.models import Person, RoleGrant
from domain.purchases.applications import lock
from domain.purchases.errors import TooFewExperts
from domain.purchases.models import Purchase, PurchaseReviewer, ReviewOpinion
from engine.clock import now
from engine.db import as_system

Reason = Literal["drawn", "late", "conflict"]


def draw(session: Session, purchase_id: UUID, count: int) -> list[UUID]:
    """Draw a panel for the current revision; a second call returns the panel that is there.

    Raises TooFewExperts.
    """
    with as_system(session):
        purchase = lock(session, purchase_id)
        panel = _panel(session, purchase)
        if panel:
            return [seat.person_id for seat in panel]
        drawn = _lot(session, purchase)[:count]
        if len(drawn) < count:
            raise TooFewExperts("not enough experts", wanted=count, found=len(drawn))
        for seat, person in enumerate(drawn, 1):
            _seat(session, purchase, (seat, 1), person, "drawn")
        session.flush()
    return drawn


def replace(
    session: Session, purchase_id: UUID, people: Iterable[UUID], *, reason: Reason
) -> dict[UUID, UUID]:
    """Draw others into the seats of some; return old → new.

    A seat for which nobody is left stays with the one who has it.
    """
    exchanged: dict[UUID, UUID] = {}
    leaving = set(people)
    with as_system(session):
        purchase = lock(session, purchase_id)
        for seat in _panel(session, purchase):
            free = _lot(session, purchase)
            if seat.person_id not in leaving or not free:
                continue
            _seat(session, purchase, (seat.seat, seat.turn + 1), free[0], reason)
            session.flush()
            exchanged[seat.person_id] = free[0]
    return exchanged


def pending(session: Session, purchase_id: UUID) -> list[UUID]:
    """Return who of the present panel has not given an opinion on the current revision."""
    with as_system(session):
        purchase = lock(session, purchase_id)
        said = set(
            session.scalars(
                select(ReviewOpinion.reviewer_id).where(
                    ReviewOpinion.purchase_id == purchase.id,
                    ReviewOpinion.revision == purchase.revision,
                )
            )
        )
        return [s.person_id for s in _panel(session, purchase) if s.person_id not in said]


def is_asked(session: Session, purchase: Purchase, person_id: UUID) -> bool:
    """Tell whether somebody sits on the present panel; needs system scope."""
    return any(seat.person_id == person_id for seat in _panel(session, purchase))


def _panel(session: Session, purchase: Purchase) -> list[PurchaseReviewer]:
    """Return the last turn of every seat."""
    query = (
        select(PurchaseReviewer)
        .where(
            PurchaseReviewer.purchase_id == purchase.id,
            PurchaseReviewer.revision == purchase.revision,
        )
        .order_by(PurchaseReviewer.seat, PurchaseReviewer.turn)
    )
    return list({row.seat: row for row in session.scalars(query)}.values())


def _lot(session: Session, purchase: Purchase) -> list[UUID]:
    """Return the experts who may be drawn, in the order of the lot."""
    was_on = select(PurchaseReviewer.person_id).where(
        PurchaseReviewer.purchase_id == purchase.id,
        PurchaseReviewer.revision == purchase.revision,
    )
    query = (
        select(Person.public_id, RoleGrant.region)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(
            RoleGrant.role == "expert",
            counts_at(now(session)),
            Person.active,
            Person.public_id != purchase.applicant_id,
            Person.unit_id.is_distinct_from(purchase.unit_id),
            Person.public_id.not_in(was_on),
        )
    )
    found = {person for person, region in session.execute(query) if region in purchase.region_path}
    return sorted(found, key=lambda person: _ticket(purchase, person))


def _ticket(purchase: Purchase, person: UUID) -> str:
    return sha256(f"{purchase.public_id}/{purchase.revision}/{person}".encode()).hexdigest()


def _seat(
    session: Session, purchase: Purchase, place: tuple[int, int], person: UUID, reason: Reason
) -> None:
    seat, turn = place
    session.add(
        PurchaseReviewer(
            purchase_id=purchase.id,
            revision=purchase.revision,
            seat=seat,
            turn=turn,
            person_id=person,
            reason=reason,
            drawn_at=now(session),
        )
    )
