"""Jobs: operations that run outside the step that reached them; the row is the truth.

claim (own transaction) → perform (no transaction) → finish (own transaction, fenced). A message
that is lost costs a delay, a message that comes twice costs nothing: ``claim`` decides. A job that
has used up its attempts is an incident with the original error until a person retries or skips it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from engine import advance, calls, clock, db, owners, projection
from engine.actors import SYSTEM, Actor, Scope, covers
from engine.calls import Outcome
from engine.contract import Job as Call
from engine.errors import EngineError, NotAllowed, NotFound, TaskGone
from engine.models import Incident, Instance, Job
from engine.operations import read_params
from engine.spiff import tokens
from engine.spiff.tokens import Token
from engine.step import Step, lock, restore

#: How long a worker may keep a job before another one takes it over (real time).
LEASE = timedelta(minutes=10)
#: Roles that retry and skip within their scope, beside the platform's operators.
MENDERS = frozenset({"unit_administrator", "department_officer", "department_leader"})


@dataclass(frozen=True)
class Lease:
    """The right to one attempt at a job; ``finish`` accepts it only while nobody took it over."""

    job_id: int
    instance_id: int
    owner: str
    attempt: int
    operation: str
    params: dict[str, Any]
    key: str
    case_id: UUID
    case_number: str
    element_id: str
    now: datetime


def sweep(session: Session, limit: int = 200) -> list[int]:
    """Return the ids of jobs that should be rung: due and queued, or with a lease run out.

    A worker of this machine that has died is not waited for.
    """
    with db.as_system(session):
        _free_the_dead(session)
        statement = select(Job.id).where(_claimable(clock.now(session)))
        return list(session.scalars(statement.order_by(Job.due_at).limit(limit)))


def _free_the_dead(session: Session) -> None:
    held = select(Job.lease_owner).where(Job.status == "running").distinct()
    dead = [owner for owner in session.scalars(held) if owner and owners.is_dead(owner)]
    if dead:
        session.execute(
            update(Job)
            .where(Job.status == "running", Job.lease_owner.in_(dead))
            .values(lease_until=func.clock_timestamp() - timedelta(seconds=1))
            .execution_options(synchronize_session=False)
        )


def _claimable(now: datetime) -> Any:  # noqa: ANN401 - an SQL condition
    return or_(
        and_(Job.status == "queued", Job.due_at <= now),
        and_(Job.status == "running", Job.lease_until < func.clock_timestamp()),
    )


def claim(session: Session, job_id: int, owner: str) -> Lease | None:
    """Take a due job for one attempt; None where it is taken, done or not due.

    Leases run in the database's real time, so that moving the demo clock takes none away.
    """
    with db.as_system(session):
        now = clock.now(session)
        row = session.execute(
            update(Job)
            .where(Job.id == job_id, _claimable(now))
            .values(
                status="running",
                lease_owner=owner[:60],
                lease_until=func.clock_timestamp() + LEASE,
                attempts=Job.attempts + 1,
            )
            .returning(Job.id, Job.instance_id, Job.attempts, Job.operation, Job.params, Job.key,
                       Job.element_id)
            .execution_options(synchronize_session=False)
        ).one_or_none()  # fmt: skip
        if row is None:
            return None
        case = session.execute(
            select(Instance.public_id, Instance.number).where(Instance.id == row.instance_id)
        ).one()
    return Lease(
        job_id=row.id,
        instance_id=row.instance_id,
        owner=owner[:60],
        attempt=row.attempts,
        operation=row.operation,
        params=row.params,
        key=row.key,
        case_id=case.public_id,
        case_number=case.number,
        element_id=row.element_id,
        now=now,
    )


def perform(lease: Lease) -> Outcome:
    """Make the attempt outside every transaction; an inline operation waits for ``finish``."""
    try:
        operation = calls.known(lease.operation)
        if operation.mode == "inline":
            return Outcome("inline")
        params = read_params(operation, lease.params)
    except EngineError as error:
        return calls.failed(error)
    job = Call(
        operation=lease.operation,
        key=lease.key,
        case_id=lease.case_id,
        case_number=lease.case_number,
        element_id=lease.element_id,
        attempt=lease.attempt,
        now=lease.now,
    )
    return calls.call(operation, params, job)


def finish(session: Session, lease: Lease, outcome: Outcome) -> bool:
    """Store how the attempt ended and move the case on; False where the lease is void by now.

    The case's row is locked before the job's, as everywhere.
    """
    with db.as_system(session):
        instance = lock(session, lease.instance_id)
        job = _lock_job(session, lease.job_id)
        if instance is None or not _holds(job, lease):
            return False
        step = restore(session, instance, SYSTEM)
        token = tokens.call(step.case, job.spiff_id)
        if token is None or instance.status != "active":
            job.status, job.finished_at = "cancelled", step.now
            session.flush()
            return False
        if outcome.kind == "inline":
            outcome = run_inline(step, token, lease)
        elif outcome.kind == "done":
            outcome = _write(step, token, lease, outcome)
        else:
            calls.tell(step, token, lease.operation, lease.attempt, outcome)
        _settle(step, token, job, outcome)
    return True


def _lock_job(session: Session, job_id: int) -> Job:
    return session.get_one(Job, job_id, with_for_update=True, populate_existing=True)


def _holds(job: Job, lease: Lease) -> bool:
    return (job.status, job.lease_owner, job.attempts) == ("running", lease.owner, lease.attempt)


def run_inline(step: Step, token: Token, lease: Lease) -> Outcome:
    """Make one more attempt at an inline operation in the step's own transaction."""
    try:
        operation = calls.known(lease.operation)
        params = read_params(operation, lease.params)
        return calls.attempt_inline(step, token, operation, params, lease.attempt)
    except EngineError as error:
        return calls.failed(error)


def _write(step: Step, token: Token, lease: Lease, outcome: Outcome) -> Outcome:
    try:
        step.case.publish(token, outcome.variables)
    except EngineError as error:
        outcome = calls.failed(error)
    calls.tell(step, token, lease.operation, lease.attempt, outcome)
    return outcome


def _settle(step: Step, token: Token, job: Job, outcome: Outcome) -> None:
    job.lease_owner = job.lease_until = None
    if outcome.kind in ("done", "error"):
        _conclude(step, token, job, outcome)
    else:
        _again(step, token, job, outcome)
    if outcome.kind in ("done", "error"):
        advance.settle(step)
    else:
        projection.store(step)


def _conclude(step: Step, token: Token, job: Job, outcome: Outcome) -> None:
    try:
        advance.conclude(step, token, outcome)
    except EngineError as error:
        # An error that nothing catches is no passing fault: a person must look.
        _give_up(step, token, job, error.code, str(error), "")
        return
    job.status, job.finished_at = "done", step.now
    step.done_tasks.add(token.id)


def _again(step: Step, token: Token, job: Job, outcome: Outcome) -> None:
    job.last_error = outcome.message
    if outcome.kind == "later":
        # Not a fault: waiting for somebody else does not use up the attempts.
        job.attempts -= 1
    elif job.attempts >= job.max_attempts:
        _give_up(step, token, job, "operation_failed", outcome.message, outcome.detail)
        return
    job.status = "queued"
    job.due_at = step.now + (outcome.delay or calls.pause_before(max(job.attempts, 1)))


def _give_up(
    step: Step,
    token: Token,
    job: Job,
    kind: str,
    message: str,
    detail: str,
) -> None:
    job.status = "failed"
    job.last_error = message
    step.case.failures = []
    projection.raise_incident(
        step,
        kind,
        message,
        element=job.element_id,
        token=token.id,
        job_id=job.id,
        detail=detail,
    )


def retry(session: Session, incident_public_id: UUID, *, actor: Actor) -> Incident:
    """Try again what an incident stopped, with a fresh count of attempts.

    Raises NotFound, NotAllowed, TaskGone (resolved meanwhile).
    """
    incident, instance = _mendable(session, incident_public_id, actor)
    with db.as_system(session):
        step, incident = _locked(session, instance, incident, actor)
        if incident.job_id is not None:
            job = _lock_job(session, incident.job_id)
            job.status, job.attempts, job.due_at = "queued", 0, step.now
            db.ring_after_commit(session, job.id)
        elif incident.spiff_id is not None:
            task = step.case.find(incident.spiff_id)
            if task is not None:
                tokens.retry(task)
        _resolve(step, incident, "retried", "")
        if incident.spiff_id is not None:
            step.before.stuck.discard(incident.spiff_id)
        advance.settle(step)
    return incident


def skip(session: Session, incident_public_id: UUID, *, actor: Actor, reason: str) -> Incident:
    """Go on without the result of what an incident stopped: for tasks, not for gateways.

    Raises NotFound, NotAllowed (also without a reason), TaskGone.
    """
    if not reason.strip():
        raise NotAllowed("a reason is needed")
    incident, instance = _mendable(session, incident_public_id, actor)
    with db.as_system(session):
        step, incident = _locked(session, instance, incident, actor)
        task = step.case.find(incident.spiff_id) if incident.spiff_id else None
        if task is None or not tokens.can_skip(task):
            raise NotAllowed("this element cannot be skipped")
        if incident.job_id is not None:
            job = _lock_job(session, incident.job_id)
            job.status, job.finished_at = "cancelled", step.now
            step.done_tasks.add(task.id)
        tokens.retry(task)
        _resolve(step, incident, "skipped", reason)
        step.before.stuck.discard(task.id)
        advance.done(step, task)
        advance.settle(step)
    return incident


def _mendable(session: Session, public_id: UUID, actor: Actor) -> tuple[Incident, Instance]:
    incident = session.scalar(select(Incident).where(Incident.public_id == public_id))
    if incident is None:
        raise NotFound(f"no incident {public_id}")
    instance = incident.instance
    scope = Scope(instance.region, instance.unit_id, instance.department)
    platform = actor.is_system or actor.has("operator", "platform_administrator")
    if not platform and not any(
        grant.role in MENDERS and covers(grant, scope) for grant in actor.grants
    ):
        raise NotAllowed("incidents are mended by operators and the case's officers")
    return incident, instance


def _locked(
    session: Session, instance: Instance, incident: Incident, actor: Actor
) -> tuple[Step, Incident]:
    locked = lock(session, instance.id)
    session.refresh(incident, with_for_update=True)
    if locked is None or locked.status != "active" or incident.resolved_at is not None:
        raise TaskGone("the incident has been resolved", why="incident_resolved")
    return restore(session, locked, actor), incident


def _resolve(step: Step, incident: Incident, how: str, reason: str) -> None:
    incident.resolved_at, incident.resolved_by = step.now, step.actor.id
    incident.resolution = f"{how}: {reason}" if reason else how
    step.tell(
        "incident_resolved",
        element_id=incident.element_id,
        data={"kind": incident.kind, "how": how, "reason": reason},
    )
