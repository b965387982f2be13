"""What users say of an instrument after using it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.booking.bookings import read
from domain.booking.models import Booking, Rating
from domain.errors import AlreadyRated, InvalidRating, WrongStatus
from domain.instruments.models import Instrument
from domain.organisations import people
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotAllowed

EDIT_DAYS = 7
_BEST = 5
_RATEABLE = frozenset({"finished", "settled"})


@dataclass(frozen=True)
class Grades:
    """Whole numbers from 1 (worst) to 5 (best); the four dimensions may be left out."""

    score: int
    quality: int | None = None
    timeliness: int | None = None
    attitude: int | None = None
    price: int | None = None


@dataclass(frozen=True)
class Comment:
    """A rating as everybody may read it; ``who`` is empty when it was given anonymously."""

    score: int
    comment: str
    reply: str
    who: str
    at: datetime


@dataclass(frozen=True)
class Summary:
    """How often an instrument was rated, and the mean score (None without a rating)."""

    count: int
    mean: float | None


def rate(
    session: Session,
    booking_id: UUID,
    grades: Grades,
    *,
    by: Actor,
    comment: str = "",
    anonymous: bool = False,
) -> Rating:
    """Rate a finished booking, or change one's rating within seven days.

    Raises NotFound, NotAllowed (not the user, or a manager of the instrument), WrongStatus,
    InvalidRating, AlreadyRated.
    """
    booking = read(session, booking_id)
    _check_rater(booking, by)
    _check_grades(grades)
    with as_system(session):
        session.refresh(booking, with_for_update=True)
        rating = session.scalar(select(Rating).where(Rating.booking_id == booking.id))
        if rating is None:
            rating = Rating(
                booking_id=booking.id,
                instrument_id=booking.instrument_id,
                person_id=booking.person_id,
                rated_at=now(session),
            )
            session.add(rating)
        elif now(session) >= rating.rated_at + timedelta(days=EDIT_DAYS):
            raise AlreadyRated("too late to change it", days=EDIT_DAYS)
        rating.score, rating.quality = grades.score, grades.quality
        rating.timeliness, rating.attitude = grades.timeliness, grades.attitude
        rating.price, rating.comment, rating.anonymous = grades.price, comment, anonymous
        session.flush()
    return rating


def _check_rater(booking: Booking, by: Actor) -> None:
    owner = by.id in booking.instrument.manager_ids
    if not by.is_system and (by.id != booking.person_id or owner):
        raise NotAllowed("only the user rates, and nobody rates their own instrument")
    if booking.status not in _RATEABLE:
        raise WrongStatus("not finished", status=booking.status, wanted="rated")


def _check_grades(grades: Grades) -> None:
    for field in ("score", "quality", "timeliness", "attitude", "price"):
        value = getattr(grades, field)
        if value is None and field != "score":
            continue
        if not isinstance(value, int) or not 1 <= value <= _BEST:
            raise InvalidRating(f"{field}={value!r}", field=field)


def summary(session: Session, instrument: Instrument) -> Summary:
    """Return the number of an instrument's visible ratings and their mean."""
    query = select(func.count(), func.avg(Rating.score)).where(
        Rating.instrument_id == instrument.id, Rating.visible
    )
    with as_system(session):
        count, mean = session.execute(query).one()
    return Summary(count, round(float(mean), 2) if mean is not None else None)


def comments(session: Session, instrument: Instrument, *, limit: int = 20) -> list[Comment]:
    """Return an instrument's visible comments, the latest first."""
    query = (
        select(Rating)
        .where(Rating.instrument_id == instrument.id, Rating.visible)
        .order_by(Rating.rated_at.desc(), Rating.id.desc())
        .limit(limit)
    )
    with as_system(session):
        rows = session.scalars(query).all()
        who = people.names(session, (row.person_id for row in rows if not row.anonymous))
    return [
        Comment(
            row.score,
            row.comment,
            row.reply,
            "" if row.anonymous else who.get(row.person_id, ""),
            row.rated_at,
        )
        for row in rows
    ]
