from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import history, instances, user_tasks
from engine.actors import SYSTEM, Scope
from engine.clock import FixedClock
from engine.models import Incident, Instance, Job, OpenTask, Timer
from tests.unit.engine import kit
from tests.unit.engine.kit import ANNA, BEN, END, START, diagram, flows, node, service, timer, user

SCOPE = Scope(region="330106", unit_id=kit.UNIT)


@pytest.fixture(autouse=True)
def memory() -> kit.Memory:
    return kit.operations()


def begin(session: Session, content: str, **data: object) -> Instance:
    kit.publish(session, content)
    return instances.start(session, "p", actor=ANNA, data=data, scope=SCOPE)


def tasks(session: Session) -> dict[str, OpenTask]:
    return {task.element_id: task for task in session.scalars(select(OpenTask))}


def complete(session: Session, element: str, **data: object) -> Instance:
    return user_tasks.complete(session, tasks(session)[element].public_id, data, actor=BEN)


def path(session: Session, instance: Instance) -> list[str]:
    return [
        element
        for entry in history.read(session, instance.id)
        if entry.kind == "path"
        for element in entry.data["elements"]
    ]


def kinds(session: Session, instance: Instance) -> list[str]:
    return [entry.kind for entry in history.read(session, instance.id)]


SIMPLE = diagram(
    START,
    END,
    user("approve"),
    node("exclusiveGateway", "g", default="g_no"),
    service("work", "test_inline", "in:text== name"),
    node("endEvent", "no"),
    flows("start -> approve -> g ->[= ok] work -> end", "g -> no"),
)


def test_a_case_runs_from_start_through_a_gateway_and_an_operation_to_its_end(
    session: Session, memory: kit.Memory
) -> None:
    instance = begin(session, SIMPLE, name="X")
    assert (instance.number, instance.status) == ("AJ-2026-000001", "active")
    complete(session, "approve", ok=True)
    assert instance.status == "completed"
    assert instance.outcome == "end"
    assert instance.variables == {"name": "X", "ok": True, "answer": "X!"}
    assert memory.calls[0].key.startswith(f"{instance.public_id}:")
    assert path(session, instance) == ["start", "approve", "g", "work", "end"]
    assert kinds(session, instance) == [
        "case_started", "path", "task_created",
        "task_completed", "operation_done", "path", "case_ended",
    ]  # fmt: skip
    assert history.verify(session, instance.id).ok
    assert tasks(session) == {}


def test_the_flows_taken_are_recorded_and_the_others_are_not(session: Session) -> None:
    instance = begin(session, SIMPLE, name="X")
    complete(session, "approve", ok=False)
    last = [e for e in history.read(session, instance.id) if e.kind == "path"][-1]
    assert last.data["flows"] == ["approve_g", "g_no"]
    assert instance.outcome == "no"


def test_a_condition_that_is_not_a_boolean_is_an_incident_and_the_case_waits(
    session: Session,
) -> None:
    instance = begin(session, SIMPLE)
    complete(session, "approve", ok="yes")
    incident = session.scalars(select(Incident)).one()
    assert instance.status == "active"
    assert (incident.kind, incident.element_id) == ("expression_failed", "g")
    assert "not a boolean" in incident.message


def test_a_gateway_where_nothing_matches_is_an_incident(session: Session) -> None:
    content = diagram(
        START, END, user("a"), node("exclusiveGateway", "g"), node("endEvent", "e2"),
        flows("start -> a -> g ->[= x = 1] end", "g ->[= x = 2] e2"),
    )  # fmt: skip
    begin(session, content)
    complete(session, "a", x=3)
    assert session.scalars(select(Incident.kind)).all() == ["nothing_matched"]


def test_parallel_branches_meet_and_neither_loses_what_the_other_wrote(session: Session) -> None:
    content = diagram(
        START, END, node("parallelGateway", "split"), node("parallelGateway", "join"),
        user("a"), user("b"),
        flows("start -> split -> a -> join -> end", "split -> b -> join"),
    )  # fmt: skip
    instance = begin(session, content, shared=0)
    complete(session, "b", right=2, shared=2)
    complete(session, "a", left=1, shared=1)
    assert instance.status == "completed"
    assert instance.variables == {"shared": 1, "left": 1, "right": 2}
    assert path(session, instance).count("join") == 1


def test_an_inclusive_join_waits_for_exactly_the_branches_that_were_taken(session: Session) -> None:
    content = diagram(
        START, END, node("inclusiveGateway", "split", default="split_c"),
        node("inclusiveGateway", "join"), user("a"), user("b"), user("c"), user("last"),
        flows("start -> split ->[= x > 0] a -> join -> last -> end", "split ->[= x > 1] b -> join",
              "split -> c -> join"),
    )  # fmt: skip
    begin(session, content, x=2)
    assert set(tasks(session)) == {"a", "b"}
    complete(session, "a")
    assert set(tasks(session)) == {"b"}
    complete(session, "b")
    assert set(tasks(session)) == {"last"}
    assert complete(session, "last").status == "completed"


def test_a_loop_of_400_laps_ends_and_its_state_does_not_grow(session: Session) -> None:
    content = diagram(
        START, END, user("a"), node("exclusiveGateway", "g", default="g_end"),
        flows("start -> a -> g ->[= n < 400] a", "g -> end"),
    )  # fmt: skip
    instance = begin(session, content, n=0)
    complete(session, "a", n=1)
    size = len(instance.state)
    for lap in range(2, 401):
        assert instance.status == "active"
        complete(session, "a", n=lap)
    assert instance.status == "completed"
    assert size < 600


def test_a_loop_without_a_wait_is_an_incident_and_not_a_hang(session: Session) -> None:
    content = diagram(
        START, END, node("task", "a"), node("exclusiveGateway", "g", default="g_end"),
        flows("start -> a -> g ->[= true] a", "g -> end"),
    )  # fmt: skip
    instance = begin(session, content)
    assert instance.status == "active"
    assert session.scalars(select(Incident.kind)).all() == ["too_deep"]


def test_a_subprocess_has_its_own_variables_and_gives_back_what_it_maps(session: Session) -> None:
    inner = (
        '<bpmn:extensionElements><zeebe:ioMapping><zeebe:input source="= outer" target="mine"/>'
        '<zeebe:output source="= mine + 1" target="back"/></zeebe:ioMapping>'
        "</bpmn:extensionElements>"
        + node("startEvent", "is")
        + user("ia")
        + node("endEvent", "ie")
        + flows("is -> ia -> ie")
    )
    content = diagram(START, END, node("subProcess", "sub", inner), flows("start -> sub -> end"))
    instance = begin(session, content, outer=1)
    complete(session, "ia", mine=5)
    assert instance.status == "completed"
    assert instance.variables == {"outer": 1, "back": 6}
    assert path(session, instance) == ["start", "is", "ia", "ie", "sub", "end"]


def test_a_boundary_timer_interrupts_its_task_and_only_when_it_is_due(
    session: Session, clock: FixedClock
) -> None:
    from engine import timers

    content = diagram(
        START, END, user("a"), node("endEvent", "late"),
        node("boundaryEvent", "t", timer("P2D"), attachedToRef="a"),
        flows("start -> a -> end", "t -> late"),
    )  # fmt: skip
    instance = begin(session, content)
    row = session.scalars(select(Timer)).one()
    assert row.due_at == clock.at + timedelta(days=2)
    assert instance.next_due == row.due_at
    clock.move(timedelta(days=1, hours=23))
    assert timers.due(session) == []
    assert not timers.wake(session, row.id)
    clock.move(timedelta(hours=2))
    assert timers.due(session) == [row.id]
    assert timers.wake(session, row.id)
    assert (instance.status, instance.outcome) == ("completed", "late")
    assert tasks(session) == {}
    assert "task_cancelled" in kinds(session, instance)
    assert not timers.wake(session, row.id)


def test_a_reminder_that_repeats_leaves_the_task_open_and_fires_missed_rounds_once(
    session: Session, clock: FixedClock, memory: kit.Memory
) -> None:
    from engine import timers

    content = diagram(
        START, END, user("a"), service("remind", "test_inline"), node("endEvent", "e2"),
        node("boundaryEvent", "t", timer("R3/PT1H", "timeCycle"), attachedToRef="a",
             cancelActivity="false"),
        flows("start -> a -> end", "t -> remind -> e2"),
    )  # fmt: skip
    instance = begin(session, content)
    clock.move(timedelta(minutes=61))
    assert timers.wake(session, timers.due(session)[0])
    assert len(memory.calls) == 1
    clock.move(timedelta(days=2))
    assert timers.wake(session, timers.due(session)[0])
    assert len(memory.calls) == 2
    assert session.scalars(select(Timer)).all() == []
    assert set(tasks(session)) == {"a"}
    complete(session, "a")
    assert instance.status == "completed"


def test_the_first_event_behind_an_event_gateway_cancels_the_others(
    session: Session, clock: FixedClock
) -> None:
    from engine import messages, timers
    from engine.models import Subscription

    key = '<zeebe:subscription correlationKey="= case.number"/>'
    extension = f"<bpmn:extensionElements>{key}</bpmn:extensionElements>"
    message = f'<bpmn:message id="m" name="paid">{extension}</bpmn:message>'
    content = diagram(
        START, END, node("eventBasedGateway", "g"), node("endEvent", "late"),
        node("intermediateCatchEvent", "t", timer("PT1H")),
        node("intermediateCatchEvent", "m1", '<bpmn:messageEventDefinition messageRef="m"/>'),
        flows("start -> g -> t -> late", "g -> m1 -> end"),
        outside=message,
    )  # fmt: skip
    instance = begin(session, content)
    assert session.scalars(select(Subscription)).one().correlation_key == instance.number
    got = messages.deliver(
        session, "paid", instance.number, {"fen": 5}, actor=SYSTEM, message_id="1"
    )
    assert got is instance
    assert (instance.outcome, instance.variables) == ("end", {"fen": 5})
    clock.move(timedelta(hours=2))
    assert timers.due(session) == []


def test_a_terminate_end_takes_every_other_token_with_it(session: Session) -> None:
    content = diagram(
        START, node("parallelGateway", "split"), user("a"), user("b"), END,
        node("endEvent", "stop", "<bpmn:terminateEventDefinition/>"),
        flows("start -> split -> a -> stop", "split -> b -> end"),
    )  # fmt: skip
    instance = begin(session, content)
    complete(session, "a")
    assert instance.status == "completed"
    assert tasks(session) == {}


def test_a_user_task_assigned_to_nobody_is_an_incident(session: Session) -> None:
    content = diagram(START, END, user("a", assignee="= missing"), flows("start -> a -> end"))
    begin(session, content)
    assert tasks(session) == {}
    assert "nobody is assigned" in session.scalars(select(Incident)).one().message


def test_an_unfinished_case_always_has_something_that_it_waits_for(session: Session) -> None:
    for number, content in enumerate([SIMPLE]):
        instance = begin(session, content)
        assert instance.status == "active"
        assert tasks(session), number
    assert session.scalars(select(Job)).all() == []
