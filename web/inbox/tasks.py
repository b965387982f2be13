"""One task: its page, and what people do with it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Response, jsonify, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from domain import booking, documents
from engine import clock, history, user_tasks
from engine.actors import PERSONAL_ROLES, Actor
from engine.errors import AlreadyCompleted, InvalidSubmission, TaskGone
from engine.history import Entry
from engine.models import Draft, Instance
from engine.user_tasks import TaskView
from web import database, words
from web.access import current_actor, requires
from web.form_words import translated
from web.formats import language
from web.inbox.files import as_json
from web.inbox.gone import gone_page
from web.inbox.lists import tasks_of_case
from web.inbox.next_steps import following
from web.inbox.room import blueprint
from web.monitor.people import names, unit_names
from web.monitor.sentences import group_name, sentence
from web.transactions import command, new_key

#: What the people in a case need to know; the whole history is on the case's own page.
_TOLD = frozenset(
    {
        "case_started", "task_completed", "task_claimed", "task_released", "task_cancelled",
        "decision_evaluated", "timer_fired", "message_received", "error_caught", "case_ended",
        "case_cancelled", "incident_raised", "incident_resolved",
    }
)  # fmt: skip


@blueprint.get("/tasks/<uuid:task_id>")
@requires()
def task_page(task_id: UUID) -> str | tuple[str, int]:
    """Show a task: form, diagram, the case so far, files; or who was faster."""
    session, actor = database.session(), current_actor()
    try:
        view = user_tasks.read(session, task_id, actor)
    except (AlreadyCompleted, TaskGone) as gone:
        return gone_page(session, task_id, gone), 409
    told = [e for e in history.read(session, view.instance.id) if e.kind in _TOLD]
    people = names(session, _people(view, told))
    files = documents.of_case(session, view.instance.public_id)
    said = view.definition.words
    return render_template(
        "inbox/task.html",
        view=view,
        task=view.task,
        case=view.instance,
        name=words.say(said, view.task.name),
        process=words.say(said, view.definition.name),
        people=people,
        unit=unit_names(session, [view.instance.unit_id]).get(view.instance.unit_id or 0, ""),
        story=[(e, sentence(e, said, people)) for e in told],
        files=files,
        booked=booking.of_case(session, view.instance.public_id),
        waits_for=_waits_for(view, people),
        next_steps=_next_steps(view),
        left=_left(session, view.task.due_at),
        is_mine=view.task.assignee_id == actor.id,
        form_data=_form_data(session, view, files) if view.schema is not None else None,
        STATUS_NAMES=booking.STATUS_NAMES,
        MODE_NAMES=booking.MODE_NAMES,
    )


def _people(view: TaskView, told: list[Entry]) -> set[UUID]:
    ids = {entry.actor_id for entry in told} | {view.instance.initiator_id}
    if view.task.assignee_id is not None:
        ids.add(view.task.assignee_id)
    return ids | set(view.task.candidate_users)


def _waits_for(view: TaskView, people: dict[UUID, str]) -> list[str]:
    task = view.task
    if task.assignee_id is not None:
        return [people.get(task.assignee_id, "")]
    users = [people.get(user, "") for user in task.candidate_users]
    return [*users, *(group_name(group) for group in task.candidate_groups)]


def _next_steps(view: TaskView) -> list[tuple[str, str]]:
    """The steps that may follow, each with the group it would go to where that is a plain name."""
    steps = following(view.definition.content, view.task.element_id)
    return [
        (
            words.say(view.definition.words, step.name),
            "" if not step.groups or step.groups.startswith("=") else group_name(step.groups),
        )
        for step in steps
    ]


def _left(session: Session, due_at: datetime | None) -> timedelta | None:
    return None if due_at is None else due_at - clock.now(session)


def _form_data(session: Session, view: TaskView, files: list[documents.Document]) -> dict[str, Any]:
    """What the island needs to show the form (see web/frontend/src/task-form/types.ts)."""
    task_id = view.task.public_id
    said = {**view.definition.words, **view.words}
    return {
        "schema": translated(view.schema or {}, said),
        "data": view.data,
        "draft": _draft(session, view),
        "action": url_for("inbox.complete", task_id=task_id),
        "draft_url": url_for("inbox.save_draft", task_id=task_id),
        "files_url": url_for("inbox.upload", task_id=task_id),
        "files": [as_json(file) for file in files],
        "csrf": generate_csrf(),
        "key": new_key(),
        "locale": language(),
        "sign_in": url_for("signin.page", next=request.path),
        "read_only": not view.may_complete,
    }


def _draft(session: Session, view: TaskView) -> dict[str, Any] | None:
    if view.draft is None:
        return None
    saved_at = session.scalar(
        select(Draft.saved_at).where(
            Draft.task_public_id == view.task.public_id, Draft.person_id == current_actor().id
        )
    )
    return {"data": view.draft, "saved_at": saved_at.isoformat()} if saved_at else None


def _submitted() -> dict[str, Any]:
    content = request.get_json(silent=True)
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, dict):
        raise InvalidSubmission({"data": [{"code": "required"}]})
    return data


@blueprint.post("/tasks/<uuid:task_id>/complete")
@command
def complete(task_id: UUID) -> Response:
    """Complete a task with the form's data (JSON) and say where to go next."""
    session, actor = database.session(), current_actor()
    case = user_tasks.complete(session, task_id, _submitted(), actor=actor)
    return jsonify({"next": _next_address(session, actor, case)})


@blueprint.post("/tasks/<uuid:task_id>/confirm")
@command
def confirm(task_id: UUID) -> AnyResponse:
    """Complete a task that asks for no data."""
    session, actor = database.session(), current_actor()
    case = user_tasks.complete(session, task_id, {}, actor=actor)
    return make_response(redirect(_next_address(session, actor, case), 303))


def _next_address(session: Session, actor: Actor, case: Instance) -> str:
    following_tasks = tasks_of_case(session, actor, case.public_id)
    if following_tasks:
        return url_for("inbox.task_page", task_id=following_tasks[0].public_id, done=case.number)
    only_personal = all(grant.role in PERSONAL_ROLES for grant in actor.grants)
    return url_for("inbox.mine" if only_personal else "inbox.task_list", done=case.number)


@blueprint.post("/tasks/<uuid:task_id>/draft")
@command
def save_draft(task_id: UUID) -> Response:
    """Keep what was typed so far; nothing is validated and nothing goes into the history."""
    session = database.session()
    user_tasks.save_draft(session, task_id, _submitted(), actor=current_actor())
    return jsonify({"saved_at": clock.now(session).isoformat()})


@blueprint.post("/tasks/<uuid:task_id>/claim")
@command
def claim(task_id: UUID) -> AnyResponse:
    """Take a task that is offered to several people."""
    user_tasks.claim(database.session(), task_id, actor=current_actor())
    return _back_to(task_id)


@blueprint.post("/tasks/<uuid:task_id>/release")
@command
def release(task_id: UUID) -> AnyResponse:
    """Hand a task that was taken back to the others."""
    user_tasks.release(database.session(), task_id, actor=current_actor())
    return _back_to(task_id)


def _back_to(task_id: UUID) -> AnyResponse:
    return make_response(redirect(url_for("inbox.task_page", task_id=task_id), 303))
