"""Cases: start, read, cancel."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine import advance, clock, db, definitions, driver, projection, submissions
from engine.actors import Actor, Scope
from engine.driver import Prepared
from engine.errors import NotAllowed, NotFound, TaskGone
from engine.identity import uuid7
from engine.models import CaseNumber, Instance, Message
from engine.spiff import tokens
from engine.spiff.times import ZONE
from engine.spiff.workflow import Variables
from engine.step import Step, fresh, lock, present, restore, specification_of

#: The series of numbers of a process that names none (案卷).
SERIES = "AJ"
#: So many characters of a message's correlation key are the business key of the case it starts.
LONGEST_KEY = 100
_REGION_LEVELS = (2, 4, 6)
#: A case before its first step.
_BLANK: dict[str, Any] = {
    "title": "",
    "status": "active",
    "version": 0,
    "state": b"",
    "variables": {},
    "history_seq": 0,
    "history_hash": "",
    "outcome": None,
    "next_due": None,
    "ended_at": None,
}
_NAMES = [column.key for column in Instance.__table__.columns if column.key != "id"]
_ADD = Prepared(
    insert(Instance).values({name: bindparam(name) for name in _NAMES}).returning(Instance.id)
)
_NEXT_NUMBER = Prepared(
    insert(CaseNumber)
    .values(series=bindparam("series"), year=bindparam("year"), last=1)
    .on_conflict_do_update(
        index_elements=[CaseNumber.series, CaseNumber.year], set_={"last": CaseNumber.last + 1}
    )
    .returning(CaseNumber.last)
)


def start(  # noqa: PLR0913 - the contract's signature, all by name
    session: Session,
    process_key: str,
    *,
    actor: Actor,
    data: Mapping[str, Any] | None = None,
    scope: Scope = Scope(),  # noqa: B008 - frozen
    business_key: str | None = None,
    participants: Iterable[UUID] = (),
) -> Instance:
    """Start a case of the latest published process and run it to where it first waits.

    ``data`` is checked against the start event's form where it has one. Raises NotFound for an
    unknown process, NotAllowed for one that only a message starts, InvalidSubmission for data that
    do not fit.
    """
    definition = definitions.current(session, "bpmn", process_key)
    specification = specification_of(session, definition.id)
    if specification.start_message:
        raise NotAllowed("only a message starts a case of this process")
    now = clock.now(session)
    form_id = specification.start.extensions.form_id
    form = _form(session, form_id) if form_id else None
    accepted = submissions.accept(form, data or {}, context=_before(actor), now=now)
    with db.as_system(session):
        opened = _open(session, definition, actor, scope, business_key, participants)
        step = fresh(session, opened, actor, accepted.variables, specification)
        return _run(step, definition, accepted)


def start_by_message(
    session: Session, process_key: str, message: Message, *, actor: Actor, scope: Scope
) -> Instance:
    """Start a case of a process that begins with a message, which is its start event's payload.

    The correlation key is the case's business key. Needs system scope.
    """
    definition = definitions.current(session, "bpmn", process_key)
    key = message.correlation_key[:LONGEST_KEY] or None
    opened = _open(session, definition, actor, scope, key, ())
    step = fresh(session, opened, actor, {}, specification_of(session, definition.id))
    step.payload = dict(message.payload)
    return _run(step, definition, submissions.Accepted(plain=dict(message.payload)))


def _open(
    session: Session,
    definition: definitions.Published,
    actor: Actor,
    scope: Scope,
    business_key: str | None,
    participants: Iterable[UUID],
) -> Instance:
    """Write the row of a new case."""
    now = clock.now(session)
    properties = specification_of(session, definition.id).extensions.properties
    row = {
        **_BLANK,
        **_scoped(scope),
        "public_id": uuid7(),
        "number": _number(session, properties.get("series") or SERIES, now),
        "process_key": definition.key,
        "definition_id": definition.id,
        "business_key": business_key,
        "started_at": now,
        "initiator_id": actor.id,
        "participants": list(dict.fromkeys([actor.id, *participants])),
    }
    row["id"] = driver.one(session, _ADD, row).id
    return present(session, row)


def _run(step: Step, definition: definitions.Published, accepted: submissions.Accepted) -> Instance:
    """Run a new case to where it first waits."""
    start = step.case.specification.start
    step.process_name = definition.name
    step.tell(
        "case_started",
        element_id=start.bpmn_id,
        element_name=start.bpmn_name or None,
        data={"process": definition.key, "version": definition.version, "data": accepted.plain},
        sealed=accepted.sealed,
    )
    advance.settle(step)
    return step.instance


def _form(session: Session, form_id: str) -> submissions.Form:
    published = definitions.current(session, "form", form_id)
    return submissions.Form(session, published.id, published.hash)


def _scoped(scope: Scope) -> dict[str, Any]:
    return {
        "unit_id": scope.unit_id,
        "region": scope.region,
        "region_path": region_path(scope.region, scope.department),
        "department": scope.department,
    }


def _before(actor: Actor) -> Variables:
    return {"case": {"initiator": str(actor.id)}}


def region_path(region: str | None, department: str | None = None) -> list[str]:
    """Return what scopes are compared with: ``33``, ``3301`` …, or ``33/science`` … for a case of
    one department.
    """
    if not region:
        return []
    prefixes = dict.fromkeys(region[:n] for n in _REGION_LEVELS if len(region) >= n)
    return [f"{prefix}/{department}" if department else prefix for prefix in prefixes]


def _number(session: Session, series: str, now: datetime) -> str:
    """Take the next number of a series in this year (Shanghai's)."""
    year = now.astimezone(ZONE).year
    taken = driver.one(session, _NEXT_NUMBER, {"series": series, "year": year})
    return f"{series}-{year}-{taken.last:06d}"


def read(session: Session, public_id: UUID) -> Instance:
    """Return a case that the session's scope sees; NotFound otherwise."""
    found = session.scalar(select(Instance).where(Instance.public_id == public_id))
    if found is None:
        raise NotFound(f"no case {public_id}")
    return found


def variables(instance: Instance) -> Variables:
    """Return a copy of the case's variables (JSON with tagged temporals)."""
    return deepcopy(instance.variables)


def cancel(session: Session, public_id: UUID, *, actor: Actor, reason: str) -> Instance:
    """End a case before its end; its open tasks, timers and jobs go.

    For the initiator and operators. Raises NotFound, NotAllowed, TaskGone (it has ended).
    """
    instance = read(session, public_id)
    if not (actor.is_system or actor.id == instance.initiator_id or actor.has("operator")):
        raise NotAllowed("only the initiator or an operator cancels a case")
    with db.as_system(session):
        locked = lock(session, instance.id)
        if locked is None or locked.status != "active":
            raise TaskGone("the case has ended", why="case_ended")
        step = restore(session, locked, actor)
        tokens.cancel_everything(step.case)
        step.case.completed = True
        locked.status, locked.ended_at = "cancelled", step.now
        step.tell("case_cancelled", data={"reason": reason})
        projection.store(step)
    return locked
