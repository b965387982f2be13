"""Look up the idle instrument that a remediation is about and give the case to its unit."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select

from domain.booking.opening import local_day
from domain.bulletins import remeasuring, wording
from domain.organisations import regions
from engine.contract import BusinessError, Job
from engine.db import as_system
from engine.errors import NotFound
from engine.models import Instance
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    item_id: UUID = field(metadata=label("认定记录", "Verdict"))


@dataclass(frozen=True)
class Result:
    instrument_id: UUID = field(metadata=label("仪器", "Instrument"))
    instrument_name: str = field(metadata=label("仪器名称", "Instrument's name"))
    unit_name: str = field(metadata=label("单位名称", "Unit's name"))
    bulletin_months: str = field(metadata=label("通报期间", "Months of the bulletin"))
    running_hours: float = field(metadata=label("期间开机小时", "Hours it ran"))
    started_on: date = field(metadata=label("启动日期", "Started on"))


@operation(mode="inline", title=("登记整改对象", "Place the remediation"), errors=("not_idle",))
def place_remediation(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    session = job.session
    with as_system(session):
        try:
            item = remeasuring.read_item(session, params.item_id)
        except NotFound as missing:
            raise BusinessError("not_idle", "no such verdict") from missing
        if item.verdict != "idle" or item.bulletin.status == "draft":
            raise BusinessError("not_idle", "not idle in a published bulletin")
        remeasuring.attach_case(session, item, job.case_id)
        instrument = item.instrument
        case = session.scalars(select(Instance).where(Instance.public_id == job.case_id)).one()
        case.unit_id, case.region = instrument.unit_id, instrument.region
        case.region_path = regions.path(instrument.region)
        return Result(
            instrument.public_id,
            instrument.name_zh,
            instrument.unit.name_zh,
            wording.span(item.bulletin.content),
            float(item.running_hours),
            local_day(job.now),
        )
