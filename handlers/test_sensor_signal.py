"""Ask whether a sensor has sent enough since it was bound."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.entries import registration, signals
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    entry_id: UUID = field(metadata=label("入网登记", "Entry"))
    sensor: str = field(metadata=label("传感器编号", "Sensor"))
    since: datetime = field(metadata=label("从何时起", "Since"))
    least_samples: int = field(metadata=label("最少采样数", "Samples at least"))


@dataclass(frozen=True)
class Result:
    signal: str = field(metadata=label("信号", "Signal"))
    samples: int = field(metadata=label("采样数", "Samples"))


@operation(mode="inline", title=("测试传感器信号", "Test the sensor's signal"))
def test_sensor_signal(params: Params, job: Job) -> Result:
    """``not_wired`` says that no telemetry is connected here: the approver reads that plainly."""
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    heard = signals.listen(
        session, params.sensor, params.since, job.now, least_samples=params.least_samples
    )
    registration.note_signal(session, params.entry_id, heard.signal)
    return Result(heard.signal, heard.samples)
