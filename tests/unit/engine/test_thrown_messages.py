"""Messages between cases: in the step's own commit, once, to who waits or to a new case."""

import threading
import zlib
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine import history, instances, jobs, message_starts, messages, outgoing, tasks, user_tasks
from engine.actors import SYSTEM, Actor, Grant, Scope
from engine.clock import FixedClock
from engine.db import set_scope
from engine.errors import InvalidSubmission, MessageNotExpected, NotAllowed
from engine.identity import uuid7
from engine.models import Incident, Instance, Message, OpenTask
from engine.timeline import Timeline
from tests.unit.engine import kit
from tests.unit.engine.kit import ANNA, BEN, END, START, diagram, flows, node, user

SCOPE = Scope(region="330106", unit_id=kit.UNIT, department="science")
MACHINE = Actor(uuid7(), "M", (Grant("integration_client"),))


def message(key: str = "=order", name: str = "paid") -> str:
    subscription = f'<zeebe:subscription correlationKey="{key}"/>' if key else ""
    return (
        f'<bpmn:message id="m" name="{name}"><bpmn:extensionElements>{subscription}'
        "</bpmn:extensionElements></bpmn:message>"
    )


def said(*inputs: str, kept: str = "") -> str:
    made = "".join(
        '<zeebe:input source="{1}" target="{0}"/>'.format(*one.split("=", 1)) for one in inputs
    )
    ttl = f'<zeebe:properties><zeebe:property name="timeToLive" value="{kept}"/></zeebe:properties>'
    return (
        f"<bpmn:extensionElements>{ttl if kept else ''}<zeebe:ioMapping>{made}</zeebe:ioMapping>"
        "</bpmn:extensionElements>"
    )


EVENT = '<bpmn:messageEventDefinition messageRef="m"/>'


def thrower(
    *inputs: str, kind: str = "intermediateThrowEvent", kept: str = "", key: str = "=order"
) -> str:
    inner = said(*inputs, kept=kept)
    if kind == "sendTask":
        throw = node("sendTask", "t", inner, messageRef="m")
    else:
        throw = node(kind, "t", inner + EVENT)
    after = "" if kind == "endEvent" else END
    path = "start -> a -> t" if kind == "endEvent" else "start -> a -> t -> end"
    return diagram(START, after, user("a"), throw, flows(path), key="thrower", outside=message(key))


def catcher(key: str = "catcher") -> str:
    return diagram(
        START, END, node("receiveTask", "r", messageRef="m"), flows("start -> r -> end"),
        key=key, outside=message(),
    )  # fmt: skip


def starter(key: str = "starter", outputs: str = "") -> str:
    start = node("startEvent", "start", outputs + EVENT)
    return diagram(start, END, user("b"), flows("start -> b -> end"), key=key, outside=message(""))


def thrown(session: Session, content: str, **data: object) -> Instance:
    """A case that has just thrown its message."""
    kit.publish(session, content, "thrower")
    case = instances.start(session, "thrower", actor=ANNA, data=data, scope=SCOPE)
    task = session.scalars(select(OpenTask).where(OpenTask.instance_id == case.id)).one()
    return user_tasks.complete(session, task.public_id, {}, actor=BEN)


def waiting(session: Session, order: object = "A1") -> Instance:
    kit.publish(session, catcher(), "catcher")
    return instances.start(session, "catcher", actor=ANNA, data={"order": order})


def kinds(session: Session, case: Instance) -> list[str]:
    return [entry.kind for entry in history.read(session, case.id)]


@pytest.mark.parametrize("kind", ["intermediateThrowEvent", "sendTask", "endEvent"])
def test_a_thrown_message_reaches_the_case_that_waits_for_it(session: Session, kind: str) -> None:
    other, receiver = waiting(session, "B2"), waiting(session, "A1")
    sender = thrown(session, thrower("fen==5", kind=kind), order="A1")
    assert sender.status == "completed"
    assert sender.outcome == ("t" if kind == "endEvent" else "end")
    assert receiver.status == "active"
    assert messages.match(session) == 1
    assert receiver.status == "completed"
    assert receiver.variables == {"order": "A1", "fen": 5}
    assert other.status == "active"
    assert "message_sent" in kinds(session, sender)
    assert "message_received" in kinds(session, receiver)
    assert history.verify(session, sender.id).ok
    assert history.verify(session, receiver.id).ok


def test_a_thrown_message_is_handed_over_once(session: Session) -> None:
    first, second = waiting(session), waiting(session)
    thrown(session, thrower(), order="A1")
    assert [messages.match(session), messages.match(session)] == [1, 0]
    assert (first.status, second.status) == ("completed", "active")


def test_the_key_may_read_what_the_element_maps(session: Session) -> None:
    receiver = waiting(session, "A1")
    thrown(session, thrower("other==order", key="=other + &quot;1&quot;"), order="A")
    assert messages.match(session) == 1
    assert receiver.status == "completed"


def test_a_case_that_begins_to_wait_later_gets_it_while_it_is_kept(
    session: Session, clock: FixedClock
) -> None:
    thrown(session, thrower(kept="PT2H"), order="A1")
    thrown(session, thrower(kept="PT2H"), order="B2")
    assert messages.match(session) == 0
    clock.move(timedelta(hours=1))
    assert waiting(session, "A1").status == "completed"
    clock.move(timedelta(hours=1))
    assert waiting(session, "B2").status == "active"
    assert messages.match(session) == 0


def test_it_is_kept_for_seven_days_where_nothing_else_is_said(
    session: Session, clock: FixedClock
) -> None:
    thrown(session, thrower(), order="A1")
    kept = session.scalars(select(Message)).one()
    assert kept.expires_at == clock.at + timedelta(days=7)
    assert kept.message_id.startswith(outgoing.THROWN)


def test_a_message_that_cannot_be_made_stops_the_case_and_sends_nothing(session: Session) -> None:
    sender = thrown(session, thrower(key="=nothing"), order="A1")
    incident = session.scalars(select(Incident)).one()
    assert (incident.element_id, incident.kind) == ("t", "expression_failed")
    assert sender.status == "active"
    assert session.scalars(select(Message)).all() == []
    assert "message_sent" not in kinds(session, sender)


def test_a_retried_throw_sends_one_message(session: Session) -> None:
    sender = thrown(session, thrower(key="=nothing"), order="A1")
    sender_id = sender.id
    incident = session.scalars(select(Incident)).one()
    for _ in range(2):
        jobs.retry(session, incident.public_id, actor=SYSTEM)
        incident = session.scalars(select(Incident).where(Incident.resolved_at.is_(None))).one()
    case = session.get_one(Instance, sender_id)
    case.variables = {**case.variables, "nothing": "A1"}
    session.flush()
    jobs.retry(session, incident.public_id, actor=SYSTEM)
    assert [m.correlation_key for m in session.scalars(select(Message))] == ["A1"]


def test_a_step_that_is_rolled_back_has_sent_nothing(
    session: Session, sessions: sessionmaker[Session]
) -> None:
    kit.publish(session, thrower(), "thrower")
    instances.start(session, "thrower", actor=ANNA, data={"order": "A1"}, scope=SCOPE)
    session.commit()
    task = session.scalars(select(OpenTask.public_id)).one()
    with sessions() as dying:
        set_scope(dying, BEN)
        user_tasks.complete(dying, task, {}, actor=BEN)
        dying.rollback()
    assert session.scalars(select(Message)).all() == []


def test_after_a_crash_between_the_commit_and_the_handing_over_it_still_arrives(
    session: Session, sessions: sessionmaker[Session]
) -> None:
    receiver = waiting(session)
    thrown(session, thrower("fen==5"), order="A1")
    session.commit()
    with sessions() as dying:
        set_scope(dying, SYSTEM)
        (due,) = messages.due(dying)
        assert messages.hand_over(dying, due)
        dying.rollback()
    tasks.configure(sessions)
    tasks.sweep()
    tasks.sweep()
    session.refresh(receiver)
    assert receiver.status == "completed"
    assert kinds(session, receiver).count("message_received") == 1


def handed_over_at_the_same_time(
    session: Session, sessions: sessionmaker[Session]
) -> list[Instance]:
    """Two workers take the same message; return the cases that got it."""
    first, second = waiting(session), waiting(session)
    thrown(session, thrower(), order="A1")
    session.commit()
    (due,) = messages.due(session)
    session.commit()
    with sessions() as one, sessions() as other:
        set_scope(one, SYSTEM)
        set_scope(other, SYSTEM)
        messages.hand_over(one, due)
        messages.hand_over(other, due)
        one.commit()
        other.commit()
    for case in (first, second):
        session.refresh(case)
    return [case for case in (first, second) if case.status == "completed"]


def test_two_workers_with_one_message_hand_it_over_once(
    session: Session, sessions: sessionmaker[Session]
) -> None:
    assert len(handed_over_at_the_same_time(session, sessions)) == 1


def test_without_the_lock_on_the_message_it_would_arrive_twice(
    session: Session, sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(worker: Session, message_id: int) -> None:
        kept = worker.get_one(Message, message_id)
        candidates = messages._candidates(worker, kept)
        if worker.scalar(select(Message.instance_id).where(Message.id == message_id)) is None:
            chosen = candidates.pop(0 if not used else 1)
            used.append(chosen)
            messages._give(worker, [chosen], Message(name=kept.name, payload={}), SYSTEM)

    used: list[object] = []
    monkeypatch.setattr(messages, "hand_over", careless)
    assert len(handed_over_at_the_same_time(session, sessions)) == 2


def test_ids_of_the_platform_cannot_be_given_from_outside(session: Session) -> None:
    case = waiting(session)
    with pytest.raises(InvalidSubmission):
        messages.deliver(
            session, "paid", "A1", {}, actor=MACHINE,
            message_id=f"{outgoing.THROWN}{case.public_id}:x",
        )  # fmt: skip


def test_a_case_that_cannot_be_restored_does_not_hold_up_the_others(session: Session) -> None:
    broken = waiting(session)
    broken.state = zlib.compress(orjson.dumps({"v": 99}))
    session.flush()
    thrown(session, thrower(), order="A1")
    good = waiting(session, "B2")
    thrown(session, thrower(), order="B2")
    assert [messages.hand_over(session, due) for due in messages.due(session)] == [False, True]
    assert good.status == "completed"
    assert len(messages.due(session)) == 1


def test_a_message_starts_a_case_of_the_latest_process(session: Session) -> None:
    kit.publish(session, starter(), "starter")
    newest = kit.publish(session, starter(), "starter")
    started = messages.deliver(session, "paid", "A1", {"fen": 5}, actor=MACHINE, message_id="1")
    assert started.definition_id == newest.id
    assert (started.business_key, started.initiator_id) == ("A1", MACHINE.id)
    assert started.variables == {"fen": 5}
    assert kinds(session, started)[:2] == ["case_started", "path"]
    assert "message_received" in kinds(session, started)
    assert history.verify(session, started.id).ok


def test_one_message_starts_one_case_however_often_it_comes(session: Session) -> None:
    kit.publish(session, starter(), "starter")
    again = [
        messages.deliver(session, "paid", "A1", {}, actor=MACHINE, message_id="1") for _ in range(2)
    ]
    assert again[0] is again[1]
    assert len(session.scalars(select(Instance)).all()) == 1


def test_a_second_message_of_the_key_waits_until_the_first_case_is_over(session: Session) -> None:
    kit.publish(session, starter(), "starter")
    first = messages.deliver(session, "paid", "A1", {}, actor=MACHINE, message_id="1")
    ttl = timedelta(days=1)
    assert messages.deliver(session, "paid", "A1", {}, actor=MACHINE, message_id="2", ttl=ttl) is (
        None
    )
    with pytest.raises(MessageNotExpected):
        messages.deliver(session, "paid", "A1", {}, actor=MACHINE, message_id="3")
    other = messages.deliver(session, "paid", "B2", {}, actor=MACHINE, message_id="4")
    assert other is not None
    assert messages.match(session) == 0
    instances.cancel(session, first.public_id, actor=SYSTEM, reason="done")
    assert messages.match(session) == 1
    active = session.scalars(select(Instance).where(Instance.status == "active")).all()
    assert sorted(case.business_key for case in active) == ["A1", "B2"]


def test_without_a_key_every_message_starts_a_case(session: Session) -> None:
    kit.publish(session, starter(), "starter")
    for number in range(2):
        messages.deliver(session, "paid", "", {}, actor=MACHINE, message_id=str(number))
    assert len(session.scalars(select(Instance)).all()) == 2


def test_a_case_that_waits_comes_before_a_new_one(session: Session) -> None:
    receiver = waiting(session)
    kit.publish(session, starter(), "starter")
    got = messages.deliver(session, "paid", "A1", {}, actor=MACHINE, message_id="1")
    assert got is receiver


def test_a_person_starts_no_case_by_a_message(session: Session) -> None:
    kit.publish(session, starter(), "starter")
    session.flush()
    with pytest.raises(MessageNotExpected):
        messages.deliver(session, "paid", "A1", {}, actor=ANNA, message_id="1")


def test_nobody_starts_it_by_hand(session: Session) -> None:
    kit.publish(session, starter(), "starter")
    with pytest.raises(NotAllowed):
        instances.start(session, "starter", actor=ANNA)


def test_a_thrown_message_starts_a_case_in_the_place_of_the_thrower(session: Session) -> None:
    kit.publish(session, starter(), "starter")
    sender = thrown(session, thrower("fen==5"), order="A1")
    assert messages.match(session) == 1
    started = session.scalars(select(Instance).where(Instance.process_key == "starter")).one()
    assert (started.region, started.unit_id, started.department) == ("330106", 7, "science")
    assert started.region_path == sender.region_path
    assert started.initiator_id == ANNA.id
    received = [e for e in history.read(session, started.id) if e.kind == "message_received"]
    assert received[0].data["from"] == sender.number


def test_the_start_event_maps_the_payload_that_it_wants(session: Session) -> None:
    wanted = (
        '<bpmn:extensionElements><zeebe:ioMapping><zeebe:output source="=fen * 2" target="double"/>'
        "</zeebe:ioMapping></bpmn:extensionElements>"
    )
    kit.publish(session, starter(outputs=wanted), "starter")
    started = messages.deliver(session, "paid", "A1", {"fen": 5}, actor=MACHINE, message_id="1")
    assert started.variables == {"double": 10}


def test_a_withdrawn_process_starts_no_more(session: Session) -> None:
    made = kit.publish(session, starter(), "starter")
    made.withdrawn_at = made.published_at
    session.flush()
    assert message_starts.starts(session) == {}


def test_two_messages_of_one_key_at_the_same_moment_start_one_case(
    session: Session, sessions: sessionmaker[Session]
) -> None:
    kit.publish(session, starter(), "starter")
    session.commit()
    gate, found = threading.Barrier(2), []

    def send(number: int) -> None:
        with sessions() as theirs:
            set_scope(theirs, SYSTEM)
            gate.wait()
            ttl = timedelta(days=1)
            got = messages.deliver(
                theirs, "paid", "A1", {}, actor=SYSTEM, message_id=str(number), ttl=ttl
            )
            found.append(got is not None)
            theirs.commit()

    threads = [threading.Thread(target=send, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, True]
    assert len(session.scalars(select(Instance)).all()) == 1


def test_time_that_passes_hands_messages_over(
    session: Session, sessions: sessionmaker[Session], clock: FixedClock
) -> None:
    receiver = waiting(session)
    thrown(session, thrower(), order="A1")
    session.commit()
    Timeline(sessions, clock).settle()
    session.refresh(receiver)
    assert receiver.status == "completed"


def test_time_that_passes_for_one_case_leaves_the_messages_of_others_alone(
    session: Session, sessions: sessionmaker[Session], clock: FixedClock
) -> None:
    receiver = waiting(session)
    sender = thrown(session, thrower(), order="A1")
    stranger = waiting(session, "Z9")
    session.commit()
    Timeline(sessions, clock, case=stranger.public_id).settle()
    session.refresh(receiver)
    assert receiver.status == "active"
    Timeline(sessions, clock, case=sender.public_id).settle()
    session.refresh(receiver)
    assert receiver.status == "completed"
