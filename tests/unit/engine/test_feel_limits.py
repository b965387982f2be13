"""The isolate is limited, survives its limits, and belongs to one process."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine import feel
from engine.errors import ExpressionFailed

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[3]

ENDLESS = "count(for i in 1..1000000000 return i)"
BOMB = (
    "for a in 1..3000, b in 1..3000 return "
    '[string(a), "一二三四五六七八九十一二三四五六七八九十", {a: a, b: b}]'
)


@pytest.fixture
def patient(monkeypatch):
    """A time limit so long that only the memory limit can stop an expression."""
    monkeypatch.setattr(feel, "TIME_LIMIT_SECONDS", 60)
    monkeypatch.setattr(feel, "MEMORY_LIMIT_BYTES", 64 * 1024 * 1024)
    feel.close()
    yield
    feel.close()


def test_an_endless_expression_is_stopped_and_the_next_one_works():
    started = time.monotonic()
    with pytest.raises(ExpressionFailed) as failed:
        feel.evaluate(ENDLESS, {}, now=NOW)
    assert failed.value.params["kind"] == "time_limit"
    assert failed.value.params["expression"] == ENDLESS
    assert time.monotonic() - started < 10
    assert feel.evaluate("1 + 1", {}, now=NOW) == 2


def test_an_expression_that_eats_memory_is_stopped_and_the_next_one_works(patient):
    with pytest.raises(ExpressionFailed) as failed:
        feel.evaluate(BOMB, {}, now=NOW)
    assert failed.value.params["kind"] == "memory_limit"
    assert feel.evaluate("1 + 1", {}, now=NOW) == 2


def test_a_pattern_that_never_ends_is_stopped():
    with pytest.raises(ExpressionFailed) as failed:
        feel.matches("^(a+)+$", "a" * 40 + "b")
    assert failed.value.params["kind"] == "time_limit"
    assert feel.matches("^a+$", "aaa") is True


def test_four_threads_get_their_own_answers():
    wrong: list[int] = []

    def work(number: int) -> None:
        for step in range(50):
            value = number * 1000 + step
            if feel.evaluate("x + 1", {"x": value}, now=NOW) != value + 1:
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not wrong
    assert not any(thread.is_alive() for thread in threads)


def test_an_event_loop_of_the_calling_thread_does_not_matter():
    feel.close()

    async def first_use() -> object:
        return feel.evaluate("1 + 1", {}, now=NOW)

    # On a thread of its own: the browser tests leave a loop running on this one.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(lambda: asyncio.run(first_use())).result() == 2
    # The loop is gone; an isolate bound to it would never answer again.
    assert feel.evaluate("2 + 2", {}, now=NOW) == 4


def _wait(child: int, seconds: float) -> int | None:
    """Return a child's exit status, or None after killing one that hangs."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_makes_an_isolate_of_its_own():
    assert feel.evaluate("1", {}, now=NOW) == 1
    child = os.fork()
    if child == 0:
        os._exit(0 if feel.evaluate("20 + 22", {}, now=NOW) == 42 else 1)
    assert _wait(child, 30) == 0
    assert feel.evaluate("1", {}, now=NOW) == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_that_used_its_parents_isolate_would_hang():
    """The sabotage twin of the test above: what the pid check protects from."""
    assert feel.evaluate("1", {}, now=NOW) == 1
    inherited = feel._isolate
    child = os.fork()
    if child == 0:
        inherited.call('{"op":"functions"}', 1.0)
        os._exit(0)
    assert _wait(child, 4) is None


def test_a_process_that_used_and_forked_ends_by_itself():
    program = """
import os, sys
from datetime import datetime, UTC
from engine import feel
now = datetime(2026, 11, 23, tzinfo=UTC)
feel.evaluate("1", {}, now=now)
child = os.fork()
if child:
    os.waitpid(child, 0)
print(feel.evaluate("40 + 2", {}, now=now), flush=True)
sys.exit(0)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["42", "42"]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_results_do_not_depend_on_the_zone_of_the_process(zone):
    program = """
from datetime import datetime, UTC
from engine import feel
now = datetime(2026, 11, 23, 1, tzinfo=UTC)
for dialect in ("engine", "form"):
    for text in ('date and time("2026-11-23T09:00:00") - date and time("2026-11-23T00:00:00Z")',
                 "today()", "now().hour", 'time("09:00:00")'):
        print(feel.attempt([(text, False)], {}, now=now, dialect=dialect)[0])
"""
    answers = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "TZ": name},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for name in (zone, "Asia/Shanghai")
    ]
    assert answers[0] == answers[1]


def test_large_contexts_do_not_fill_the_heap():
    before = feel._isolate
    rows = [{"text": "y" * 90, "number": number} for number in range(300)]
    for step in range(300):
        assert feel.evaluate("count(rows)", {"rows": rows, "step": step}, now=NOW) == 300
    assert feel._isolate is (before or feel._isolate)
