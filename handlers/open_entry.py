"""Open the entry of an instrument into the network, with what is known already."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from domain.entries import Entry, entries
from domain.entries.entries import AssetCard, Origin
from domain.entries.errors import EntryNotEntitled
from domain.organisations import actors
from engine.contract import BusinessError, Job
from engine.db import as_system
from engine.models import Instance
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    applicant: UUID = field(metadata=label("经办人", "Who enters it"))
    asset_no: str = field(metadata=label("资产编号", "Asset number"))
    name: str = field(metadata=label("资产名称", "Name in the ledger"))
    worth_wan: float = field(metadata=label("原值（万元）", "Worth (10,000 yuan)"))
    accepted_on: date = field(metadata=label("验收日期", "Day of acceptance"))
    serial_no: str | None = field(default=None, metadata=label("出厂编号", "Serial number"))
    purchase_id: UUID | None = field(default=None, metadata=label("购置申报", "Purchase"))
    instrument_id: UUID | None = field(default=None, metadata=label("存量仪器", "Existing stock"))


@dataclass(frozen=True)
class Result:
    entry_id: UUID = field(metadata=label("入网登记", "Entry"))
    manager: UUID = field(metadata=label("机主", "Instrument manager"))
    fields: dict[str, Any] = field(metadata=label("入网信息", "Fields"))
    unit_name: str = field(metadata=label("管理单位", "Unit"))


@operation(mode="inline", title=("登记入网申请", "Open the entry"), errors=("entry_not_entitled",))
def open_entry(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    card = AssetCard(
        params.asset_no, params.name, params.worth_wan, params.accepted_on, params.serial_no
    )
    origin = Origin(params.purchase_id, params.instrument_id)
    by = actors.load(session, params.applicant)
    try:
        entry = entries.open_entry(session, job.case_id, card, origin, by=by)
    except EntryNotEntitled as refused:
        raise BusinessError(
            refused.code, str(refused), refused_because=refused.params["reason"]
        ) from refused
    with as_system(session):
        _place_case(job, entry)
        return Result(entry.public_id, entry.manager_id, dict(entry.fields), entry.unit.name_zh)


def _place_case(job: Job, entry: Entry) -> None:
    """Put the case into the unit and its region, whose people may see it from now on."""
    assert job.session is not None  # noqa: S101 - as above
    case = job.session.scalars(select(Instance).where(Instance.public_id == job.case_id)).one()
    case.unit_id, case.region = entry.unit_id, entry.unit.region
    case.region_path = list(entry.region_path)
