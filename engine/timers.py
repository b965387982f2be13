"""Timers: rows with a due time of the clock port; whoever polls wakes what is due."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import advance, clock, db
from engine.actors import SYSTEM
from engine.errors import EngineError
from engine.models import Incident, Instance, Timer
from engine.spiff import tokens
from engine.spiff.specs import BoundaryEvent
from engine.spiff.tokens import Token
from engine.step import Step, lock, restore

#: How long a case that cannot be restored is left alone.
ASIDE = timedelta(hours=1)


def due(session: Session, limit: int = 100) -> list[int]:
    """Return the ids of timers that are due, earliest first."""
    with db.as_system(session):
        statement = select(Timer.id).where(Timer.due_at <= clock.now(session))
        return list(session.scalars(statement.order_by(Timer.due_at, Timer.id).limit(limit)))


def wake(session: Session, timer_id: int) -> bool:
    """Let a case's due timers happen; False where the timer is gone or the case is being moved.

    A case that somebody else is moving is left alone: the timer is still there at the next poll.
    """
    with db.as_system(session):
        instance_id = session.scalar(select(Timer.instance_id).where(Timer.id == timer_id))
        instance = lock(session, instance_id, wait=False) if instance_id else None
        if instance is None or instance.status != "active":
            return False
        try:
            step = restore(session, instance, SYSTEM)
        except EngineError as error:
            _set_aside(session, instance, error)
            return False
        woken = [task for task in tokens.due_timers(step.case, step.now) if _fire(step, task)]
        if not woken:
            return False
        advance.settle(step)
    return True


def _set_aside(session: Session, instance: Instance, error: EngineError) -> None:
    """Make a case that cannot even be restored an incident, and look again in an hour.

    Its timers would otherwise stand first in every poll.
    """
    now = clock.now(session)
    session.execute(
        update(Timer).where(Timer.instance_id == instance.id).values(due_at=now + ASIDE)
    )
    known = select(Incident.id).where(
        Incident.instance_id == instance.id,
        Incident.kind == error.code,
        Incident.resolved_at.is_(None),
    )
    if session.scalar(known) is None:
        session.add(
            Incident(instance_id=instance.id, kind=error.code, message=str(error), created_at=now)
        )
    session.flush()


def _fire(step: Step, task: Token) -> bool:
    """Let one timer happen unless an earlier one has taken it away."""
    if not tokens.is_waiting(task):
        return False
    spec = task.task_spec
    step.tell("timer_fired", task, data={"due": task.internal_data["due"]})
    repeats = isinstance(spec, BoundaryEvent) and not spec.interrupts
    if repeats and spec.definition.kind == "cycle" and spec.definition.again(task, step.now):
        advance.note_path(step, task, tokens.another_round(task))
    else:
        advance.happen(step, task)
    return True
