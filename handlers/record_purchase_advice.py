"""Keep with the purchase what the search found and what the tables advise."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.purchases import applications
from engine.contract import Job
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    purchase_id: UUID = field(metadata=label("购置申报", "Purchase"))
    run_id: UUID = field(metadata=label("查重记录", "Search run"))
    verdict: dict[str, Any] = field(metadata=label("查重结论", "Verdict"))
    route: dict[str, Any] = field(metadata=label("评议方式", "Route"))
    reasons: list[str] = field(metadata=label("理由", "Reasons"))
    facts: dict[str, Any] = field(metadata=label("查重事实", "Facts of the search"))


@dataclass(frozen=True)
class Result:
    advice_text: str = field(metadata=label("系统建议", "Advice in words"))


@operation(mode="inline", title=("留存系统建议", "Keep the system's advice"))
def record_purchase_advice(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    applications.keep_advice(
        job.session,
        params.purchase_id,
        run_id=params.run_id,
        advice={
            "verdict": params.verdict,
            "route": params.route,
            "reasons": params.reasons,
            "facts": params.facts,
        },
    )
    return Result("；".join(dict.fromkeys(params.reasons)))
