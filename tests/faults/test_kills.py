"""Web, worker, timers and the payment provider are killed again and again while people work and
pay: nothing is lost or doubled, and order, voucher ledger and provider agree to the fen.

``test_the_checker_notices_a_worker_that_forgets`` is the sabotage twin: the same chain and checks
with a worker that marks a job done and dies before it has done it.
"""

import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.demo_chain import BookingDemo, Report
from app.wiring import open_platform
from engine import history
from engine.actors import SYSTEM
from engine.db import set_scope
from engine.models import Instance, Job
from tests.running import Running, kept_running, prepared

KILLS = 100
#: These happen exactly once in a case, whatever is killed.
ONCE = ("case_started", "case_ended", "task_completed", "operation_done", "decision_evaluated")
#: What a payer may do again while the provider's notice is late.
REPEATABLE = frozenset({"pay", "check_payment"})
FORGOTTEN = "but its effect is not there"
HERE = Path(__file__).resolve().parent

pytestmark = [pytest.mark.slow, pytest.mark.servers, pytest.mark.timeout(1500)]


@pytest.fixture
def running() -> Iterator[Running]:
    with prepared() as made:
        yield made


def kill_one(running: Running, chance: random.Random) -> None:
    part = chance.choice(running.children)
    process = part.process
    if process is None or process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGKILL)
    running.kills[part.name] += 1


def killing(running: Running, chance: random.Random) -> threading.Thread:
    def run() -> None:
        while sum(running.kills.values()) < KILLS:
            time.sleep(chance.uniform(0.2, 1.4))
            kill_one(running, chance)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def quiet(fact: dict[str, object]) -> None:
    """Show nothing."""


def faults_of(running: Running, reports: list[Report]) -> list[str]:
    """Return everything that was lost or repeated; empty is what we promise."""
    platform = open_platform(running.settings, running.database)
    found = [f"{r.number}: {r.status} {r.outcome} {r.missing}" for r in reports if not r.ok]
    with platform.sessions() as session:
        set_scope(session, SYSTEM)
        cases = session.scalars(select(Instance)).all()
        if len(cases) != len(reports):
            found.append(f"{len(cases)} cases for {len(reports)} requests")
        for case in cases:
            events = history.read(session, case.id)
            done = Counter((e.kind, e.element_id) for e in events if e.kind in ONCE)
            found += [
                f"{case.number}: {what} {n} times"
                for what, n in done.items()
                if n != 1 and what[1] not in REPEATABLE
            ]
            if not history.verify(session, case.id).ok:
                found.append(f"{case.number}: history does not verify")
        for job in session.scalars(select(Job)):
            if job.status != "done":
                found.append(f"job {job.operation}: {job.status}")
            told = [e.element_id for e in history.read(session, job.instance_id)
                    if e.kind == "operation_done"]  # fmt: skip
            if job.element_id not in told:
                found.append(f"job {job.operation}: {job.status} {FORGOTTEN}")
    platform.sessions.kw["bind"].dispose()
    return found


def test_a_hundred_kills_lose_nothing_and_repeat_nothing(running: Running) -> None:
    seed = random.SystemRandom().randrange(10**6)
    reports: list[Report] = []
    with kept_running(running):
        killer = killing(running, random.Random(seed))
        while killer.is_alive():
            reports.append(BookingDemo(running.base, quiet, skip=len(reports) % 5).run())
        killer.join()
    note = f"seed {seed}, kills {dict(running.kills)}, cases {len(reports)}"
    assert sum(running.kills.values()) >= KILLS, note
    assert faults_of(running, reports) == [], note


def test_the_checker_notices_a_worker_that_forgets(running: Running) -> None:
    worker = next(part for part in running.children if part.name == "worker")
    worker.command = [sys.executable, str(HERE / "forgetful_worker.py")]
    with kept_running(running):
        report = BookingDemo(running.base, quiet, patience=30).run()
    assert f"job open_payment: done {FORGOTTEN}" in faults_of(running, [report])
