"""Note in the case's history that people were reminded of what waits for them."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    people: list[UUID] = field(metadata=label("提醒谁", "Whom to remind"))
    subject: str = field(metadata=label("事由", "Subject"))


@dataclass(frozen=True)
class Result:
    reminded_at: datetime = field(metadata=label("提醒时间", "Reminded at"))
    reminded_people: int = field(metadata=label("提醒人数", "How many people"))


@operation(mode="job", title=("提醒", "Remind"))
def remind(params: Params, job: Job) -> Result:
    # No letter leaves the house: there is no channel yet, and the history says what was done.
    return Result(job.now, len(params.people))
