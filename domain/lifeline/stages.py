"""Where the cases of the life's first stages stand: the officials' list of work."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from engine.models import Instance, OpenTask

#: The processes of an instrument's life, in the order of life.
PROCESSES = ("purchase_review", "network_entry", "sharing")


@dataclass(frozen=True)
class Waiting:
    """A case and one task that it waits for."""

    case: Instance
    task: OpenTask
    due_at: datetime | None
    overdue: bool


@dataclass(frozen=True)
class Stage:
    """One step of one process with the cases that wait there, the most urgent first."""

    process: str
    element_id: str
    name: str
    waiting: tuple[Waiting, ...]


def stages(session: Session, *, at: datetime, limit: int = 500) -> list[Stage]:
    """Return the steps at which cases wait that the session's scope shows, in order of life."""
    query = (
        select(OpenTask)
        .join(OpenTask.instance)
        .options(joinedload(OpenTask.instance).joinedload(Instance.definition))
        .where(Instance.process_key.in_(PROCESSES))
        .order_by(OpenTask.due_at.asc().nulls_last(), OpenTask.id)
        .limit(limit)
    )
    found: dict[tuple[int, str], list[OpenTask]] = defaultdict(list)
    for task in session.scalars(query):
        found[(PROCESSES.index(task.instance.process_key), task.element_id)].append(task)
    return [
        Stage(
            PROCESSES[process],
            element,
            tasks[0].name,
            tuple(
                Waiting(t.instance, t, t.due_at, t.due_at is not None and t.due_at < at)
                for t in tasks
            ),
        )
        for (process, element), tasks in sorted(found.items(), key=lambda pair: pair[0])
    ]
