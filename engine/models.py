"""The engine's tables: definitions, cases, what they wait for, and their history.

People appear here by their public id only: the engine knows no table of persons.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.db import Base
from engine.identity import uuid7

_ID = Identity(always=True)


class Deployment(Base):
    """One act of publishing: who, when, why, and (through definition) what."""

    __tablename__ = "deployment"

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    note: Mapped[str] = mapped_column(Text, default="")
    actor_id: Mapped[UUID]
    at: Mapped[datetime]


class Definition(Base):
    """An immutable, numbered version of a process, decision or form.

    ``kind`` is ``bpmn``, ``dmn`` or ``form``; ``key`` the process id, decision-file key or form
    id; ``hash`` SHA-256 of the content (an official may return to an earlier one); ``words`` the
    English words by Chinese text.
    """

    __tablename__ = "definition"
    __table_args__ = (
        UniqueConstraint("kind", "key", "version"),
        Index("ix_definition_hash", "kind", "key", "hash"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(100))
    version: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200), default="")
    content: Mapped[str] = mapped_column(Text)
    words: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployment.id"))
    published_at: Mapped[datetime]
    published_by: Mapped[UUID]
    withdrawn_at: Mapped[datetime | None]

    deployment: Mapped[Deployment] = relationship()


class Instance(Base):
    """A case: one run of one version of a process.

    ``version`` counts committed steps; ``state`` is the compressed workflow state without its
    specification; ``participants`` are the people who may always see the case; ``region_path``
    holds the prefixes of ``region`` (``33``, ``3301``, ``330106``) so that policies use an index.
    ``history_seq`` and ``history_hash`` are the number and the hash of the last event, so that
    appending needs no query; only engine.history moves them.
    """

    __tablename__ = "instance"
    __table_args__ = (
        Index("ix_instance_participants", "participants", postgresql_using="gin"),
        Index("ix_instance_region_path", "region_path", postgresql_using="gin"),
        Index("ix_instance_key_status", "process_key", "status", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    process_key: Mapped[str] = mapped_column(String(100))
    definition_id: Mapped[int] = mapped_column(ForeignKey("definition.id"), index=True)
    business_key: Mapped[str | None] = mapped_column(String(100), index=True)
    title: Mapped[str] = mapped_column(String(300), default="")
    status: Mapped[str] = mapped_column(String(16), default="active")
    outcome: Mapped[str | None] = mapped_column(String(100))
    version: Mapped[int] = mapped_column(default=0)
    state: Mapped[bytes] = mapped_column(LargeBinary, default=b"", deferred=True)
    variables: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, deferred=True)
    next_due: Mapped[datetime | None] = mapped_column(index=True)
    history_seq: Mapped[int] = mapped_column(default=0)
    history_hash: Mapped[str] = mapped_column(String(64), default="")
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    initiator_id: Mapped[UUID] = mapped_column(index=True)
    participants: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    unit_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    region: Mapped[str | None] = mapped_column(String(6))
    region_path: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    department: Mapped[str | None] = mapped_column(String(20))

    definition: Mapped[Definition] = relationship()


class CaseNumber(Base):
    """The last number given in a series and year (``YY`` for booking, 2026 → 123)."""

    __tablename__ = "case_number"

    series: Mapped[str] = mapped_column(String(10), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(default=0)


class OpenTask(Base):
    """A user task that waits for somebody; the row goes when the task is completed."""

    __tablename__ = "open_task"
    __table_args__ = (
        UniqueConstraint("instance_id", "spiff_id"),
        Index("ix_open_task_candidate_users", "candidate_users", postgresql_using="gin"),
        Index("ix_open_task_candidate_groups", "candidate_groups", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), index=True)
    spiff_id: Mapped[UUID]
    element_id: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200), default="")
    form_definition_id: Mapped[int | None] = mapped_column(ForeignKey("definition.id"))
    candidate_groups: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    candidate_users: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    assignee_id: Mapped[UUID | None] = mapped_column(index=True)
    claimed_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    follow_up_at: Mapped[datetime | None]
    priority: Mapped[int] = mapped_column(default=50)
    created_at: Mapped[datetime]
    unit_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    region: Mapped[str | None] = mapped_column(String(6))
    department: Mapped[str | None] = mapped_column(String(20))

    instance: Mapped[Instance] = relationship()
    form: Mapped[Definition | None] = relationship()


class Draft(Base):
    """What a person has typed into a task's form but not submitted."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("task_public_id", "person_id"),)

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    task_public_id: Mapped[UUID] = mapped_column(
        ForeignKey("open_task.public_id", ondelete="CASCADE"), index=True
    )
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), index=True)
    person_id: Mapped[UUID]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    saved_at: Mapped[datetime]


class Event(Base):
    """One line of a case's history, format v1: append-only and hash-chained per case.

    ``record`` is the RFC 8785 canonical JSON that was hashed; the other columns are projections
    of it for queries and are checked against it by ``history.verify``.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("instance_id", "seq"),
        Index("ix_event_task_public_id", "task_public_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[UUID]
    element_id: Mapped[str | None] = mapped_column(String(100))
    task_public_id: Mapped[UUID | None]
    record: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class PersonKey(Base):
    """The key under which a person's sensitive submitted values are sealed in the history.

    Deleting the row erases the data and leaves every chain intact.
    """

    __tablename__ = "person_key"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class Checkpoint(Base):
    """A signed Merkle tree head over all events up to ``last_event_id``."""

    __tablename__ = "checkpoint"

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    first_event_id: Mapped[int] = mapped_column(BigInteger)
    last_event_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    events: Mapped[int]
    root: Mapped[str] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))
    at: Mapped[datetime]


class Job(Base):
    """A service task that runs outside the step that reached it; the row is the truth.

    ``status``: queued → running → done, or failed (with an incident) or cancelled. ``key`` is the
    idempotency key that the outside sees, the same at every attempt.
    """

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("instance_id", "spiff_id"),
        Index("ix_job_due", "due_at", postgresql_where=text("status in ('queued', 'running')")),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), index=True)
    spiff_id: Mapped[UUID]
    element_id: Mapped[str] = mapped_column(String(100))
    operation: Mapped[str] = mapped_column(String(100))
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    status: Mapped[str] = mapped_column(String(12), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=5)
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None] = mapped_column(String(60))
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Incident(Base):
    """Something that needs a person: the original error, until someone resolves it.

    ``spiff_id`` is the token that cannot go on; ``job_id`` the job that gave up, if it was one.
    """

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    public_id: Mapped[UUID] = mapped_column(default=uuid7, unique=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), index=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    spiff_id: Mapped[UUID | None]
    element_id: Mapped[str | None] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(40))
    message: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[UUID | None]
    resolution: Mapped[str | None] = mapped_column(Text)

    instance: Mapped[Instance] = relationship()


class Timer(Base):
    """A timer event that waits for its due time (clock port's time)."""

    __tablename__ = "timer"
    __table_args__ = (UniqueConstraint("instance_id", "spiff_id"),)

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), index=True)
    spiff_id: Mapped[UUID]
    element_id: Mapped[str] = mapped_column(String(100))
    due_at: Mapped[datetime] = mapped_column(index=True)


class Subscription(Base):
    """A message that an open case waits for, by name and correlation key."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("instance_id", "spiff_id"),
        Index("ix_subscription_message", "name", "correlation_key"),
    )

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), index=True)
    spiff_id: Mapped[UUID]
    element_id: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(100))
    correlation_key: Mapped[str] = mapped_column(String(200))


class Message(Base):
    """A message from outside: kept for idempotence, and buffered until it is expected."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    message_id: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(100), index=True)
    correlation_key: Mapped[str] = mapped_column(String(200))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    actor_id: Mapped[UUID]
    received_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("instance.id"))
    delivered_at: Mapped[datetime | None]


class Command(Base):
    """An HTTP command already carried out, by idempotency key, with the answer it got."""

    __tablename__ = "command"
    __table_args__ = (UniqueConstraint("actor_id", "key"),)

    id: Mapped[int] = mapped_column(BigInteger, _ID, primary_key=True)
    actor_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(String(100))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    headers: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
