"""Lets time pass for scenarios and demo data: every job and timer happens at its own moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session, sessionmaker

from engine import jobs, messages, timers
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.db import set_scope
from engine.models import Instance, Job, Timer

#: More jobs and timers than this at one moment are an endless loop in a diagram.
MOST_ROUNDS = 1000


class NeverSettles(Exception):
    """The cases go on and on without time passing."""


@dataclass
class Timeline:
    """A clock that stands until it is moved, and the cases that live by it.

    ``sessions`` carry this clock and keep their doorbell silent: the jobs are done here. With
    ``case`` time passes for this case alone, so that playing leaves a running platform in peace.
    """

    sessions: sessionmaker[Session]
    clock: FixedClock
    case: UUID | None = None
    _next: datetime | None = None

    def settle(self) -> datetime | None:
        """Do all jobs and timers that are due now; return when the next one is (UTC)."""
        for done in count():
            if done > MOST_ROUNDS:
                raise NeverSettles(f"still busy at {self.clock.at.isoformat()}")
            with self._transaction() as session:
                messages.match(session, case=self.case)
            self._next = self.next_due()
            if self._next is None or self._next > self.clock.at:
                return self._next
            with self._transaction() as session:
                job_ids = session.scalars(self._due(Job, Job.status == "queued")).all()
                timer_ids = session.scalars(self._due(Timer).limit(1)).all()
            for timer_id in timer_ids:
                with self._transaction() as session:
                    timers.wake(session, timer_id)
            for job_id in job_ids:
                self._work(job_id)
        return None

    def move_to(self, moment: datetime) -> None:
        """Let time pass until a moment, stopping at everything that falls due before it.

        What was done to the cases since the last ``settle`` must have been settled.
        """
        while self._next is not None and self._next <= moment:
            self.clock.at = max(self.clock.at, self._next)
            self.settle()
        self.clock.at = max(self.clock.at, moment)

    def next_due(self) -> datetime | None:
        """Return when the next job or timer is due (UTC), or None if nothing is waited for."""
        queued = select(func.min(Job.due_at)).where(Job.status == "queued", self._mine(Job))
        timer = select(func.min(Timer.due_at)).where(self._mine(Timer)).scalar_subquery()
        job = queued.scalar_subquery()
        with self._transaction() as session:
            found: datetime | None = session.scalar(select(func.least(job, timer)))
        return found

    def _due(self, table: type[Job | Timer], *conditions: ColumnElement[bool]) -> Select[int]:
        due = (table.due_at <= self.clock.at, self._mine(table), *conditions)
        return select(table.id).where(*due).order_by(table.due_at, table.id)

    def _mine(self, table: type[Job | Timer]) -> ColumnElement[bool]:
        if self.case is None:
            return true()
        return (
            table.instance_id
            == select(Instance.id).where(Instance.public_id == self.case).scalar_subquery()
        )

    def _work(self, job_id: int) -> None:
        with self._transaction() as session:
            lease = jobs.claim(session, job_id, "timeline")
        if lease is None:
            return
        outcome = jobs.perform(lease)
        with self._transaction() as session:
            jobs.finish(session, lease, outcome)

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with self.sessions() as session:
            set_scope(session, SYSTEM)
            with session.begin():
                yield session
