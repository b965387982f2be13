"""Speed of one engine step with history and commit, beside the bare library on the same diagram.

    .venv/bin/dayi bench engine --json

One process, embedded PostgreSQL with fsync on. ``step_*`` times ``user_tasks.complete`` from the
open session to the end of the commit; ``library_step_median_ms`` times ``task.run`` and
``do_engine_steps`` of SpiffWorkflow alone, in memory, on the same diagram in the same run (its
conditions written in Python, because the library knows no FEEL).
"""

import json
import shutil
import statistics
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

import click
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from sqlalchemy.orm import Session, sessionmaker  # noqa: E402

from app.database import embedded, migrate  # noqa: E402
from engine import definitions, instances, user_tasks  # noqa: E402
from engine.actors import SYSTEM, Actor  # noqa: E402
from engine.clock import SystemClock  # noqa: E402
from engine.db import connect, make_sessions, set_scope  # noqa: E402
from engine.identity import uuid7  # noqa: E402

PERSON = Actor(id=uuid7(), name="测速")


def publish(sessions: sessionmaker[Session]) -> None:
    resources = [
        definitions.read_file(HERE / "engine.bpmn"),
        definitions.read_file(HERE / "engine.form"),
    ]
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        definitions.publish(session, resources, actor=SYSTEM, note="bench")


def run_case(sessions: sessionmaker[Session]) -> tuple[float, list[float]]:
    """Run one case; return the milliseconds of its start and of each of its three steps."""
    begun = time.perf_counter()
    with sessions.begin() as session:
        set_scope(session, PERSON)
        case = instances.start(session, "bench", actor=PERSON)
    started = (time.perf_counter() - begun) * 1000
    steps = []
    for _ in range(3):
        with sessions.begin() as session:
            set_scope(session, PERSON)
            task = next(t for t in user_tasks.waiting(session, PERSON) if t.instance_id == case.id)
            task_id = task.public_id
        begun = time.perf_counter()
        with sessions.begin() as session:
            set_scope(session, PERSON)
            user_tasks.complete(session, task_id, {"amount": 200, "note": "好"}, actor=PERSON)
        steps.append((time.perf_counter() - begun) * 1000)
    return started, steps


def library_steps(cases: int) -> list[float]:
    """Milliseconds of each step of the bare library, in memory."""
    text = (HERE / "engine.bpmn").read_text("utf-8")
    text = text.replace(">=amount &gt; 100<", ">amount &gt; 100<").replace(">P2D<", '>"P2D"<')
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.parse(BytesIO(text.encode())), "engine.bpmn")
    spec = parser.get_spec("bench")
    steps = []
    for _ in range(cases):
        workflow = BpmnWorkflow(spec)
        workflow.do_engine_steps()
        for _ in range(3):
            task = workflow.get_next_task(state=TaskState.READY, manual=True)
            begun = time.perf_counter()
            task.data.update({"amount": 200, "note": "好"})
            task.run()
            workflow.do_engine_steps()
            steps.append((time.perf_counter() - begun) * 1000)
        assert workflow.is_completed()
    return steps


def measure(cases: int) -> dict[str, float]:
    """Run warm-up and measured cases; return the figures."""
    folder = Path(tempfile.mkdtemp(prefix="dayi-bench-"))
    folder.chmod(0o755)
    try:
        database = embedded(folder / "postgres")
        migrate(database)
        sessions = make_sessions(connect(database.app_url), clock=SystemClock())
        publish(sessions)
        for _ in range(20):
            run_case(sessions)
        starts, steps = [], []
        begun = time.perf_counter()
        for _ in range(cases):
            started, taken = run_case(sessions)
            starts.append(started)
            steps += taken
        seconds = time.perf_counter() - begun
        sessions.kw["bind"].dispose()
        database.server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    library = library_steps(cases)
    step = statistics.median(steps)
    peer = statistics.median(library)
    return {
        "cases": cases,
        "step_median_ms": round(step, 3),
        "step_p99_ms": round(statistics.quantiles(steps, n=100)[98], 3),
        "steps_per_s": round(len(steps) / sum(steps) * 1000, 1),
        "wall_steps_per_s": round(len(steps) / seconds, 1),
        "start_median_ms": round(statistics.median(starts), 3),
        "library_step_median_ms": round(peer, 3),
        "step_median_ms_peer": round(peer, 3),
        "step_median_ms_ratio": round(step / peer, 2),
    }


@click.command()
@click.option("--json", "as_json", is_flag=True)
@click.option("--cases", default=300, help="measured cases of three steps each")
def main(as_json: bool, cases: int) -> None:
    """Print the figures."""
    figures = measure(cases)
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<26}{value}")


if __name__ == "__main__":
    main()
