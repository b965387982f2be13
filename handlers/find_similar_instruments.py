"""Look for instruments of the network like the one that is wanted."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.booking.models import Booking
from domain.instruments.models import Instrument
from engine.contract import Job
from engine.db import as_system
from engine.operations import label, operation

_CLASS_DIGITS = 4


@dataclass(frozen=True)
class Params:
    name: str = field(metadata=label("仪器名称", "Name"))
    class_code: str = field(metadata=label("分类代码", "Class code"))
    specs: str = field(default="", metadata=label("技术指标", "Specifications"))
    maker: str = field(default="", metadata=label("厂家", "Maker"))
    model: str = field(default="", metadata=label("型号", "Model"))
    top: int = field(default=10, metadata=label("最多列几台", "How many at most"))


@dataclass(frozen=True)
class Result:
    run_id: UUID = field(metadata=label("查重记录", "Search run"))
    similar_count: int = field(metadata=label("同类仪器数", "Similar instruments"))
    best_same_model: float = field(metadata=label("同型号相似度", "Likeness: same model"))
    best_same_function: float = field(metadata=label("同功能相似度", "Likeness: same function"))
    shared_reachable: bool = field(metadata=label("有可用的共享仪器", "A shared one is in reach"))
    mean_hours: float | None = field(metadata=label("平均有效机时", "Mean effective hours"))
    data_quality: float = field(metadata=label("数据质量", "Data quality"))
    summary_zh: str = field(metadata=label("查重摘要", "Summary (Chinese)"))
    summary_en: str = field(metadata=label("查重摘要（英文）", "Summary"))


@operation(mode="inline", title=("查找同类仪器", "Find similar instruments"))
def find_similar_instruments(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    with as_system(session):
        found = _same_kind(session, params)
        hours = _hours(session, found)
    same_model = any(params.model and one.model == params.model for one in found)
    return Result(
        run_id=job.case_id,
        similar_count=len(found),
        best_same_model=1.0 if same_model else 0.0,
        best_same_function=1.0 if found else 0.0,
        shared_reachable=any(one.share_mode == "external" for one in found),
        mean_hours=hours,
        data_quality=_quality(found),
        summary_zh=f"同名同类仪器 {len(found)} 台",
        summary_en=f"{len(found)} instruments of the same name and class",
    )


def _same_kind(session: Session, params: Params) -> list[Instrument]:
    query = (
        select(Instrument)
        .where(
            Instrument.class_code.startswith(params.class_code[:_CLASS_DIGITS]),
            Instrument.name_zh == params.name,
            Instrument.lifecycle == "online",
        )
        .order_by(Instrument.id)
        .limit(params.top)
    )
    return list(session.scalars(query))


def _hours(session: Session, found: list[Instrument]) -> float | None:
    if not found:
        return None
    minutes = session.scalar(
        select(func.sum(Booking.use_minutes)).where(
            Booking.instrument_id.in_([one.id for one in found])
        )
    )
    return None if minutes is None else round(minutes / 60 / len(found), 1)


def _quality(found: list[Instrument]) -> float:
    if not found:
        return 1.0
    full = sum(bool(one.specs and one.functions and one.maker) for one in found)
    return round(full / len(found), 2)
