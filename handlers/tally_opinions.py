"""Count the experts' opinions on a purchase."""

from dataclasses import dataclass, field
from uuid import UUID

from domain.purchases import opinions
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    purchase_id: UUID = field(metadata=label("购置申报", "Purchase"))
    agree_share: float = field(metadata=label("同意比例", "Share that must agree"))


@dataclass(frozen=True)
class Result:
    opinion_count: int = field(metadata=label("意见数", "Opinions"))
    support_count: int = field(metadata=label("支持数", "In support"))
    support_share: float = field(metadata=label("支持比例", "Share in support"))
    panel_advice: str = field(metadata=label("专家组意见", "Advice of the panel"))


@operation(mode="inline", title=("汇总专家意见", "Count the opinions"))
def tally_opinions(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    found = opinions.tally(job.session, params.purchase_id, agree_share=params.agree_share)
    return Result(found.opinions, found.support, found.share, found.advice)
