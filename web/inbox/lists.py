"""The list of tasks that wait for the person who asks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from engine import clock, user_tasks
from engine.actors import Actor
from engine.models import Instance, OpenTask
from web import database, words
from web.access import current_actor, requires
from web.inbox.room import blueprint
from web.monitor.people import names

#: More open tasks than this are not listed at once; the page says so.
MOST = 500
SHOWN = ("all", "mine", "groups", "overdue")


@dataclass(frozen=True)
class Row:
    """One task as the list shows it."""

    task: OpenTask
    name: str
    process_key: str
    process: str
    title: str
    is_overdue: bool
    is_mine: bool
    waiting_person: str


@dataclass(frozen=True)
class Chip:
    """One filter with the number of tasks behind it."""

    key: str
    label: str
    count: int


@blueprint.get("/tasks")
@requires()
def task_list() -> str:
    """List my tasks, narrowed by ``show`` (all, mine, groups, overdue) and ``process``."""
    session, actor = database.session(), current_actor()
    found = user_tasks.waiting(session, actor, limit=MOST)
    rows = _rows(session, actor, found)
    show = request.args.get("show", "all")
    show = show if show in SHOWN else "all"
    process = request.args.get("process", "")
    chosen = [row for row in rows if _fits(row, show) and process in ("", row.process_key)]
    return render_template(
        "inbox/tasks.html",
        rows=chosen,
        total=len(rows),
        counts={key: sum(_fits(row, key) for row in rows) for key in SHOWN},
        processes=_process_chips(rows),
        show=show,
        process=process,
        is_cut=len(found) >= MOST,
    )


def _rows(session: Session, actor: Actor, tasks: Sequence[OpenTask]) -> list[Row]:
    people = names(session, {task.instance.initiator_id for task in tasks})
    now = clock.now(session)
    return [_row(task, actor, people, now) for task in tasks]


def _row(task: OpenTask, actor: Actor, people: dict[UUID, str], now: datetime) -> Row:
    case = task.instance
    said = case.definition.words
    return Row(
        task=task,
        name=words.say(said, task.name),
        process_key=case.process_key,
        process=words.say(said, case.definition.name),
        title=case.title,
        is_overdue=task.due_at is not None and task.due_at < now,
        is_mine=task.assignee_id == actor.id,
        waiting_person=people.get(case.initiator_id, ""),
    )


def _fits(row: Row, show: str) -> bool:
    return {
        "all": True,
        "mine": row.is_mine,
        "groups": not row.is_mine,
        "overdue": row.is_overdue,
    }[show]


def _process_chips(rows: Sequence[Row]) -> list[Chip]:
    labels = {row.process_key: row.process for row in rows}
    counts = Counter(row.process_key for row in rows)
    return [Chip(key, labels[key], count) for key, count in counts.most_common()]


def tasks_of_case(session: Session, actor: Actor, case_id: UUID) -> list[OpenTask]:
    """Return the open tasks of one case that the actor may do, the oldest first."""
    query = (
        select(OpenTask)
        .join(OpenTask.instance)
        .options(contains_eager(OpenTask.instance))
        .where(Instance.public_id == case_id)
        .order_by(OpenTask.id)
    )
    found = session.scalars(query)
    return [task for task in found if user_tasks.may_complete(actor, task, task.instance)]
