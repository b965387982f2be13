"""Everything that the page of one case shows, read in the reader's own scope."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.documents.models import Document
from engine import history, instances
from engine.history import Entry
from engine.models import Incident, Instance, OpenTask
from web.monitor import people, submissions
from web.monitor.decided import Decided, decided
from web.monitor.drawing import Drawing
from web.monitor.drawing import read as read_drawing
from web.monitor.milestones import Milestone, milestones
from web.monitor.replay import Picture, picture
from web.monitor.sentences import sentence, waiting_for
from web.monitor.submissions import Change, Labels

#: Entries that tell how the platform moved on: shown small, between what people did.
_QUIET = frozenset(
    {"path", "flow_taken", "element_entered", "element_completed", "timer_set", "job_queued"}
)


@dataclass(frozen=True)
class Line:
    """One line of the timeline."""

    entry: Entry
    text: str
    who: str
    quiet: bool
    changes: list[Change]
    decision: Decided | None


@dataclass(frozen=True)
class Record:
    """A case with its history, its drawing and the names of its people."""

    instance: Instance
    drawing: Drawing
    entries: list[Entry]
    picture: Picture
    names: dict[UUID, str]

    @property
    def words(self) -> dict[str, Any]:
        """Return the English words of the version that the case runs."""
        return self.instance.definition.words

    def sentences(self) -> dict[int, str]:
        """Return the sentence of every entry by its number."""
        return {e.seq: sentence(e, self.words, self.names) for e in self.entries}


def read(session: Session, public_id: UUID) -> Record:
    """Return a case; raises NotFound where the session's scope hides it."""
    instance = instances.read(session, public_id)
    drawing = read_drawing(instance.definition.content)
    entries = _placed(history.read(session, instance.id), drawing)
    ids = {entry.actor_id for entry in entries} | {instance.initiator_id, *instance.participants}
    for entry in entries:
        ids.update(_people_in(entry.data))
    return Record(instance, drawing, entries, picture(entries, drawing), people.names(session, ids))


def _placed(entries: list[Entry], drawing: Drawing) -> list[Entry]:
    """Give every entry the step it belongs to: some tell it by the task or by the id alone."""
    steps: dict[UUID, str] = {}
    found = []
    for entry in entries:
        element = entry.element_id or (steps.get(entry.task_id) if entry.task_id else None)
        if entry.task_id and element:
            steps[entry.task_id] = element
        name = entry.element_name or (drawing.name_of(element) if element else None)
        found.append(replace(entry, element_id=element, element_name=name))
    return found


def _people_in(data: dict[str, Any]) -> set[UUID]:
    found = [data.get("assignee"), *(data.get("users") or ())]
    return {UUID(str(person)) for person in found if person}


def timeline(session: Session, record: Record) -> list[Line]:
    """Return the history as lines, oldest first."""
    known = submissions.labels(session, record.drawing)
    changes = submissions.changes(record.entries, known)
    texts = record.sentences()
    return [
        Line(
            entry,
            texts[entry.seq],
            record.names.get(entry.actor_id, ""),
            entry.kind in _QUIET,
            changes.get(entry.seq, []),
            decided(session, entry),
        )
        for entry in record.entries
    ]


def tasks(session: Session, record: Record) -> list[OpenTask]:
    """Return the open tasks of a case."""
    query = select(OpenTask).where(OpenTask.instance_id == record.instance.id)
    return list(session.scalars(query.order_by(OpenTask.id)))


def whom(record: Record, task: OpenTask, names: dict[UUID, str]) -> str:
    """Return for whom a task waits."""
    data = {
        "assignee": task.assignee_id,
        "users": task.candidate_users,
        "groups": task.candidate_groups,
    }
    return waiting_for(data, {**record.names, **names})


def steps(session: Session, record: Record) -> list[Milestone]:
    """Return the case in a few words."""
    open_tasks = tasks(session, record)
    return milestones(record.entries, record.drawing, record.picture, open_tasks)


def documents(session: Session, record: Record) -> list[Document]:
    """Return the files of a case, oldest first."""
    query = select(Document).where(Document.case_id == record.instance.public_id)
    return list(session.scalars(query.order_by(Document.id)))


def incidents(session: Session, record: Record) -> list[Incident]:
    """Return what failed in a case, the newest first."""
    query = select(Incident).where(Incident.instance_id == record.instance.id)
    return list(session.scalars(query.order_by(Incident.id.desc())))


def variables(session: Session, record: Record) -> list[tuple[str, str, str]]:
    """Return label, name and value of the case's variables; sensitive values are masked."""
    known: Labels = submissions.labels(session, record.drawing)
    return [
        (
            known.fields.get(name, ""),
            name,
            "••••••" if name in known.sealed else submissions.shown(value, known.options.get(name)),
        )
        for name, value in sorted(instances.variables(record.instance).items())
    ]
