"""What happened in a case: append-only, hash-chained, verifiable by anyone (format v1).

The caller has locked the instance row; its ``history_seq`` and ``history_hash`` tell where the
chain ends, so appending costs one INSERT and no query. Names of people are never written here.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, db, driver, sealing
from engine.actors import Actor
from engine.checkpoints import checkpoint, verify_checkpoints
from engine.driver import Write, adding, as_rows
from engine.errors import NotFound
from engine.models import Event, Instance
from engine.records import (
    VERSION,
    Link,
    Verification,
    canonical,
    chain_problem,
    first_link,
    link_hash,
    stamp,
)
from engine.sealing import erase

__all__ = [
    "Entry",
    "Happening",
    "Verification",
    "append",
    "append_many",
    "checkpoint",
    "completion_of",
    "erase",
    "export",
    "read",
    "verify",
    "verify_checkpoints",
]

#: Everything that a history may tell; pages translate these.
KINDS = frozenset(
    {
        "case_started", "task_created", "task_claimed", "task_released", "task_completed",
        "task_cancelled", "path", "flow_taken", "element_entered", "element_completed",
        "decision_evaluated", "operation_done", "operation_failed", "job_queued",
        "incident_raised", "incident_resolved", "timer_set", "timer_fired", "message_received",
        "message_sent", "error_caught", "case_ended", "case_cancelled",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Happening:
    """One thing to be written: what, who, where on the diagram, with which data.

    ``data`` is plain JSON as it was at that moment. ``sealed`` holds the sensitive part (grade
    L3), encrypted for ``sealed_for`` (the actor where not given).
    """

    kind: str
    actor: Actor
    element_id: str | None = None
    element_name: str | None = None
    task_id: UUID | None = None
    data: dict[str, Any] | None = None
    sealed: dict[str, Any] | None = None
    sealed_for: UUID | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Entry:
    """One line of a history as readers get it.

    ``sealed`` holds the sensitive values only where they were asked for and the key still exists;
    ``sealed_for`` says that there are some, and whose.
    """

    seq: int
    kind: str
    at: datetime
    actor_id: UUID
    element_id: str | None
    element_name: str | None
    task_id: UUID | None
    data: dict[str, Any]
    sealed: dict[str, Any] | None = None
    sealed_for: UUID | None = None


def append(  # noqa: PLR0913 - the contract's signature, all by name
    session: Session,
    instance: Instance,
    kind: str,
    *,
    actor: Actor,
    element_id: str | None = None,
    element_name: str | None = None,
    task_id: UUID | None = None,
    data: dict[str, Any] | None = None,
    sealed: dict[str, Any] | None = None,
    sealed_for: UUID | None = None,
    at: datetime | None = None,
) -> Entry:
    """Write one event; see ``append_many``, which is cheaper for several."""
    happening = Happening(
        kind, actor, element_id, element_name, task_id, data, sealed, sealed_for, at
    )
    return append_many(session, instance, [happening])[0]


def append_many(
    session: Session, instance: Instance, happenings: Sequence[Happening]
) -> list[Entry]:
    """Write several events of one step in one INSERT and move the end of the chain.

    The instance row must be locked by the caller; the new end of the chain is stored with the
    caller's next flush. Two writers of one number fail on the unique key, so that a chain cannot
    fork. Raises ValueError for an unknown kind.
    """
    with db.as_system(session):
        if instance.id is None:
            session.flush()
        rows = rows_of(session, instance, happenings)
        driver.send(session, [Write(ADD, as_rows(rows))])
    if rows:
        instance.history_seq, instance.history_hash = rows[-1]["seq"], rows[-1]["hash"]
    return [_entry(json.loads(row["record"])) for row in rows]


ADD = adding(Event)


def rows_of(
    session: Session, instance: Instance, happenings: Sequence[Happening]
) -> list[dict[str, Any]]:
    """Return the rows that ``append_many`` writes with ``ADD``, for a caller that writes more.

    The last one's ``seq`` and ``hash`` are the new end of the chain. Needs system scope.
    """
    end = (instance.history_seq or 0, instance.history_hash or first_link(instance.public_id))
    rows = []
    for happening in happenings:
        rows.append(_row(session, instance, happening, *end))
        end = (rows[-1]["seq"], rows[-1]["hash"])
    return rows


def _row(
    session: Session, instance: Instance, happening: Happening, last: int, previous: str
) -> dict[str, Any]:
    if happening.kind not in KINDS:
        raise ValueError(f"{happening.kind} is no kind of event")
    at = happening.at or clock.now(session)
    record = {
        "v": VERSION,
        "case": str(instance.public_id),
        "number": instance.number,
        "seq": last + 1,
        "kind": happening.kind,
        "at": stamp(at),
        "actor": str(happening.actor.id),
        "element": happening.element_id,
        "name": happening.element_name,
        "task": str(happening.task_id) if happening.task_id else None,
        "data": happening.data or {},
    }
    if happening.sealed:
        person = happening.sealed_for or happening.actor.id
        key = sealing.key_of(session, person)
        record["sealed"] = sealing.seal(key, person, happening.sealed, _place(record))
    text = canonical(record)
    return {
        "instance_id": instance.id,
        "seq": last + 1,
        "kind": happening.kind,
        "at": at,
        "actor_id": happening.actor.id,
        "element_id": happening.element_id,
        "task_public_id": happening.task_id,
        "record": text,
        "previous": previous,
        "hash": link_hash(previous, text),
    }


def _place(record: dict[str, Any]) -> str:
    return f"{record['case']}/{record['seq']}"


def _entry(record: dict[str, Any], keys: dict[UUID, bytes] | None = None) -> Entry:
    sealed = record.get("sealed")
    person = UUID(sealed["for"]) if sealed else None
    opened = None
    if sealed and person and keys is not None:
        opened = sealing.unseal(keys.get(person), sealed, _place(record))
    return Entry(
        seq=record["seq"],
        kind=record["kind"],
        at=datetime.fromisoformat(record["at"]),
        actor_id=UUID(record["actor"]),
        element_id=record["element"],
        element_name=record["name"],
        task_id=UUID(record["task"]) if record["task"] else None,
        data=record["data"],
        sealed=opened,
        sealed_for=person,
    )


def read(session: Session, instance_id: int, *, reveal: bool = False) -> list[Entry]:
    """Return the case's history in order, as far as the session's scope sees it.

    ``reveal`` opens the sealed values; the caller answers for its reader's right to them.
    """
    statement = select(Event.record).where(Event.instance_id == instance_id).order_by(Event.seq)
    records = [json.loads(text) for text in session.scalars(statement)]
    if not reveal:
        return [_entry(record) for record in records]
    people = {UUID(record["sealed"]["for"]) for record in records if record.get("sealed")}
    keys = sealing.keys_of(session, people)
    return [_entry(record, keys) for record in records]


def completion_of(session: Session, task_public_id: UUID) -> Entry | None:
    """Return the event that completed a task, or None; who asks has been checked by the caller."""
    statement = select(Event.record).where(
        Event.task_public_id == task_public_id, Event.kind == "task_completed"
    )
    text = session.scalars(statement.limit(1)).first()
    return None if text is None else _entry(json.loads(text))


def doer(session: Session, case_id: UUID, element_id: str) -> UUID | None:
    """Return who last completed a user task of a case; None where nobody has yet."""
    statement = (
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
    return session.scalar(statement)


def verify(session: Session, instance_id: int) -> Verification:
    """Check a case's whole history: numbers, hashes, columns, and that the end is not missing.

    Raises NotFound where the session's scope does not see the case.
    """
    instance = _instance(session, instance_id)
    links = _links(session, instance_id)
    found = chain_problem(instance.public_id, instance.number, links)
    if not found.ok:
        return found
    end = (links[-1].hash if links else "", len(links))
    if end != (instance.history_hash, instance.history_seq):
        return Verification(False, len(links), len(links) + 1, "end")
    return found


def export(session: Session, instance_id: int) -> dict[str, Any]:
    """Return a case's history as JSON that ``docs/verify_history.py`` can check by itself."""
    instance = _instance(session, instance_id)
    links = _links(session, instance_id)
    return {
        "format": "dayi-history",
        "version": VERSION,
        "case": str(instance.public_id),
        "number": instance.number,
        "process": {
            "key": instance.process_key,
            "version": instance.definition.version,
            "sha256": instance.definition.hash,
        },
        "events": [{"record": link.record, "hash": link.hash} for link in links],
        "last": {"seq": instance.history_seq, "hash": instance.history_hash},
    }


def _instance(session: Session, instance_id: int) -> Instance:
    statement = select(Instance).where(Instance.id == instance_id)
    instance = session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if instance is None:
        raise NotFound("no such case")
    return instance


def _links(session: Session, instance_id: int) -> list[Link]:
    statement = select(Event).where(Event.instance_id == instance_id).order_by(Event.seq)
    found = session.scalars(statement.execution_options(populate_existing=True))
    return [_link(event) for event in found]


def _link(event: Event) -> Link:
    columns = {
        "seq": event.seq,
        "kind": event.kind,
        "at": stamp(event.at),
        "actor_id": str(event.actor_id),
        "element_id": event.element_id,
        "task_public_id": str(event.task_public_id) if event.task_public_id else None,
    }
    return Link(event.record, event.previous, event.hash, columns)
