"""Put an approved instrument into the network, not shared yet."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.entries import registration
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    entry_id: UUID = field(metadata=label("入网登记", "Entry"))


@dataclass(frozen=True)
class Result:
    instrument_id: UUID = field(metadata=label("仪器", "Instrument"))


@operation(mode="inline", title=("登记入网", "Register the instrument"))
def register_instrument(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    return Result(registration.register(job.session, params.entry_id).public_id)
