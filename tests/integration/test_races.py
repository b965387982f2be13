"""Races on one case: a barrier starts everybody at once; the naive twin shows that they do meet."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from engine import advance, db, history, instances, jobs, messages, timers, user_tasks
from engine.actors import SYSTEM, Actor, Grant, Scope
from engine.clock import FixedClock
from engine.db import set_scope
from engine.errors import AlreadyCompleted, EngineError
from engine.identity import uuid7
from engine.models import Event, Instance, Job, OpenTask
from engine.spiff import tokens
from engine.step import restore
from tests.unit.engine import kit
from tests.unit.engine.kit import ANNA, END, START, diagram, flows, node, service, timer, user

PEOPLE = [
    Actor(uuid7(), f"P{number}", (Grant("instrument_manager", unit_id=kit.UNIT),))
    for number in range(8)
]
Act = Callable[[Session, Actor], object]


@pytest.fixture(autouse=True)
def memory() -> kit.Memory:
    return kit.operations()


def begin(sessions: sessionmaker[Session], *parts: str) -> tuple[int, UUID | None]:
    with sessions() as session:
        set_scope(session, SYSTEM)
        kit.publish(session, diagram(START, END, *parts))
        scope = Scope("330106", kit.UNIT)
        instance = instances.start(session, "p", actor=ANNA, scope=scope)
        task = session.scalar(select(OpenTask.public_id))
        session.commit()
        return instance.id, task


def race(sessions: sessionmaker[Session], act: Act) -> list[object]:
    """Let everybody act at the same moment; return what each got, refusals included."""
    barrier = threading.Barrier(len(PEOPLE))
    results: list[object] = []

    def one(actor: Actor) -> None:
        with sessions() as session:
            set_scope(session, actor)
            session.execute(text("select 1"))
            barrier.wait()
            try:
                results.append(act(session, actor))
                session.commit()
            except EngineError as error:
                results.append(error)

    threads = [threading.Thread(target=one, args=(actor,)) for actor in PEOPLE]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == len(PEOPLE)
    return results


LINE = (user("a"), service("w", "test_inline"), flows("start -> a -> w -> end"))


def test_of_many_who_complete_one_task_exactly_one_succeeds_and_the_others_learn_who(
    sessions: sessionmaker[Session], memory: kit.Memory
) -> None:
    instance_id, task = begin(sessions, *LINE)
    assert task is not None
    results = race(
        sessions, lambda session, actor: user_tasks.complete(session, task, {}, actor=actor)
    )
    assert Counter(type(result) for result in results) == {Instance: 1, AlreadyCompleted: 7}
    assert len(memory.calls) == 1
    with sessions() as session:
        set_scope(session, SYSTEM)
        (entry,) = [e for e in history.read(session, instance_id) if e.kind == "task_completed"]
        said = {
            (result.params["who"], result.params["at"])
            for result in results
            if isinstance(result, AlreadyCompleted)
        }
        assert said == {(str(entry.actor_id), entry.at.isoformat())}
        assert history.verify(session, instance_id).ok


def test_without_the_lock_several_complete_one_task(
    sessions: sessionmaker[Session], memory: kit.Memory
) -> None:
    """The naive twin: the same steps, the case's row not locked and its history not numbered."""
    instance_id, task = begin(sessions, *LINE)
    everybody_has_read = threading.Barrier(len(PEOPLE))

    def naive(session: Session, actor: Actor) -> object:
        with db.as_system(session):
            instance = session.get_one(Instance, instance_id)
            row = session.scalars(select(OpenTask).where(OpenTask.public_id == task)).one()
            step = restore(session, instance, actor)
            token = tokens.user_task(step.case, row.spiff_id)
            everybody_has_read.wait()
            assert token is not None
            advance.done(step, token)
            advance.run(step)
        session.rollback()
        return instance

    results = race(sessions, naive)
    assert len(results) == len(PEOPLE)
    assert len(memory.calls) == len(PEOPLE)


def test_of_many_workers_that_are_rung_for_one_job_exactly_one_claims_it(
    sessions: sessionmaker[Session],
) -> None:
    begin(sessions, service("w", "test_job"), flows("start -> w -> end"))
    with sessions() as session:
        set_scope(session, SYSTEM)
        job = session.scalars(select(Job.id)).one()
    results = race(sessions, lambda session, actor: jobs.claim(session, job, str(actor.id)))
    assert len([lease for lease in results if lease is not None]) == 1


def test_a_timer_that_many_wake_fires_once(
    sessions: sessionmaker[Session], clock: FixedClock
) -> None:
    instance_id, _ = begin(
        sessions, node("intermediateCatchEvent", "t", timer("PT1H")), flows("start -> t -> end")
    )
    clock.move(timedelta(hours=2))
    with sessions() as session:
        set_scope(session, SYSTEM)
        (due,) = timers.due(session)
    results = race(sessions, lambda session, _: timers.wake(session, due))
    assert Counter(results) == {True: 1, False: 7}
    with sessions() as session:
        set_scope(session, SYSTEM)
        fired = select(Event).where(Event.instance_id == instance_id, Event.kind == "timer_fired")
        assert len(session.scalars(fired).all()) == 1


def test_one_message_delivered_by_many_is_received_once_and_all_learn_by_whom(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as session:
        set_scope(session, SYSTEM)
        kit.publish(
            session,
            diagram(
                START,
                END,
                node("receiveTask", "r", messageRef="m"),
                flows("start -> r -> end"),
                outside='<bpmn:message id="m" name="paid"><bpmn:extensionElements>'
                '<zeebe:subscription correlationKey="= case.number"/></bpmn:extensionElements>'
                "</bpmn:message>",
            ),
        )
        number = instances.start(session, "p", actor=ANNA).number
        session.commit()
    results = race(
        sessions,
        lambda session, _: messages.deliver(
            session, "paid", number, {}, actor=SYSTEM, message_id="one"
        ),
    )
    assert all(isinstance(result, Instance) and result.number == number for result in results)
    with sessions() as session:
        set_scope(session, SYSTEM)
        received = select(Event).where(Event.kind == "message_received")
        assert len(session.scalars(received).all()) == 1


def test_a_completion_and_a_timer_that_meet_never_deadlock_and_one_of_them_wins(
    sessions: sessionmaker[Session], clock: FixedClock
) -> None:
    instance_id, task = begin(
        sessions,
        user("a"),
        node("boundaryEvent", "t", timer("PT1H"), attachedToRef="a"),
        node("endEvent", "late"),
        flows("start -> a -> end", "t -> late"),
    )
    assert task is not None
    clock.move(timedelta(hours=2))
    with sessions() as session:
        set_scope(session, SYSTEM)
        (due,) = timers.due(session)

    def either(session: Session, actor: Actor) -> object:
        if PEOPLE.index(actor) % 2:
            return timers.wake(session, due)
        return user_tasks.complete(session, task, {}, actor=actor)

    results = race(sessions, either)
    won = [r for r in results if r is True or isinstance(r, Instance)]
    assert len(won) == 1
    with sessions() as session:
        set_scope(session, SYSTEM)
        found = session.get_one(Instance, instance_id)
        assert found.outcome == ("late" if won == [True] else "end")
