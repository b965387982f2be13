from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from engine import history, instances, messages, timers
from engine.actors import SYSTEM, Actor, Grant
from engine.clock import FixedClock
from engine.db import set_scope
from engine.errors import InvalidSubmission, MessageNotExpected
from engine.identity import uuid7
from engine.models import Incident, Instance, Message, OpenTask, Subscription
from tests.unit.engine import kit
from tests.unit.engine.kit import ANNA, BEN, END, START, diagram, flows, node, timer, user

MACHINE = Actor(uuid7(), "M", (Grant("integration_client"),))


def line(key: str = "= order", *, first: str = "") -> str:
    subscription = f'<zeebe:subscription correlationKey="{key}"/>'
    path = "start -> wait -> r -> end" if first else "start -> r -> end"
    return diagram(
        START,
        END,
        first,
        node("receiveTask", "r", messageRef="m"),
        flows(path),
        outside='<bpmn:message id="m" name="paid"><bpmn:extensionElements>'
        f"{subscription}</bpmn:extensionElements></bpmn:message>",
    )


def begin(session: Session, order: object = "A1", content: str = "") -> Instance:
    kit.publish(session, content or line())
    return instances.start(session, "p", actor=ANNA, data={"order": order})


def pay(session: Session, key: str, message_id: str = "m1", **options: object) -> Instance | None:
    who = options.pop("actor", SYSTEM)
    return messages.deliver(
        session, "paid", key, {"fen": 5}, actor=who, message_id=message_id, **options
    )


def test_a_message_reaches_the_case_with_its_key_and_no_other(session: Session) -> None:
    first, second = begin(session, "A1"), begin(session, "B2")
    assert pay(session, "B2") is second
    assert second.variables == {"order": "B2", "fen": 5}
    assert (first.status, second.status) == ("active", "completed")
    assert "message_received" in [e.kind for e in history.read(session, second.id)]
    assert [s.correlation_key for s in session.scalars(select(Subscription))] == ["A1"]


def test_a_number_can_be_a_key(session: Session) -> None:
    instance = begin(session, 7)
    assert pay(session, "7") is instance


def test_the_same_message_again_changes_nothing_and_names_the_same_case(session: Session) -> None:
    first = begin(session, "A1")
    begin(session, "A1")
    assert pay(session, "A1") is first
    assert pay(session, "A1") is first
    assert session.scalars(select(Instance.status)).all().count("completed") == 1


def test_a_message_that_nobody_awaits_is_refused_without_ttl(session: Session) -> None:
    begin(session, "A1")
    with pytest.raises(MessageNotExpected):
        pay(session, "zz")


def test_a_message_with_ttl_waits_for_the_case_and_not_longer(
    session: Session, clock: FixedClock
) -> None:
    wait = node("intermediateCatchEvent", "wait", timer("PT1H"))
    instance = begin(session, "A1", line(first=wait))
    late = begin(session, "B2", line(first=wait))
    assert pay(session, "A1", "m1", ttl=timedelta(hours=2)) is None
    assert pay(session, "B2", "m2", ttl=timedelta(minutes=30)) is None
    clock.move(timedelta(hours=1))
    for due in timers.due(session):
        timers.wake(session, due)
    assert instance.status == "completed"
    assert late.status == "active"
    delivered = select(Message.instance_id).order_by(Message.message_id)
    assert session.scalars(delivered).all() == [instance.id, None]


def test_a_message_buffered_while_the_case_began_to_wait_is_matched_later(
    session: Session,
) -> None:
    instance = begin(session, "A1")
    session.add(
        Message(message_id="x", name="paid", correlation_key="A1", payload={}, actor_id=ANNA.id,
                received_at=instance.started_at,
                expires_at=instance.started_at + timedelta(hours=1))
    )  # fmt: skip
    session.flush()
    assert messages.match(session) == 1
    assert messages.match(session) == 0
    assert instance.status == "completed"


def test_a_person_reaches_only_cases_that_they_can_see_and_a_machine_all(
    session: Session, sessions: sessionmaker[Session]
) -> None:
    begin(session, "A1")
    session.commit()
    for actor, reaches in [(BEN, False), (ANNA, True), (MACHINE, True)]:
        with sessions() as theirs:
            set_scope(theirs, actor)
            if not reaches:
                with pytest.raises(MessageNotExpected):
                    pay(theirs, "A1", actor=actor)
            else:
                assert pay(theirs, "A1", actor=actor) is not None
            theirs.rollback()


def test_a_payload_that_cannot_be_kept_is_refused(session: Session) -> None:
    begin(session)
    with pytest.raises(InvalidSubmission):
        messages.deliver(session, "paid", "A1", {"case": {"x": 1}}, actor=SYSTEM, message_id="m")


@pytest.mark.parametrize("key", ["= missing", "= [1]", "= true"])
def test_a_key_that_is_no_key_is_an_incident(session: Session, key: str) -> None:
    instance = begin(session, "A1", line(key))
    assert instance.status == "active"
    incident = session.scalars(select(Incident)).one()
    assert (incident.element_id, incident.kind) == ("r", "expression_failed")


def test_a_boundary_message_that_does_not_interrupt_leaves_the_task_open(
    session: Session,
) -> None:
    content = diagram(
        START, END, user("a"), node("endEvent", "noted"),
        node("boundaryEvent", "b", '<bpmn:messageEventDefinition messageRef="m"/>',
             attachedToRef="a", cancelActivity="false"),
        flows("start -> a -> end", "b -> noted"),
        outside='<bpmn:message id="m" name="paid"><bpmn:extensionElements>'
        '<zeebe:subscription correlationKey="= order"/></bpmn:extensionElements></bpmn:message>',
    )  # fmt: skip
    instance = begin(session, "A1", content)
    assert pay(session, "A1") is instance
    assert instance.status == "active"
    assert session.scalar(select(func.count(OpenTask.id))) == 1
    with pytest.raises(MessageNotExpected):
        pay(session, "A1", "m2")
