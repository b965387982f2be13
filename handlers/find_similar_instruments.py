"""Search the network for instruments like the wanted one and keep the search as evidence."""

from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.dedup import runs
from domain.dedup.models import DedupHit, DedupRun
from domain.lexicon.entries import Entry
from domain.organisations.models import Person
from engine.contract import Job
from engine.db import as_system
from engine.operations import label, operation

_MOST_HITS = 100


@dataclass(frozen=True)
class Params:
    name: str = field(metadata=label("仪器名称", "Instrument's name"))
    applicant: UUID = field(metadata=label("申请人", "Applicant"))
    model_from: float = field(
        metadata=label("同型号概率下限", "Least probability of the same model")
    )
    function_from: float = field(
        metadata=label("同功能概率下限", "Least probability of the same function")
    )
    model: str = field(default="", metadata=label("规格型号", "Model"))
    maker: str = field(default="", metadata=label("生产厂商", "Maker"))
    class_code: str = field(default="", metadata=label("分类编码", "Class code"))
    specs: str = field(default="", metadata=label("技术指标", "Specifications"))
    searched_in: Literal["unit", "province"] = field(
        default="province", metadata=label("查重范围", "Where to search")
    )
    top: int = field(default=20, metadata=label("列出数量", "Hits listed"))
    own_instrument: UUID | None = field(
        default=None, metadata=label("本仪器（不计入）", "Own instrument, left out")
    )


@dataclass(frozen=True)
class Result:
    dedup_run: UUID = field(metadata=label("查重记录", "Search kept"))
    dedup_version: str = field(metadata=label("算法版本", "Version of the algorithm"))
    searched: int = field(metadata=label("检索范围台数", "Instruments searched"))
    same_model_count: int = field(metadata=label("同型号台数", "Of the same model"))
    similar_count: int = field(metadata=label("同功能台数", "Of the same function"))
    reachable_count: int = field(metadata=label("其中可共享台数", "Of these shared and working"))
    mean_hours: float = field(
        metadata=label("其中可共享的年均机时", "Mean hours a year of those shared")
    )
    best_same_model: float = field(metadata=label("最高同型号概率", "Best probability: model"))
    best_same_function: float = field(
        metadata=label("最高同功能概率", "Best probability: function")
    )
    data_quality: float = field(metadata=label("申请信息完整度", "Share of fields stated"))
    similar: list[dict[str, Any]] = field(
        default_factory=list, metadata=label("相似仪器", "Similar instruments")
    )


@operation(mode="inline", title=("查找相似仪器", "Find similar instruments"))
def find_similar_instruments(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    wanted = Entry(
        name=params.name,
        model=params.model,
        maker=params.maker,
        category=params.class_code,
        specs=params.specs,
    )
    made = runs.run(session, _wish(session, wanted, params, job))
    with as_system(session):
        hits = list(made.hits)
    return _result(made, hits, wanted)


def _wish(session: Session, wanted: Entry, params: Params, job: Job) -> runs.Wish:
    with as_system(session):
        person = session.scalar(select(Person).where(Person.public_id == params.applicant))
        unit = person.unit if person else None
    return runs.Wish(
        wanted,
        requested_by=params.applicant,
        unit_id=unit.id if unit else None,
        region=unit.region if unit else None,
        case_id=job.case_id,
        searched_in=params.searched_in,
        top=max(1, min(params.top, _MOST_HITS)),
        model_from=params.model_from,
        function_from=params.function_from,
        leave_out=params.own_instrument,
    )


def _result(made: DedupRun, hits: list[DedupHit], wanted: Entry) -> Result:
    similar = [hit for hit in hits if hit.same_function >= made.function_from]
    reachable = [hit for hit in similar if hit.availability["reachable"]]
    hours = [float(hit.availability["hours"]) for hit in reachable]
    return Result(
        dedup_run=made.public_id,
        dedup_version=made.algorithm,
        searched=made.searched,
        same_model_count=sum(hit.same_model >= made.model_from for hit in hits),
        similar_count=len(similar),
        reachable_count=len(reachable),
        mean_hours=round(sum(hours) / len(hours), 2) if hours else 0.0,
        best_same_model=max((hit.same_model for hit in hits), default=0.0),
        best_same_function=max((hit.same_function for hit in hits), default=0.0),
        data_quality=_quality(wanted),
        similar=[_row(hit) for hit in hits],
    )


def _quality(wanted: Entry) -> float:
    stated = (wanted.kinds, wanted.model, wanted.made_by, wanted.class_code, wanted.measures)
    return round(sum(bool(each) for each in stated) / len(stated), 2)


def _row(hit: DedupHit) -> dict[str, Any]:
    """Return what forms and tables show of a hit; the whole of it lies in the kept search."""
    facts = hit.availability
    said = [reason for reason in hit.reasons if reason["effect"] in ("agrees", "near", "differs")]
    return {
        "rank": hit.rank,
        "instrument_id": str(hit.instrument_id),
        "name": facts["name"],
        "model": hit.snapshot["model"],
        "maker": hit.snapshot["maker"],
        "unit": facts["unit"],
        "same_model": hit.same_model,
        "same_function": hit.same_function,
        "reachable": facts["reachable"],
        "hours": facts["hours"],
        "why": "；".join(reason["zh"] for reason in said),
        "why_en": "; ".join(reason["en"] for reason in said),
    }
