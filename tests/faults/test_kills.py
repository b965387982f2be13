"""Web, worker and timers are killed again and again while people work: nothing is lost or doubled.

``test_the_checker_notices_a_worker_that_forgets`` is the sabotage twin: the same chain, kills and
checks with a worker that marks a job done before it has done it.
"""

import os
import random
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select

from app import settings as setting_reader
from app.database import Database, migrate, open_database
from app.demo_chain import BookingDemo, Report
from app.prepare import prepare
from app.settings import Settings
from app.up import Part, child_environment, parts, step, stop_all, wait_until_ready
from app.wiring import open_platform
from engine import history
from engine.actors import SYSTEM
from engine.db import set_scope
from engine.models import Instance, Job

KILLS = 100
HERE = Path(__file__).resolve().parent

pytestmark = [pytest.mark.slow, pytest.mark.servers, pytest.mark.timeout(1500)]


@dataclass
class World:
    """A prepared platform whose parts are children of the test."""

    settings: Settings
    database: Database
    children: list[Part]
    kills: Counter[str] = field(default_factory=Counter)
    killing: bool = True

    def watch(self) -> None:
        for part in self.children:
            part.deaths = 0
            part.watch(child_environment(self.settings, self.database))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    tmp_path.chmod(0o755)
    monkeypatch.setenv("DAYI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAYI_MODE", "demo")
    monkeypatch.setenv("PORT", str(free_port()))
    for name in ("DATABASE_URL", "APP_DATABASE_URL", "BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    settings = setting_reader.read()
    database = open_database(settings)
    migrate(database)
    prepare(settings, database, step)
    made = World(settings, database, parts(settings))
    yield made
    stop_all(made.children)
    database.server.stop()


@contextmanager
def kept_running(world: World) -> Iterator[None]:
    """Restart whatever dies, as the supervisor does, until the block ends."""
    stopped = threading.Event()

    def supervise() -> None:
        while not stopped.is_set():
            world.watch()
            time.sleep(0.05)

    thread = threading.Thread(target=supervise)
    thread.start()
    try:
        wait_until_ready(world.settings, lambda: None)
        yield
    finally:
        stopped.set()
        thread.join()


def kill_one(world: World, chance: random.Random) -> None:
    part = chance.choice(world.children)
    process = part.process
    if process is None or process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGKILL)
    world.kills[part.name] += 1


def killing(world: World, chance: random.Random, at_most: int) -> threading.Thread:
    def run() -> None:
        while world.killing and sum(world.kills.values()) < at_most:
            time.sleep(chance.uniform(0.3, 1.6))
            kill_one(world, chance)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def quiet(fact: dict[str, object]) -> None:
    """Show nothing."""


def faults_of(world: World, reports: list[Report]) -> list[str]:
    """Return everything that was lost or repeated; empty is what we promise."""
    platform = open_platform(world.settings, world.database)
    found = [f"{r.number}: {r.status} {r.outcome} {r.missing}" for r in reports if not r.ok]
    with platform.sessions() as session:
        set_scope(session, SYSTEM)
        for report in reports:
            case = session.scalar(select(Instance).where(Instance.public_id == report.case))
            assert case is not None
            done = Counter(
                (e.kind, e.element_id)
                for e in history.read(session, case.id)
                if e.kind in ("task_completed", "operation_done", "case_started", "case_ended")
            )
            found += [f"{report.number}: {what} {n} times" for what, n in done.items() if n != 1]
            if not history.verify(session, case.id).ok:
                found.append(f"{report.number}: history does not verify")
            open_jobs = session.scalars(
                select(Job).where(Job.instance_id == case.id, Job.status != "done")
            ).all()
            found += [f"{report.number}: job {job.operation} {job.status}" for job in open_jobs]
    platform.sessions.kw["bind"].dispose()
    return found


def test_a_hundred_kills_lose_nothing_and_repeat_nothing(world: World) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    reports: list[Report] = []
    with kept_running(world):
        killer = killing(world, chance, KILLS)
        base = f"http://127.0.0.1:{world.settings.port}"
        while killer.is_alive():
            demo = BookingDemo(base, quiet, skip=len(reports) % 5)
            reports.append(demo.run())
        killer.join()
    note = f"seed {seed}, kills {dict(world.kills)}, cases {len(reports)}"
    assert sum(world.kills.values()) >= KILLS, note
    assert faults_of(world, reports) == [], note


def test_the_checker_notices_a_worker_that_forgets(world: World) -> None:
    worker = next(part for part in world.children if part.name == "worker")
    worker.command = [sys.executable, str(HERE / "forgetful_worker.py")]
    with kept_running(world):
        base = f"http://127.0.0.1:{world.settings.port}"
        report = BookingDemo(base, quiet, patience=20).run()
    assert faults_of(world, [report]) != []
