"""Note which sensor an instrument gets, so that it can be tested."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.entries import registration
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    entry_id: UUID = field(metadata=label("入网登记", "Entry"))
    sensor: str = field(metadata=label("传感器编号", "Sensor"))


@dataclass(frozen=True)
class Result:
    sensor_bound_at: datetime = field(metadata=label("绑定时间", "Bound at"))


@operation(mode="inline", title=("登记传感器", "Note the sensor"))
def bind_sensor(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    registration.bind_sensor(job.session, params.entry_id, params.sensor)
    return Result(job.now)
