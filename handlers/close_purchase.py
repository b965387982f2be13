"""End a purchase review without a conclusion."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from domain.purchases import conclusions
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    purchase_id: UUID = field(metadata=label("购置申报", "Purchase"))
    outcome: Literal["withdrawn", "lapsed", "recorded", "handed_over"] = field(
        metadata=label("情形", "What has happened")
    )


@dataclass(frozen=True)
class Result:
    purchase_status: str = field(metadata=label("申报状态", "Status of the purchase"))


@operation(mode="inline", title=("了结购置申报", "Close the application"))
def close_purchase(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    return Result(conclusions.close(job.session, params.purchase_id, params.outcome).status)
