"""Timers: rows with a due time of the clock port; whoever polls wakes what is due."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import advance, clock, db
from engine.actors import SYSTEM
from engine.models import Timer
from engine.spiff import tokens
from engine.spiff.specs import BoundaryEvent
from engine.spiff.tokens import Token
from engine.step import Step, lock, restore


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
        step = restore(session, instance, SYSTEM)
        woken = [task for task in tokens.due_timers(step.case, step.now) if _fire(step, task)]
        if not woken:
            return False
        advance.settle(step)
    return True


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
