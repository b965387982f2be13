"""What can happen to a booking. Every verb locks the instrument first, then the booking.

One order of locks for all verbs means that two of them never wait for each other in a circle.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.booking import slots, states
from domain.booking.models import Booking
from domain.booking.opening import Interval
from domain.booking.qualifications import is_qualified
from domain.errors import (
    BookingOver,
    InstrumentUnavailable,
    NotShared,
    QualificationMissing,
    SlotTaken,
    WrongStatus,
)
from domain.instruments.models import Instrument
from domain.organisations.models import Person
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotAllowed, NotFound

_NO_OVERLAP = "booking_no_overlap"
#: Ways of use in which the user works at the instrument alone.
_BY_ONESELF = frozenset({"occupy", "remote"})

Mode = Literal["occupy", "technical", "commission", "remote"]
Outcome = Literal["cancelled", "rejected", "expired"]


@dataclass(frozen=True)
class Request:
    """A wish for a time: public ids of instrument and person, and aware datetimes."""

    instrument_id: UUID
    person_id: UUID
    start: datetime
    end: datetime
    mode: Mode = "occupy"
    purpose: str = ""
    case_id: UUID | None = None


def hold(session: Session, request: Request) -> Booking:
    """Keep a time for a person until it is confirmed or released.

    Raises NotFound, NotAllowed (in another's name), SlotTaken or another BookingError.
    """
    actor: Actor | None = session.info.get("actor")
    if actor is None or not (actor.is_system or actor.id == request.person_id):
        raise NotAllowed("nobody books in another's name")
    wanted = Interval(request.start, request.end)
    with as_system(session):
        instrument = lock(session, request.instrument_id)
        person = _person(session, request.person_id)
        may_book(session, instrument, person, mode=request.mode)
        slots.check(session, instrument, wanted)
        _refuse_taken(session, instrument, wanted)
        return _insert(session, instrument, person, request)


def may_book(
    session: Session, instrument: Instrument, person: Person, *, mode: str = "occupy"
) -> None:
    """Raise a BookingError unless this person may use this instrument in this way."""
    if not slots.is_bookable(instrument):
        offline = instrument.lifecycle != "online"
        reason = instrument.lifecycle if offline else instrument.run_status
        raise InstrumentUnavailable("not in service", reason=reason)
    inside = person.unit_id == instrument.unit_id
    if instrument.share_mode == "none" or (instrument.share_mode == "internal" and not inside):
        raise NotShared("not open to this unit", share_mode=instrument.share_mode)
    _check_qualified(session, instrument, person.public_id, mode)


def lock(session: Session, instrument_id: UUID) -> Instrument:
    """Lock an instrument's row against other bookings and return it as it is now.

    Needs system scope. FOR NO KEY UPDATE: rows that merely refer to the instrument can still be
    written.
    """
    instrument = session.scalar(
        select(Instrument)
        .where(Instrument.public_id == instrument_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if instrument is None:
        raise NotFound(f"no instrument {instrument_id}", kind="instrument")
    return instrument


def _person(session: Session, person_id: UUID) -> Person:
    person = session.scalar(select(Person).where(Person.public_id == person_id, Person.active))
    if person is None:
        raise NotFound(f"no active person {person_id}", kind="person")
    return person


def _check_qualified(session: Session, instrument: Instrument, person_id: UUID, mode: str) -> None:
    if not instrument.needs_qualification or mode not in _BY_ONESELF:
        return
    if not is_qualified(session, person_id, instrument):
        raise QualificationMissing("no valid qualification", instrument=str(instrument.public_id))


def _taken(wanted: Interval) -> SlotTaken:
    return SlotTaken("taken", start=wanted.start.isoformat(), end=wanted.end.isoformat())


def _refuse_taken(session: Session, instrument: Instrument, wanted: Interval) -> None:
    overlap = exists().where(
        Booking.instrument_id == instrument.id,
        Booking.status.in_(states.KEEPS_TIME),
        Booking.during.op("&&")(Range(wanted.start, wanted.end)),
    )
    if session.scalar(select(overlap)):
        raise _taken(wanted)


def _insert(session: Session, instrument: Instrument, person: Person, request: Request) -> Booking:
    booking = Booking(
        instrument_id=instrument.id,
        person_id=person.public_id,
        person_unit_id=person.unit_id,
        external=person.unit_id != instrument.unit_id,
        during=Range(request.start, request.end, bounds="[)"),
        status="held",
        mode=request.mode,
        purpose=request.purpose,
        case_id=request.case_id,
        created_at=now(session),
        unit_id=instrument.unit_id,
        region_path=instrument.region_path,
    )
    try:
        with session.begin_nested():
            session.add(booking)
    except IntegrityError as error:
        # Only a writer that did not take the lock can come here; the database has the last word.
        if _NO_OVERLAP in str(error.orig):
            raise _taken(Interval(request.start, request.end)) from error
        raise
    return booking


def read(session: Session, booking_id: UUID) -> Booking:
    """Return a booking; raises NotFound where the session's scope hides it."""
    booking = session.scalar(select(Booking).where(Booking.public_id == booking_id))
    if booking is None:
        raise NotFound(f"no booking {booking_id}", kind="booking")
    return booking


def of_case(session: Session, case_id: UUID) -> Booking | None:
    """Return the latest booking of a case, if the session's scope shows one."""
    query = select(Booking).where(Booking.case_id == case_id).order_by(Booking.id.desc()).limit(1)
    return session.scalar(query)


def of_person(session: Session, person_id: UUID, *, limit: int = 50) -> list[Booking]:
    """Return a person's bookings, the latest time first."""
    query = (
        select(Booking)
        .where(Booking.person_id == person_id)
        .order_by(Booking.during.desc(), Booking.id.desc())
        .limit(limit)
    )
    return list(session.scalars(query))


@contextmanager
def _taken_up(session: Session, booking_id: UUID, wanted: str) -> Iterator[Booking]:
    """Lock instrument and booking, check the way to ``wanted``, go it when the caller is done."""
    seen = read(session, booking_id)
    with as_system(session):
        lock(session, seen.instrument.public_id)
        booking = session.scalars(
            select(Booking)
            .where(Booking.id == seen.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        states.check(booking.status, wanted)
        yield booking
        booking.status = wanted
        booking.version += 1
        session.flush()


def confirm(session: Session, booking_id: UUID) -> Booking:
    """Make a held time sure: held → confirmed."""
    with _taken_up(session, booking_id, "confirmed") as booking:
        booking.confirmed_at = now(session)
    return booking


def check_in(session: Session, booking_id: UUID) -> Booking:
    """Note that the use begins: confirmed → in_use.

    The qualification is asked for again, for it may have ended since the booking. Raises
    BookingOver after the booked time, QualificationMissing, WrongStatus.
    """
    with _taken_up(session, booking_id, "in_use") as booking:
        present = now(session)
        if present >= booking.end:
            raise BookingOver("the time has passed", end=booking.end.isoformat())
        _check_qualified(session, booking.instrument, booking.person_id, booking.mode)
        booking.checked_in_at = present
    return booking


def check_out(session: Session, booking_id: UUID, *, as_booked: bool = False) -> Booking:
    """Note that the use has ended: in_use → finished; what is left of the time is free again.

    With ``as_booked`` nobody has said when: the use counts until the end of the booked time.
    """
    with _taken_up(session, booking_id, "finished") as booking:
        present = now(session)
        booking.checked_out_at = min(present, booking.end) if as_booked else present
        began = booking.checked_in_at or booking.start
        seconds = (booking.checked_out_at - began).total_seconds()
        booking.use_minutes = max(0, math.ceil(seconds / 60))
    return booking


def release(
    session: Session, booking_id: UUID, *, outcome: Outcome = "cancelled", reason: str = ""
) -> Booking:
    """Give a time back before its use: cancelled, rejected, or expired for want of an answer."""
    with _taken_up(session, booking_id, outcome) as booking:
        booking.closed_at = now(session)
        booking.closed_reason = reason
    return booking


def mark_no_show(session: Session, booking_id: UUID) -> Booking:
    """Note that nobody came: confirmed → no_show; the rest of the time is free again.

    Raises WrongStatus (also before the booked time has begun).
    """
    with _taken_up(session, booking_id, "no_show") as booking:
        present = now(session)
        if present < booking.start:
            raise WrongStatus("not begun", status=booking.status, wanted="no_show")
        booking.closed_at = present
    return booking


def finish(session: Session, booking_id: UUID) -> Booking:
    """Close a booking whose use has ended and whose result is settled: finished → settled."""
    with _taken_up(session, booking_id, "settled") as booking:
        booking.closed_at = now(session)
    return booking
