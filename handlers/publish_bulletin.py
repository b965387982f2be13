"""Publish a signed bulletin under the next document number."""

from dataclasses import dataclass, field
from uuid import UUID

from domain import deciders
from domain.bulletins import publishing, read, wording
from engine.actors import SYSTEM
from engine.contract import Job
from engine.operations import label, operation, own_transaction


@dataclass(frozen=True)
class Params:
    bulletin_id: UUID = field(metadata=label("通报", "Bulletin"))
    signed_in: str = field(metadata=label("签发任务", "Task of the signature"))


@dataclass(frozen=True)
class Result:
    document_number: str = field(metadata=label("发文字号", "Document number"))


@operation(mode="job", title=("发布通报", "Publish the bulletin"))
def publish_bulletin(params: Params, job: Job) -> Result:
    with own_transaction() as session:
        signer = deciders.of_task(session, job.case_id, params.signed_in)
        bulletin = read(session, params.bulletin_id)
        publishing.publish(session, bulletin, signed_by=signer.id, by=SYSTEM)
        return Result(wording.number(bulletin))
