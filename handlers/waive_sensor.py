"""Let an instrument into the network without a sensor."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.entries import registration
from engine import history
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    entry_id: UUID = field(metadata=label("入网登记", "Entry"))
    task: str = field(metadata=label("由哪个任务同意", "Task in which it was granted"))
    reason: str = field(metadata=label("理由", "Reason"))


@dataclass(frozen=True)
class Result:
    waived: bool = field(metadata=label("免装传感器", "Sensor waived"))


@operation(mode="inline", title=("登记免装传感器", "Waive the sensor"))
def waive_sensor(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    by = job.actor or history.doer(session, job.case_id, params.task)
    if by is None:
        raise LookupError(f"nobody has completed {params.task}")
    return Result(registration.waive(session, params.entry_id, params.reason, by=by).waived)
