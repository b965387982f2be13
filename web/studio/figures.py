"""How many cases run where: per process, per version, per step of a diagram."""

from collections import Counter
from uuid import UUID

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from engine.db import as_system
from engine.models import Definition, Instance, Job, OpenTask, Timer
from web.monitor import drawing

_RUNNING = Instance.ended_at.is_(None)


def running_by_version(session: Session, key: str) -> dict[int, int]:
    """Return the number of running cases by version, of the whole province.

    Figures of all cases, not the cases themselves: whoever publishes must know how many run.
    """
    query = (
        select(Definition.version, func.count())
        .join(Instance, Instance.definition_id == Definition.id)
        .where(Definition.kind == "bpmn", Definition.key == key, _RUNNING)
        .group_by(Definition.version)
    )
    with as_system(session):
        return {row[0]: row[1] for row in session.execute(query)}


def running_by_process(session: Session) -> dict[str, int]:
    """Return the number of running cases by process."""
    query = select(Instance.process_key, func.count()).where(_RUNNING)
    with as_system(session):
        rows = session.execute(query.group_by(Instance.process_key))
        return {row[0]: row[1] for row in rows}


def open_tasks_by_process(session: Session) -> dict[str, int]:
    """Return the number of tasks that wait for somebody, by process."""
    query = select(Instance.process_key, func.count()).join(
        OpenTask, OpenTask.instance_id == Instance.id
    )
    with as_system(session):
        rows = session.execute(query.group_by(Instance.process_key))
        return {row[0]: row[1] for row in rows}


def running_by_element(session: Session, definition: Definition) -> dict[str, int]:
    """Return how many running cases of a version wait at each step."""
    parts = [
        select(model.instance_id, model.element_id).where(
            model.instance_id.in_(
                select(Instance.id).where(Instance.definition_id == definition.id, _RUNNING)
            ),
            *conditions,
        )
        for model, conditions in (
            (OpenTask, ()),
            (Job, (Job.status.in_(("queued", "running", "failed")),)),
            (Timer, ()),
        )
    ]
    waits = union_all(*parts).subquery()
    with as_system(session):
        rows = session.execute(select(waits).distinct()).all()
    nodes = drawing.read(definition.content).nodes
    # A clock at the border of a step only watches it: the case is at the step.
    places = [e for _, e in rows if not ((n := nodes.get(e)) and n.attached_to)]
    return dict(Counter(places))


def publishers(found: list[Definition]) -> set[UUID]:
    """Return who published these versions."""
    return {definition.published_by for definition in found}
