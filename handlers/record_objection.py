"""Keep the applicant's objection (申辩) to a conclusion."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.purchases import conclusions
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    purchase_id: UUID = field(metadata=label("购置申报", "Purchase"))
    applicant: UUID = field(metadata=label("申报人", "Applicant"))
    text: str = field(metadata=label("申辩内容", "Objection"))


@dataclass(frozen=True)
class Result:
    objected: bool = field(metadata=label("已申辩", "Has objected"))


@operation(mode="inline", title=("登记申辩", "Record the objection"))
def record_objection(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    conclusions.object_to(job.session, params.purchase_id, params.text, by=params.applicant)
    return Result(objected=True)
