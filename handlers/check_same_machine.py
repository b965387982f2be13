"""Look whether the instrument may be one that is in the network already."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.entries import entries, same_machine
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    entry_id: UUID = field(metadata=label("入网登记", "Entry"))
    least_score: float = field(metadata=label("疑似门槛", "Score from which it is suspected"))


@dataclass(frozen=True)
class Result:
    same_suspected: bool = field(metadata=label("疑似同一台", "May be the same machine"))
    same_text: str = field(metadata=label("疑似记录", "Records that may be the same"))


@operation(mode="inline", title=("核对是否同一台", "Check for the same machine"))
def check_same_machine(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    entry = entries.read(job.session, params.entry_id)
    found = same_machine.twins(job.session, entry, least=params.least_score)
    return Result(bool(found), "；".join(f"{twin.name}（{twin.score:.2f}）" for twin in found[:5]))
