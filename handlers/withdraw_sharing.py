"""Give up a sharing plan that is not published."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.sharing import publishing
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    plan_id: UUID = field(metadata=label("开放方案", "Plan"))


@dataclass(frozen=True)
class Result:
    plan_status: str = field(metadata=label("方案状态", "Status of the plan"))


@operation(mode="inline", title=("撤回开放方案", "Withdraw the plan"))
def withdraw_sharing(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    return Result(publishing.withdraw(job.session, params.plan_id).status)
