"""From tokens to rows: what a step stores so that people, timers and messages find the case."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from engine import driver, history
from engine.driver import Prepared, Write, adding, as_rows
from engine.errors import EngineError, ExpressionFailed
from engine.identity import uuid7
from engine.models import Incident, Instance, Job, OpenTask, Subscription, Timer
from engine.spiff import state, times, tokens
from engine.spiff.tokens import Token, Waiting, waiting
from engine.step import Step

MOST_PRIORITY = 100


class CaseStuck(EngineError):
    """No token is open and the end was not reached."""

    code = "case_stuck"


def offer(step: Step) -> None:
    """Tell the path that was taken, then offer the user tasks reached to whom they name."""
    if step.elements:
        step.tell("path", data={"elements": step.elements, "flows": step.flows})
    for task in tokens.unoffered(step.case):
        try:
            _offer(step, task)
        except EngineError as error:
            step.case.fail(task, error)


_OFFER = adding(OpenTask)


def _offer(step: Step, task: Token) -> None:
    spec = task.task_spec
    step.case.open_scope(task)
    said = spec.extensions
    texts = [said.assignee, said.candidate_groups, said.candidate_users]
    texts += [said.due, said.follow_up, said.priority]
    assignee, groups, users, due, follow_up, priority = step.case.resolve_many(task, texts)
    form = step.form(said.form_id) if said.form_id else None
    instance = step.instance
    row = {
        "public_id": uuid7(),
        "instance_id": instance.id,
        "spiff_id": task.id,
        "element_id": spec.bpmn_id,
        "name": (spec.bpmn_name or spec.bpmn_id)[:200],
        "form_definition_id": form.id if form else None,
        "assignee_id": _person(assignee) if assignee else None,
        "claimed_at": None,
        "candidate_groups": _list(groups),
        "candidate_users": [_person(user) for user in _list(users)],
        "due_at": _moment(due, step.now),
        "follow_up_at": _moment(follow_up, step.now),
        "priority": _priority(priority),
        "created_at": step.now,
        "unit_id": instance.unit_id,
        "region": instance.region,
        "department": instance.department,
    }
    _demand_somebody(row, texts[:3])
    task.internal_data["offer"] = str(row["public_id"])
    step.writes.append(Write(_OFFER, as_rows([row])))
    _tell_offer(step, task, row)


def _tell_offer(step: Step, task: Token, row: dict[str, Any]) -> None:
    assignee, users, due = row["assignee_id"], row["candidate_users"], row["due_at"]
    step.people.update(users)
    if assignee:
        step.people.add(assignee)
    told = {
        "assignee": str(assignee) if assignee else None,
        "groups": row["candidate_groups"],
        "users": [str(user) for user in users],
        "due": due.isoformat() if due else None,
    }
    number = tokens.round_number(task)
    if number is not None:
        told["round"] = number
    step.tell("task_created", task, task_id=row["public_id"], data=told)


def _demand_somebody(row: dict[str, Any], texts: list[str]) -> None:
    found = row["assignee_id"] or row["candidate_groups"] or row["candidate_users"]
    if any(texts) and not found:
        raise ExpressionFailed(
            f"nobody is assigned to {row['name']}",
            expression=" ".join(text for text in texts if text),
            reason="neither assignee nor candidates",
            kind="nobody_assigned",
        )


def _person(value: Any) -> UUID:  # noqa: ANN401 - JSON
    try:
        return UUID(str(value))
    except ValueError as error:
        raise ExpressionFailed(
            f"not a person: {value!r}", expression=str(value), reason="no UUID", kind="not_a_person"
        ) from error


def _list(value: Any) -> list[str]:  # noqa: ANN401 - JSON
    if not value:
        return []
    parts = value if isinstance(value, list) else str(value).split(",")
    return list(dict.fromkeys(str(part).strip() for part in parts if str(part).strip()))


def _moment(value: Any, now: datetime) -> datetime | None:  # noqa: ANN401 - JSON
    if not value:
        return None
    if times.text_of(value).startswith("P"):
        return times.after(now, value)
    return times.moment(value)


def _priority(value: Any) -> int:  # noqa: ANN401 - JSON
    if value in (None, ""):
        return 50
    try:
        return max(0, min(int(value), MOST_PRIORITY))
    except (TypeError, ValueError) as error:
        raise ExpressionFailed(
            f"not a priority: {value!r}", expression=str(value), reason="no number", kind="priority"
        ) from error


def store(step: Step) -> None:
    """Write the step: state, rows of what is waited for, incidents, history, the case itself."""
    instance, case = step.instance, step.case
    step.session.flush()
    now_waiting = waiting(case)
    _timers(step, now_waiting)
    _messages(step, now_waiting)
    _gone(step, now_waiting)
    if not case.completed and not _is_waiting(now_waiting):
        step.case.failures.append((None, CaseStuck("no token is open")))
    _incidents(step)
    step.people.discard(instance.initiator_id)
    values = {
        "state": state.dump(case),
        "variables": case.variables,
        "version": instance.version + 1,
        "next_due": min((due for _, due in now_waiting.timers.values()), default=None),
        "participants": _joined(
            [instance.initiator_id], instance.participants or [], sorted(step.people)
        ),
    }
    if step.process_name:
        values["title"] = _title(step)
    if case.completed and instance.status == "active":
        values |= _end(step)
    rows = history.rows_of(step.session, instance, step.happenings)
    if rows:
        values |= {"history_seq": rows[-1]["seq"], "history_hash": rows[-1]["hash"]}
    step.writes.append(Write(history.ADD, as_rows(rows)))
    _keep(step, values)


#: What a step writes into the case's row.
_MOVED = (
    "state", "variables", "version", "next_due", "participants",
    "status", "outcome", "ended_at", "history_seq", "history_hash", "title",
)  # fmt: skip
_MOVE = Prepared(
    update(Instance)
    .where(Instance.id == bindparam("case"))
    .values({name: bindparam(name) for name in _MOVED})
)


def _keep(step: Step, values: dict[str, Any]) -> None:
    """Write the case's row and everything noted for writing, in one round trip."""
    session, instance = step.session, step.instance
    session.flush()
    row = {name: values[name] if name in values else getattr(instance, name) for name in _MOVED}
    move = Write(_MOVE, {**row, "case": instance.id}, touches=1)
    driver.send(session, [*step.writes, move])
    step.writes.clear()
    nested = session.in_nested_transaction()
    for name, value in row.items():
        if nested:
            # A rollback to the savepoint must find the case among the changed objects.
            setattr(instance, name, value)
        else:
            set_committed_value(instance, name, value)
    session.flush()


def _title(step: Step) -> str:
    """Return a new case's title; now there are the variables that its first steps looked up."""
    expression = step.case.specification.extensions.properties.get("caseTitle")
    if not expression:
        return step.process_name
    try:
        found = step.case.resolve_many(None, [expression])[0]
    except EngineError:
        # A title is no reason to refuse a case; the process' name says enough.
        return step.process_name
    return str(found or step.process_name)[:300]


def _is_waiting(now: Waiting) -> bool:
    return bool(now.offers or now.timers or now.messages or now.calls or now.stuck)


def _joined(*parts: Iterable[UUID]) -> list[UUID]:
    return list(dict.fromkeys(person for part in parts for person in part))


_DROP_TIMERS = Prepared(
    delete(Timer).where(
        Timer.instance_id == bindparam("case"),
        Timer.spiff_id == any_(bindparam("tokens", type_=ARRAY(Uuid))),
    )
)
_SET_TIMERS = adding(Timer)


def _timers(step: Step, now: Waiting) -> None:
    before, case = step.before.timers, step.instance.id
    gone = [token for token in before if now.timers.get(token) != before[token]]
    if gone:
        step.writes.append(Write(_DROP_TIMERS, {"case": case, "tokens": gone}))
    rows = []
    for token, (element, due) in now.timers.items():
        if before.get(token) != (element, due):
            rows.append(
                {"instance_id": case, "spiff_id": token, "element_id": element, "due_at": due}
            )
            step.tell("timer_set", element_id=element, data={"due": due.isoformat()})
    if rows:
        step.writes.append(Write(_SET_TIMERS, as_rows(rows)))


def _messages(step: Step, now: Waiting) -> None:
    gone = set(step.before.messages) - set(now.messages)
    if gone:
        step.session.execute(
            delete(Subscription).where(
                Subscription.instance_id == step.instance.id, Subscription.spiff_id.in_(gone)
            )
        )
    for token in set(now.messages) - set(step.before.messages):
        element, name, key = now.messages[token]
        step.session.add(
            Subscription(
                instance_id=step.instance.id,
                spiff_id=token,
                element_id=element,
                name=name,
                correlation_key=key[:200],
            )
        )


def _gone(step: Step, now: Waiting) -> None:
    """Remove the rows of user tasks and jobs whose tokens are gone."""
    gone = {t: public for t, public in step.before.offers.items() if t not in now.offers}
    if gone:
        # Who completed a task has taken its row away.
        left = [public for token, public in gone.items() if token not in step.done_tasks]
        if left:
            drop_offers(step.session, left)
        for token, public in gone.items():
            if token not in step.done_tasks:
                step.tell("task_cancelled", task_id=public)
    lost = step.before.calls - now.calls - step.done_tasks
    if lost:
        step.session.execute(
            update(Job)
            .where(
                Job.instance_id == step.instance.id,
                Job.spiff_id.in_(lost),
                Job.status.in_(("queued", "running", "failed")),
            )
            .values(status="cancelled", finished_at=step.now)
        )
    if step.before.stuck - now.stuck or lost:
        forget_incidents(step, (step.before.stuck - now.stuck) | lost)


def drop_offers(session: Session, public_ids: Iterable[UUID]) -> None:
    """Delete offered tasks and, with them, what people had typed into them."""
    session.execute(
        delete(OpenTask)
        .where(OpenTask.public_id.in_(list(public_ids)))
        .execution_options(synchronize_session=False)
    )


def forget_incidents(step: Step, gone: Iterable[UUID]) -> None:
    """Close the incidents of tokens that went on or were cancelled some other way."""
    step.session.execute(
        update(Incident)
        .where(
            Incident.instance_id == step.instance.id,
            Incident.spiff_id.in_(list(gone)),
            Incident.resolved_at.is_(None),
        )
        .values(resolved_at=step.now, resolved_by=step.actor.id, resolution="overtaken")
    )


def _incidents(step: Step) -> None:
    for task, error in step.case.failures:
        element = task.task_spec.bpmn_id if task is not None else None
        raise_incident(step, error.code, str(error), element=element, token=task and task.id)


def raise_incident(  # noqa: PLR0913 - one row, all by name
    step: Step,
    kind: str,
    message: str,
    *,
    element: str | None = None,
    token: UUID | None = None,
    job_id: int | None = None,
    detail: str = "",
) -> Incident:
    """Write an incident with the original error's text."""
    clean = message.replace("\x00", "")
    row = Incident(
        instance_id=step.instance.id,
        job_id=job_id,
        spiff_id=token,
        element_id=element,
        kind=kind,
        message=clean,
        detail=detail.replace("\x00", ""),
        created_at=step.now,
    )
    step.session.add(row)
    step.tell("incident_raised", element_id=element, data={"kind": kind, "message": clean})
    return row


def _end(step: Step) -> dict[str, Any]:
    element, name = step.end_event or ("", "")
    step.tell("case_ended", element_id=element or None, element_name=name or None)
    return {"status": "completed", "ended_at": step.now, "outcome": (name or element)[:100]}
