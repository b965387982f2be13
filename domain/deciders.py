"""Who completed which task of a case: what operations need to name the person behind a decision."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.organisations import actors
from engine.actors import Actor
from engine.db import as_system
from engine.errors import NotFound
from engine.models import Event, Instance


def of_task(session: Session, case_id: UUID, element_id: str) -> Actor:
    """Return who last completed a task of a case, with the roles held now.

    Reads the committed history, so an operation that asks must run as a job, after the step in
    which the task was completed. Raises NotFound where nobody completed it.
    """
    query = (
        select(Event.actor_id)
        .join(Instance, Instance.id == Event.instance_id)
        .where(
            Instance.public_id == case_id,
            Event.kind == "task_completed",
            Event.element_id == element_id,
        )
        .order_by(Event.seq.desc())
        .limit(1)
    )
    with as_system(session):
        person = session.scalar(query)
    if person is None:
        raise NotFound(f"nobody completed {element_id}", kind="task")
    return actors.load(session, person)
