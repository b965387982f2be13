"""The Celery tasks: a doorbell for jobs; the job row is the truth and the sweeper rings again."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celery import Celery, shared_task
from kombu.exceptions import KombuError
from sqlalchemy.orm import Session, sessionmaker

from engine import heartbeats, jobs, messages, owners
from engine.actors import SYSTEM
from engine.db import set_scope
from engine.mailbox import ADDRESS, EXCHANGE, QUEUE

log = logging.getLogger(__name__)

#: Seconds that a connection or a publish may take before the doorbell is given up.
PATIENCE = 3


@dataclass
class _Wiring:
    sessions: sessionmaker[Session] | None = None
    app: Celery | None = None


_wiring = _Wiring()


def configure(sessions: sessionmaker[Session]) -> None:
    """Give the tasks of this process their session factory."""
    _wiring.sessions = sessions


def make_app(broker_url: str, folder: Path) -> Celery:
    """Make the Celery app: RabbitMQ where a URL is given, else files in a folder.

    No results, JSON only; a message is acknowledged after its task, and each worker takes one.
    """
    app = Celery("dayi", broker=broker_url or ADDRESS, set_as_current=True)
    app.conf.update(
        task_default_queue=QUEUE,
        task_default_exchange=EXCHANGE,
        task_default_exchange_type="topic" if broker_url else "direct",
        task_default_routing_key=QUEUE,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        accept_content=["json"],
        task_serializer="json",
        task_time_limit=540,
        task_publish_retry=False,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=PATIENCE,
        broker_heartbeat=30,
        broker_transport_options=_rabbitmq() if broker_url else _files(folder),
    )
    _wiring.app = app
    return app


def _rabbitmq() -> dict[str, Any]:
    return {
        "confirm_publish": True,
        "confirm_timeout": PATIENCE,
        "connect_timeout": PATIENCE,
        "read_timeout": PATIENCE,
        "write_timeout": PATIENCE,
    }


def _files(folder: Path) -> dict[str, Any]:
    box, control = folder / "messages", folder / "control"
    box.mkdir(parents=True, exist_ok=True)
    control.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(box),
        "data_folder_out": str(box),
        "control_folder": str(control),
        "polling_interval": 0.05,
        "store_processed": False,
    }


def ring(job_ids: Sequence[int]) -> None:
    """Ring for jobs that were just committed; a failing broker costs a delay, never a request."""
    if _wiring.app is None:
        return
    try:
        for job_id in job_ids:
            # By name, through our own app: the current app of Celery differs from thread to thread.
            _wiring.app.send_task(run_job.name, (job_id,), retry=False, ignore_result=True)
    except (KombuError, OSError) as error:
        log.warning("the doorbell did not ring for %d job(s): %s", len(job_ids), error)


@shared_task(name="dayi.run_job", ignore_result=True)
def run_job(job_id: int) -> bool:
    """Make one attempt at a job: claim, perform, finish, each in its own transaction or none."""
    with _open() as session:
        lease = jobs.claim(session, job_id, owners.myself())
        session.commit()
    if lease is None:
        return False
    outcome = jobs.perform(lease)
    with _open() as session:
        finished = jobs.finish(session, lease, outcome)
        session.commit()
    return finished


@shared_task(name="dayi.sweep", ignore_result=True)
def sweep() -> int:
    """Ring again for due jobs that nobody works on, and match late messages; the number rung."""
    with _open() as session:
        due = messages.due(session)
        session.commit()
    for message_id in due:
        with _open() as session:
            messages.hand_over(session, message_id)
            session.commit()
    with _open() as session:
        found = jobs.sweep(session)
        session.commit()
    ring(found)
    return len(found)


@shared_task(name="dayi.show_life", ignore_result=True)
def show_life() -> None:
    """Record, from inside a worker, that broker and worker do their work."""
    with _open() as session:
        heartbeats.beat(session, "worker")
        session.commit()


def pulse() -> None:
    """Ask the workers for a sign of life; a failing broker is told by its absence."""
    if _wiring.app is None:
        return
    try:
        _wiring.app.send_task(show_life.name, retry=False, ignore_result=True, expires=60)
    except (KombuError, OSError) as error:
        log.warning("the workers could not be asked for a sign of life: %s", error)


def _open() -> Session:
    if _wiring.sessions is None:
        raise RuntimeError("engine.tasks.configure was not called in this process")
    session = _wiring.sessions()
    set_scope(session, SYSTEM)
    return session
