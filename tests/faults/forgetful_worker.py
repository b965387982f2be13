"""A worker with the usual mistake, for the sabotage twin of test_kills: it marks a job as done,
commits, and dies before the effect. It is no part of the product."""

import os
import signal

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.worker import app
from engine import jobs
from engine.models import Job


def claim(session: Session, job_id: int, owner: str) -> None:
    """Acknowledge first, work later: the second part never comes."""
    session.execute(update(Job).where(Job.id == job_id).values(status="done"))
    session.commit()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    jobs.claim = claim
    app.worker_main(["worker", "--pool", "threads", "--concurrency", "1", "--loglevel", "WARNING"])
