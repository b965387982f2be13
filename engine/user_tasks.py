"""User tasks: what waits for this actor, claim, draft, complete.

Who may see a task is row-level security's business (the case's scope); who may do it is decided
here: the assignee, a candidate user, or a member of a candidate group within the case's scope.
Rule INV-11: a task offered to groups or users is never done by the case's own initiator.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    delete,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, contains_eager, joinedload

from engine import advance, clock, db, driver, forms, history, submissions
from engine.actors import (
    REGION_ROLES,
    UNIT_ROLES,
    Actor,
    Grant,
    Scope,
    holds,
)
from engine.driver import Prepared, Write
from engine.errors import AlreadyCompleted, NotAllowed, NotFound, TaskGone
from engine.models import Definition, Draft, Event, Instance, OpenTask
from engine.spiff import state, tokens
from engine.spiff.workflow import Variables
from engine.step import facts, lock, lock_with_forms, restore, specification_of


@dataclass(frozen=True)
class TaskView:
    """A task as a page shows it; ``data`` is what the form starts with, ``draft`` what was saved.

    ``schema`` is None where the task has no form; ``words`` are the English words of the form.
    """

    task: OpenTask
    instance: Instance
    definition: Definition
    schema: dict[str, Any] | None
    words: dict[str, Any]
    data: dict[str, Any]
    draft: dict[str, Any] | None
    may_complete: bool


def waiting(session: Session, actor: Actor, *, limit: int = 50, offset: int = 0) -> list[OpenTask]:
    """Return the open tasks that this actor can do: by due time, then priority; cases loaded."""
    statement = (
        select(OpenTask)
        .join(OpenTask.instance)
        .options(contains_eager(OpenTask.instance).joinedload(Instance.definition))
        .where(_for_actor(actor))
        .order_by(OpenTask.due_at.asc().nulls_last(), OpenTask.priority.desc(), OpenTask.id)
        .limit(limit)
        .offset(offset)
    )
    return list(session.scalars(statement))


def count(session: Session, actor: Actor) -> int:
    """Return how many open tasks this actor can do."""
    statement = select(func.count(OpenTask.id)).join(OpenTask.instance).where(_for_actor(actor))
    return session.scalar(statement) or 0


def _for_actor(actor: Actor) -> ColumnElement[bool]:
    offered = or_(
        OpenTask.candidate_users.contains([actor.id]),
        *[_reaches(grant) for grant in actor.grants],
    )
    return or_(
        and_(
            OpenTask.assignee_id == actor.id,
            or_(OpenTask.claimed_at.is_(None), Instance.initiator_id != actor.id),
        ),
        and_(OpenTask.assignee_id.is_(None), Instance.initiator_id != actor.id, offered),
    )


def _reaches(grant: Grant) -> ColumnElement[bool]:
    """Say in SQL what ``actors.holds`` says for one grant."""
    names = [grant.role, f"{grant.role}:{grant.department}"]
    named: ColumnElement[bool] = OpenTask.candidate_groups.overlap(
        names if grant.department else names[:1]
    )
    if grant.role in UNIT_ROLES:
        return and_(named, OpenTask.unit_id == grant.unit_id) if grant.unit_id else false()
    if grant.role in REGION_ROLES:
        if grant.region is None:
            return false()
        inside = OpenTask.region.startswith(grant.region, autoescape=True)
        if grant.department is None:
            return and_(named, inside)
        same = or_(
            func.coalesce(OpenTask.department, "") == "", OpenTask.department == grant.department
        )
        return and_(named, inside, same)
    return named


def may_complete(actor: Actor, task: OpenTask, instance: Instance) -> bool:
    """Tell whether this actor may do this task."""
    return _may(actor, task, instance.initiator_id)


def _may(actor: Actor, task: OpenTask | Row[*tuple[Any, ...]], initiator: UUID) -> bool:
    if actor.is_system:
        return True
    offered = task.assignee_id is None or task.claimed_at is not None
    if offered and actor.id == initiator:
        return False
    if task.assignee_id is not None:
        return task.assignee_id == actor.id
    scope = Scope(task.region, task.unit_id, task.department)
    return actor.id in task.candidate_users or any(
        holds(actor, group, scope) for group in task.candidate_groups
    )


def _visible(session: Session, public_id: UUID) -> OpenTask:
    """Return an open task that the session's scope sees, or say what became of it."""
    found = session.scalar(
        select(OpenTask)
        .where(OpenTask.public_id == public_id)
        .options(
            joinedload(OpenTask.instance, innerjoin=True),
            joinedload(OpenTask.form).defer(Definition.content),
        )
    )
    if found is None:
        raise _gone(session, public_id)
    return found


def _gone(session: Session, public_id: UUID) -> AlreadyCompleted | TaskGone | NotFound:
    """Return the refusal that fits a task which is not open."""
    completion = history.completion_of(session, public_id)
    if completion is not None:
        who, at = str(completion.actor_id), completion.at.isoformat()
        return AlreadyCompleted(f"completed by {who}", who=who, at=at)
    cancelled = session.scalar(
        select(Event).where(Event.task_public_id == public_id, Event.kind == "task_cancelled")
    )
    if cancelled is not None:
        return TaskGone("cancelled", why="task_cancelled", at=cancelled.at.isoformat())
    return NotFound(f"no task {public_id}")


def read(session: Session, task_public_id: UUID, actor: Actor) -> TaskView:
    """Return a task with its form, what the form starts with, and the actor's own draft.

    Raises NotFound, AlreadyCompleted or TaskGone.
    """
    task = _visible(session, task_public_id)
    instance = task.instance
    schema = submissions.schema_of(task.form) if task.form else None
    seen = _context(session, task)
    draft = session.scalar(
        select(Draft).where(Draft.task_public_id == task_public_id, Draft.person_id == actor.id)
    )
    return TaskView(
        task=task,
        instance=instance,
        definition=instance.definition,
        schema=schema,
        words=dict(task.form.words) if task.form else {},
        data=forms.initial(schema, seen) if schema is not None else {},
        draft=draft.data if draft else None,
        may_complete=may_complete(actor, task, instance),
    )


def _context(session: Session, task: OpenTask) -> Variables:
    """Return the variables that the task's form sees, its own input mappings among them."""
    row = session.execute(
        select(Instance.state, Instance.variables).where(Instance.id == task.instance_id)
    ).one()
    local = state.seen_at(state.content(row.state), task.spiff_id)
    return {**row.variables, **local, "case": facts(task.instance)}


#: What completing needs of an open task, as far as the session's scope sees it.
_OPEN = Prepared(
    select(
        OpenTask.id,
        OpenTask.public_id,
        OpenTask.instance_id,
        OpenTask.spiff_id,
        OpenTask.assignee_id,
        OpenTask.claimed_at,
        OpenTask.candidate_groups,
        OpenTask.candidate_users,
        OpenTask.region,
        OpenTask.unit_id,
        OpenTask.department,
        OpenTask.form_definition_id,
        Instance.initiator_id,
        Instance.history_seq,
        Instance.definition_id,
        Definition.hash.label("form_hash"),
    )
    .join(OpenTask.instance)
    .outerjoin(OpenTask.form)
    .where(OpenTask.public_id == bindparam("public_id"))
)
_TAKE = Prepared(delete(OpenTask).where(OpenTask.id == bindparam("task")))


def _doable(session: Session, public_id: UUID, actor: Actor) -> OpenTask:
    task = _visible(session, public_id)
    if not may_complete(actor, task, task.instance):
        raise NotAllowed("this task is not for this actor")
    return task


def claim(session: Session, task_public_id: UUID, *, actor: Actor) -> OpenTask:
    """Take an offered task for oneself; claiming one's own task again changes nothing.

    Raises NotFound, NotAllowed (somebody else has it too), AlreadyCompleted, TaskGone.
    """
    task = _doable(session, task_public_id, actor)
    if task.assignee_id == actor.id:
        return task
    return _assign(session, task, actor, actor.id, "task_claimed")


def release(session: Session, task_public_id: UUID, *, actor: Actor) -> OpenTask:
    """Give a claimed task back to all whom it was offered to."""
    task = _doable(session, task_public_id, actor)
    if task.claimed_at is None:
        raise NotAllowed("only a claimed task can be released")
    return _assign(session, task, actor, None, "task_released")


def _assign(
    session: Session, task: OpenTask, actor: Actor, person: UUID | None, kind: str
) -> OpenTask:
    seen = (task.assignee_id, task.claimed_at)
    with db.as_system(session):
        instance = lock(session, task.instance_id)
        current = session.scalar(
            select(OpenTask).where(OpenTask.id == task.id).execution_options(populate_existing=True)
        )
        if current is None or instance is None:
            raise _gone(session, task.public_id)
        if (current.assignee_id, current.claimed_at) != seen:
            raise NotAllowed("somebody else has claimed this task")
        current.assignee_id = person
        current.claimed_at = clock.now(session) if person else None
        history.append(
            session,
            instance,
            kind,
            actor=actor,
            element_id=current.element_id,
            element_name=current.name,
            task_id=current.public_id,
        )
        session.flush()
    return current


def save_draft(
    session: Session, task_public_id: UUID, data: Mapping[str, Any], *, actor: Actor
) -> None:
    """Keep what the actor has typed so far; not checked against the form."""
    task = _doable(session, task_public_id, actor)
    accepted = submissions.accept(None, data, context={}, now=clock.now(session))
    values = {"data": accepted.variables, "saved_at": clock.now(session)}
    statement = insert(Draft).values(
        task_public_id=task_public_id,
        instance_id=task.instance_id,
        person_id=actor.id,
        **values,
    )
    with db.as_system(session):
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[Draft.task_public_id, Draft.person_id], set_=values
            )
        )


def complete(
    session: Session, task_public_id: UUID, data: Mapping[str, Any], *, actor: Actor
) -> Instance:
    """Complete a task with a form's data and run the case to where it next waits.

    Raises NotFound (hidden or unknown), NotAllowed, AlreadyCompleted(who, at), TaskGone,
    InvalidSubmission. Exactly one of several simultaneous calls succeeds.
    """
    task = _allowed(session, task_public_id, actor)
    with db.as_system(session):
        form_ids = specification_of(session, task.definition_id).form_ids
        instance, current = lock_with_forms(session, task.instance_id, form_ids)
        if instance is None or instance.status != "active":
            raise _gone(session, task_public_id)
        if instance.history_seq != task.history_seq:
            # Something has happened since: the task may be claimed or completed.
            task = _allowed(session, task_public_id, actor)
        step = restore(session, instance, actor, current)
        token = tokens.user_task(step.case, task.spiff_id)
        if token is None:
            raise _gone(session, task_public_id)
        form = submissions.form_at(session, task.form_definition_id, task.form_hash)
        context = step.case.context(token)
        accepted = submissions.accept(form, data, context=context, now=step.now)
        step.case.publish(token, accepted.variables)
        step.writes.append(Write(_TAKE, {"task": task.id}, touches=1))
        step.tell(
            "task_completed",
            token,
            task_id=task.public_id,
            data=accepted.plain,
            sealed=accepted.sealed,
        )
        step.people.add(actor.id)
        step.done_tasks.add(token.id)
        advance.done(step, token)
        advance.settle(step)
    return instance


def _allowed(session: Session, public_id: UUID, actor: Actor) -> Any:  # noqa: ANN401 - a row
    """Return what completing needs of an open task that this actor may do."""
    task = driver.one(session, _OPEN, {"public_id": public_id})
    if task is None:
        raise _gone(session, public_id)
    if not _may(actor, task, task.initiator_id):
        raise NotAllowed("this task is not for this actor")
    return task
