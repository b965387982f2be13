"""Issue the GS1 asset code (GIAI) of an entry."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.entries import codes
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    entry_id: UUID = field(metadata=label("入网登记", "Entry"))


@dataclass(frozen=True)
class Result:
    giai: str = field(metadata=label("资产编码", "Asset code"))


@operation(mode="inline", title=("核发资产编码", "Issue the asset code"))
def issue_asset_code(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    return Result(codes.issue(job.session, params.entry_id))
