"""End an entry without registering the instrument."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from domain.entries import entries
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    entry_id: UUID = field(metadata=label("入网登记", "Entry"))
    outcome: Literal["exempt", "withdrawn", "merged"] = field(
        metadata=label("情形", "What has happened")
    )


@dataclass(frozen=True)
class Result:
    entry_status: str = field(metadata=label("入网状态", "Status of the entry"))


@operation(mode="inline", title=("了结入网登记", "Close the entry"))
def close_entry(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    return Result(entries.close(job.session, params.entry_id, params.outcome).status)
