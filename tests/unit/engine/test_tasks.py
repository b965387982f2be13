import socket
import time
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from engine import instances, jobs, tasks
from engine.db import make_sessions
from tests.unit.engine import kit
from tests.unit.engine.kit import ANNA, END, START, diagram, flows, service


@pytest.fixture
def memory() -> kit.Memory:
    return kit.operations()


def begin(sessions: sessionmaker[Session]) -> None:
    from engine.actors import SYSTEM
    from engine.db import set_scope

    with sessions() as session:
        set_scope(session, SYSTEM)
        kit.publish(
            session, diagram(START, END, service("w", "test_job"), flows("start -> w -> end"))
        )
        instances.start(session, "p", actor=ANNA)
        session.commit()


def test_a_rung_job_is_claimed_performed_and_finished_and_a_second_ring_does_nothing(
    sessions: sessionmaker[Session], memory: kit.Memory
) -> None:
    tasks.configure(sessions)
    begin(sessions)
    with tasks._open() as session:
        (job_id,) = jobs.sweep(session)
    assert tasks.run_job(job_id) is True
    assert tasks.run_job(job_id) is False
    assert len(memory.calls) == 1
    with tasks._open() as session:
        assert jobs.sweep(session) == []


def test_committing_rings_through_the_folder_and_sweeping_rings_again(
    sessions: sessionmaker[Session], memory: kit.Memory, tmp_path: Path
) -> None:
    tasks.make_app("", tmp_path)
    ringing = make_sessions(
        sessions.kw["bind"], clock=sessions.kw["info"]["clock"], announce=tasks.ring
    )
    begin(ringing)
    assert len(list((tmp_path / "messages").iterdir())) == 1
    tasks.configure(ringing)
    assert tasks.sweep() == 1
    assert len(list((tmp_path / "messages").iterdir())) == 2


@pytest.mark.parametrize("accepts", [False, True], ids=["refusing", "silent"])
def test_a_dead_broker_costs_seconds_and_no_request(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, accepts: bool
) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if accepts:
            server.listen()
        tasks.make_app(f"amqp://guest@127.0.0.1:{server.getsockname()[1]}//", tmp_path)
        before = time.monotonic()
        tasks.ring([1, 2])
        assert time.monotonic() - before < 15
    assert "doorbell did not ring" in caplog.text


def test_messages_are_json_late_acknowledged_one_at_a_time_and_without_results(
    tmp_path: Path,
) -> None:
    conf = tasks.make_app("", tmp_path).conf
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1
    assert conf.accept_content == ["json"]
    assert conf.task_ignore_result
