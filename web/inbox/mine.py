"""My bookings and cases: what comes next, what waits for whom, what is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Response, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response as AnyResponse

from domain import booking, documents
from domain.booking import Booking
from domain.instruments.models import Instrument
from engine import clock, messages, user_tasks
from engine.actors import Actor
from engine.errors import InvalidSubmission, NotFound
from engine.models import Instance, OpenTask
from web import database, words
from web.access import current_actor, requires
from web.formats import local
from web.inbox.calendars import invitation
from web.inbox.room import blueprint
from web.inbox.senders import check_sender
from web.monitor.people import names
from web.monitor.sentences import group_name
from web.transactions import command

_COMING = ("held", "confirmed", "in_use")
_CANCELLABLE = ("held", "confirmed")
_MOST = 50
_LONGEST_REASON = 200


@dataclass(frozen=True)
class Waiting:
    """What a case waits for: the step, for whom, until when."""

    step: str
    whom: str
    due_at: datetime | None
    task_id: UUID | None


@dataclass(frozen=True)
class Row:
    """One booking of mine with its case."""

    booking: Booking
    case: Instance | None
    waiting: tuple[Waiting, ...]
    files: tuple[documents.Document, ...]
    may_cancel: bool


@blueprint.get("/my")
@requires()
def mine() -> str:
    """Show my bookings: the next one, what is to do, who has the ball, and what is over."""
    session, actor = database.session(), current_actor()
    rows = _rows(session, actor)
    coming = [row for row in rows if row.booking.status in _COMING]
    coming.sort(key=lambda row: row.booking.start)
    return render_template(
        "inbox/mine.html",
        next_up=coming[0] if coming else None,
        coming=coming[1:],
        open_cases=[r for r in rows if r.waiting and r.booking.status not in _COMING],
        past=[r for r in rows if not r.waiting and r.booking.status not in _COMING],
        to_do=user_tasks.waiting(session, actor, limit=_MOST),
        today=_today(session, actor) if actor.has("instrument_manager") else None,
        STATUS_NAMES=booking.STATUS_NAMES,
        MODE_NAMES=booking.MODE_NAMES,
    )


def _rows(session: Session, actor: Actor) -> list[Row]:
    """My bookings with all that belongs to them, in four queries however many they are."""
    bookings = booking.of_person(session, actor.id, limit=_MOST)
    cases = _cases(session, {b.case_id for b in bookings if b.case_id})
    waiting = _waiting(session, [case for case in cases.values() if case.status == "active"])
    files = _files(session, list(cases))
    return [_row(each, cases.get(each.case_id), waiting, files) for each in bookings]


def _cases(session: Session, ids: set[UUID]) -> dict[UUID | None, Instance]:
    query = select(Instance).options(joinedload(Instance.definition))
    found = session.scalars(query.where(Instance.public_id.in_(ids)))
    return {case.public_id: case for case in found}


def _row(
    each: Booking,
    case: Instance | None,
    waiting: dict[int, list[Waiting]],
    files: dict[UUID, list[documents.Document]],
) -> Row:
    is_open = case is not None and case.status == "active"
    return Row(
        booking=each,
        case=case,
        waiting=tuple(waiting.get(case.id, ())) if case is not None else (),
        files=tuple(files.get(case.public_id, ())) if case is not None else (),
        may_cancel=is_open and each.status in _CANCELLABLE,
    )


def _files(session: Session, ids: list[UUID | None]) -> dict[UUID, list[documents.Document]]:
    query = select(documents.Document).where(documents.Document.case_id.in_(ids))
    found: dict[UUID, list[documents.Document]] = {}
    for file in session.scalars(query.order_by(documents.Document.id)):
        if file.case_id is not None:
            found.setdefault(file.case_id, []).append(file)
    return found


def _waiting(session: Session, cases: list[Instance]) -> dict[int, list[Waiting]]:
    by_id = {case.id: case for case in cases}
    query = select(OpenTask).where(OpenTask.instance_id.in_(by_id)).order_by(OpenTask.id)
    tasks = session.scalars(query).all()
    people = names(session, {person for task in tasks for person in _people(task)})
    found: dict[int, list[Waiting]] = {}
    for task in tasks:
        one = _one(by_id[task.instance_id], task, people)
        found.setdefault(task.instance_id, []).append(one)
    return found


def _people(task: OpenTask) -> list[UUID]:
    return [task.assignee_id] if task.assignee_id else list(task.candidate_users)


def _one(case: Instance, task: OpenTask, people: dict[UUID, str]) -> Waiting:
    whom = [people.get(person, "") for person in _people(task)]
    if task.assignee_id is None:
        whom += [group_name(group) for group in task.candidate_groups]
    is_mine = current_actor().id in _people(task)
    return Waiting(
        step=words.say(case.definition.words, task.name),
        whom="、".join(filter(None, whom)),
        due_at=task.due_at,
        task_id=task.public_id if is_mine else None,
    )


def _today(session: Session, actor: Actor) -> list[Booking]:
    """Today's bookings of the instruments that I look after, in the order of their times."""
    now = clock.now(session)
    midnight = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    day = Range(midnight, midnight + timedelta(days=1), bounds="[)")
    query = (
        select(Booking)
        .join(Instrument)
        .where(
            Instrument.manager_ids.contains([actor.id]),
            Booking.during.op("&&")(day),
            Booking.status.not_in(("cancelled", "rejected", "expired")),
        )
        .order_by(Booking.during)
    )
    return list(session.scalars(query))


@blueprint.post("/my/bookings/<uuid:booking_id>/cancel")
@command
def cancel_booking(booking_id: UUID) -> AnyResponse:
    """Cancel a booking of mine with a reason; the process decides what that costs."""
    session, actor = database.session(), current_actor()
    each = _my_booking(session, booking_id)
    case = _cases(session, {each.case_id} if each.case_id else set()).get(each.case_id)
    if case is None:
        raise NotFound
    check_sender(session, actor, case.number)
    reason = request.form.get("reason", "").strip()[:_LONGEST_REASON]
    if not reason:
        raise InvalidSubmission({"reason": [{"code": "required"}]})
    messages.deliver(
        session,
        "booking.cancel",
        case.number,
        {"reason": reason},
        actor=actor,
        message_id=f"cancel-{case.public_id}-{request.form['_key']}"[:100],
    )
    return make_response(redirect(url_for("inbox.mine", cancelled=case.number), 303))


@blueprint.get("/my/bookings/<uuid:booking_id>.ics")
@requires()
def calendar_file(booking_id: UUID) -> Response:
    """Give out a booking of mine as an entry for a calendar (RFC 5545)."""
    session = database.session()
    each = _my_booking(session, booking_id)
    text = invitation(each, stamp=clock.now(session))
    return Response(
        text,
        mimetype="text/calendar",
        headers={"Content-Disposition": f'attachment; filename="{booking_id}.ics"'},
    )


def _my_booking(session: Session, booking_id: UUID) -> Booking:
    each = booking.read(session, booking_id)
    if each.person_id != current_actor().id:
        raise NotFound
    return each
