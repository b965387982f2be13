import socket
import subprocess
import sys
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine import calls, history, instances, jobs, owners
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.contract import BusinessError, RetryLater
from engine.errors import NotAllowed, TaskGone
from engine.models import Incident, Instance, Job
from tests.unit.engine import kit
from tests.unit.engine.kit import ANNA, BEN, END, OPERATOR, START, diagram, flows, node, service


@pytest.fixture(autouse=True)
def memory() -> kit.Memory:
    return kit.operations()


def line(mode: str) -> str:
    """start → work (with an error boundary for ``full``) → end."""
    return diagram(
        START,
        END,
        service("work", f"test_{mode}", "in:text== name"),
        node(
            "boundaryEvent",
            "oops",
            '<bpmn:errorEventDefinition errorRef="e"/>',
            attachedToRef="work",
        ),
        node("endEvent", "refused"),
        flows("start -> work -> end", "oops -> refused"),
        outside='<bpmn:error id="e" errorCode="full"/>',
    )


def begin(session: Session, content: str) -> Instance:
    kit.publish(session, content)
    return instances.start(session, "p", actor=ANNA, data={"name": "X"})


def work(session: Session) -> bool:
    """Do what a worker does for the only job that is to be rung."""
    (job_id,) = jobs.sweep(session)
    lease = jobs.claim(session, job_id, "w1")
    assert lease is not None
    return jobs.finish(session, lease, jobs.perform(lease))


def incident(session: Session) -> Incident:
    return session.scalars(select(Incident).where(Incident.resolved_at.is_(None))).one()


def test_a_job_runs_outside_the_step_and_its_result_moves_the_case(
    session: Session, memory: kit.Memory
) -> None:
    rung: list[int] = []
    session.info["announce"] = rung.extend
    instance = begin(session, line("job"))
    assert memory.calls == []
    assert rung == []
    session.commit()
    assert rung == jobs.sweep(session)
    assert work(session)
    assert (instance.status, instance.variables["answer"]) == ("completed", "X!")
    (call,) = memory.calls
    assert call.session is None
    assert call.key.startswith(f"{instance.public_id}:")
    UUID(call.key.partition(":")[2])


def test_a_job_can_be_claimed_once_and_again_only_when_its_lease_has_run_out(
    session: Session,
) -> None:
    begin(session, line("job"))
    (job_id,) = jobs.sweep(session)
    first = jobs.claim(session, job_id, "w1")
    assert first is not None
    assert jobs.claim(session, job_id, "w2") is None
    assert jobs.sweep(session) == []
    session.execute(text("update job set lease_until = clock_timestamp() - interval '1 second'"))
    assert jobs.sweep(session) == [job_id]
    second = jobs.claim(session, job_id, "w2")
    assert second is not None
    assert second.attempt == 2
    assert second.key == first.key


def test_a_job_of_a_worker_that_died_is_rung_at_once_and_that_of_a_living_one_is_not(
    session: Session,
) -> None:
    begin(session, line("job"))
    (job_id,) = jobs.sweep(session)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    machine, _, _ = owners.myself().split(":")
    start = owners._start_of(child.pid)
    assert jobs.claim(session, job_id, f"{machine}:{child.pid}:{start}") is not None
    assert jobs.sweep(session) == []
    child.kill()
    child.wait()
    assert jobs.sweep(session) == [job_id]


@pytest.mark.parametrize("owner", ["elsewhere:1:5", "w1", "", f"{socket.gethostname()}:x:1"])
def test_only_a_process_of_this_machine_can_be_known_to_be_dead(owner: str) -> None:
    assert not owners.is_dead(owner)
    assert not owners.is_dead(owners.myself())


def test_a_worker_that_lost_its_lease_cannot_store_its_outcome(session: Session) -> None:
    instance = begin(session, line("job"))
    (job_id,) = jobs.sweep(session)
    first = jobs.claim(session, job_id, "w1")
    session.execute(text("update job set lease_until = clock_timestamp() - interval '1 second'"))
    second = jobs.claim(session, job_id, "w2")
    assert first is not None
    assert second is not None
    assert not jobs.finish(session, first, jobs.perform(first))
    assert instance.status == "active"
    assert jobs.finish(session, second, jobs.perform(second))
    assert not jobs.finish(session, second, jobs.perform(second))
    assert instance.status == "completed"


@pytest.mark.parametrize("mode", ["inline", "job"])
def test_a_failing_operation_is_tried_again_later_and_then_becomes_an_incident(
    session: Session, clock: FixedClock, memory: kit.Memory, mode: str
) -> None:
    memory.answers = [KeyError(number) for number in range(1, 6)]
    instance = begin(session, line(mode))
    for _ in range(5 if mode == "job" else 4):
        clock.move(timedelta(hours=2))
        assert work(session)
        assert instance.status == "active"
    assert len(memory.calls) == 5
    assert len({call.key for call in memory.calls}) == 1
    found = incident(session)
    assert found.message == "KeyError: 5"
    assert "Traceback" in found.detail
    assert jobs.sweep(session) == []
    jobs.retry(session, found.public_id, actor=OPERATOR)
    assert work(session)
    assert instance.status == "completed"
    assert found.resolved_by == OPERATOR.id


def test_an_inline_operation_that_fails_leaves_no_trace_in_the_database(
    session: Session, memory: kit.Memory
) -> None:
    class Half(BaseException):
        pass

    def half(params: kit.Params, job: object) -> kit.Result:
        session.execute(text("insert into case_number (series, year, last) values ('ZZ', 1, 1)"))
        raise ValueError("half way")

    from engine.contract import Operation, register

    register(Operation("test_half", "A test.", "inline", kit.Params, kit.Result, half))
    begin(session, diagram(START, END, service("w", "test_half"), flows("start -> w -> end")))
    assert session.scalar(text("select count(*) from case_number where series = 'ZZ'")) == 0
    assert session.scalars(select(Job.last_error)).one() == "ValueError: half way"


@pytest.mark.parametrize("mode", ["inline", "job"])
def test_a_business_error_goes_to_the_error_event_of_its_code(
    session: Session, memory: kit.Memory, mode: str
) -> None:
    memory.answers = [BusinessError("full", "no slot", slot=3)]
    instance = begin(session, line(mode))
    if mode == "job":
        work(session)
    assert instance.outcome == "refused"
    assert instance.variables["slot"] == 3
    assert instance.variables["error_code"] == "full"
    assert "error_caught" in [e.kind for e in history.read(session, instance.id)]


@pytest.mark.parametrize("mode", ["inline", "job"])
def test_a_business_error_that_nothing_catches_is_an_incident_at_once(
    session: Session, memory: kit.Memory, mode: str
) -> None:
    memory.answers = [BusinessError("other", "no such thing")]
    instance = begin(session, line(mode))
    if mode == "job":
        work(session)
    assert instance.status == "active"
    found = incident(session)
    assert found.kind == "error_not_caught"
    assert "no such thing" in found.message
    jobs.skip(session, found.public_id, actor=OPERATOR, reason="by hand")
    assert (instance.status, instance.outcome) == ("completed", "end")
    assert jobs.sweep(session) == []


def test_a_business_error_passes_through_a_subprocess_to_the_event_around_it(
    session: Session, memory: kit.Memory
) -> None:
    memory.answers = [BusinessError("full")]
    inner = (
        node("startEvent", "is") + service("w", "test_inline") + node("endEvent", "ie")
        + flows("is -> w -> ie")
    )  # fmt: skip
    content = diagram(
        START, END, node("subProcess", "sub", inner), node("endEvent", "refused"),
        node("boundaryEvent", "oops", '<bpmn:errorEventDefinition errorRef="e"/>',
             attachedToRef="sub"),
        flows("start -> sub -> end", "oops -> refused"),
        outside='<bpmn:error id="e" errorCode="full"/>',
    )  # fmt: skip
    assert begin(session, content).outcome == "refused"


def test_an_error_event_of_a_parallel_branch_does_not_catch_what_is_not_its_own(
    session: Session, memory: kit.Memory
) -> None:
    memory.answers = [BusinessError("full")]
    content = diagram(
        START, END, node("parallelGateway", "split"), kit.user("a"), service("w", "test_inline"),
        node("endEvent", "e2"), node("endEvent", "refused"),
        node("boundaryEvent", "oops", '<bpmn:errorEventDefinition errorRef="e"/>',
             attachedToRef="a"),
        flows("start -> split -> a -> end", "split -> w -> e2", "oops -> refused"),
        outside='<bpmn:error id="e" errorCode="full"/>',
    )  # fmt: skip
    begin(session, content)
    assert incident(session).element_id == "w"


def test_retry_later_waits_as_long_as_it_says_and_uses_up_no_attempt(
    session: Session, clock: FixedClock, memory: kit.Memory
) -> None:
    memory.answers = [RetryLater("bank is shut", timedelta(days=1)) for _ in range(8)]
    instance = begin(session, line("job"))
    for _ in range(8):
        work(session)
        clock.move(timedelta(hours=23))
        assert jobs.sweep(session) == []
        clock.move(timedelta(hours=1))
    assert work(session)
    assert instance.status == "completed"


def test_a_job_whose_task_was_cancelled_is_cancelled_and_its_late_outcome_changes_nothing(
    session: Session,
) -> None:
    instance = begin(session, line("job"))
    (job_id,) = jobs.sweep(session)
    lease = jobs.claim(session, job_id, "w1")
    assert lease is not None
    instances.cancel(session, instance.public_id, actor=ANNA, reason="not needed")
    assert session.get_one(Job, job_id, populate_existing=True).status == "cancelled"
    assert not jobs.finish(session, lease, jobs.perform(lease))
    assert (instance.status, "answer" in instance.variables) == ("cancelled", False)


def test_an_unknown_operation_and_unfit_parameters_are_incidents_with_the_reason(
    session: Session,
) -> None:
    begin(session, diagram(START, END, service("w", "no_such"), flows("start -> w -> end")))
    assert incident(session).kind == "unknown_operation"
    bad = service("w", "test_inline", "in:text== 5", "in:other== 1")
    session.execute(text("update incident set resolved_at = now()"))
    begin(session, diagram(START, END, bad, flows("start -> w -> end")))
    found = incident(session)
    assert found.kind == "bad_parameters"
    assert "text" in found.message


def test_only_those_who_answer_for_a_case_mend_it_and_skipping_needs_a_reason(
    session: Session,
) -> None:
    begin(session, diagram(START, END, service("w", "no_such"), flows("start -> w -> end")))
    found = incident(session)
    with pytest.raises(NotAllowed):
        jobs.retry(session, found.public_id, actor=BEN)
    with pytest.raises(NotAllowed):
        jobs.skip(session, found.public_id, actor=OPERATOR, reason=" ")
    jobs.retry(session, found.public_id, actor=OPERATOR)
    assert found.resolved_at is not None
    again = incident(session)
    assert again.public_id != found.public_id
    with pytest.raises(TaskGone):
        jobs.retry(session, found.public_id, actor=OPERATOR)
    jobs.skip(session, again.public_id, actor=OPERATOR, reason="done on paper")
    assert session.scalars(select(Instance.status)).one() == "completed"


def test_pauses_double_and_scatter_and_stay_under_an_hour_and_a_fifth() -> None:
    for attempt, seconds in [(1, 10), (2, 20), (3, 40), (20, 3600)]:
        pause = calls.pause_before(attempt).total_seconds()
        assert 0.8 * seconds <= pause <= 1.2 * seconds
    assert len({calls.pause_before(1) for _ in range(20)}) > 1


def test_the_output_mapping_failing_takes_the_effect_of_an_inline_operation_back(
    session: Session, memory: kit.Memory
) -> None:
    content = diagram(
        START, END, service("w", "test_inline", "out:x== date(answer) + 1 + nope("),
        flows("start -> w -> end"),
    )  # fmt: skip
    instance = begin(session, content)
    assert incident(session).kind == "expression_failed"
    assert instance.variables == {"name": "X"}
    assert "operation_done" not in [e.kind for e in history.read(session, instance.id)]


def test_the_sweep_works_for_the_platform_only(session: Session) -> None:
    begin(session, line("job"))
    assert len(jobs.sweep(session)) == 1
    assert SYSTEM.is_system
