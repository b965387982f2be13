"""A worker with the usual mistake, for the sabotage twin of test_kills: it marks a job as done,
commits, and dies before the effect. It is no part of the product."""

import os
import signal

from sqlalchemy import update

from app.worker import app
from engine import tasks
from engine.models import Job


@app.task(name="dayi.run_job", ignore_result=True)
def run_job(job_id: int) -> None:
    """Acknowledge first, work later: the second part never comes."""
    with tasks._open() as session:
        session.execute(update(Job).where(Job.id == job_id).values(status="done"))
        session.commit()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    app.worker_main(["worker", "--pool", "threads", "--concurrency", "1", "--loglevel", "WARNING"])
