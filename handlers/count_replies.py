"""Count what the units said of a bulletin's draft."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.bulletins import publishing, read
from engine.contract import Job
from engine.db import as_system
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    bulletin_id: UUID = field(metadata=label("通报", "Bulletin"))


@dataclass(frozen=True)
class Result:
    confirmed: int = field(metadata=label("无异议单位数", "Units that confirmed"))
    objections: int = field(metadata=label("有异议单位数", "Units that object"))
    silent: int = field(metadata=label("未答复单位数", "Units without reply"))


@operation(mode="inline", title=("汇总单位核对意见", "Count the units' replies"))
def count_replies(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(job.session):
        counts = publishing.replies(job.session, read(job.session, params.bulletin_id))
    return Result(counts["confirmed"], counts["objection"], counts[""])
