"""Look up what the voucher rules ask of an applicant's unit: kind, region, lists, what it got."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import vouchers
from domain.organisations.models import Unit
from domain.vouchers import ledger, register
from engine import instances
from engine.contract import Job
from engine.db import as_system
from engine.models import Instance
from engine.operations import label, operation

#: Whose officers handle claims (县科技).
_DEPARTMENT = "science"
_PROVINCE_DIGITS = 2


@dataclass(frozen=True)
class Params:
    applicant: UUID = field(metadata=label("申请人", "Applicant"))


@dataclass(frozen=True)
class Result:
    claim_date: date = field(metadata=label("申领日期", "Day of the claim"))
    enterprise_name: str = field(default="", metadata=label("企业名称", "Enterprise"))
    enterprise_code: str = field(
        default="", metadata=label("统一社会信用代码", "Unified social credit code")
    )
    unit_kind: str = field(default="", metadata=label("单位性质", "Kind of unit"))
    county: str = field(default="", metadata=label("注册地（县）", "County of registration"))
    province: str = field(default="", metadata=label("注册地（省）", "Province of registration"))
    register_known: bool = field(
        default=False, metadata=label("名单已入库", "The lists of the place are here")
    )
    in_register: bool = field(
        default=False,
        metadata=label("列入科技型中小企业或创业团队名单", "Listed as a technology SME or team"),
    )
    excluded: bool = field(default=False, metadata=label("列入失信名单", "Excluded"))
    issued_this_year_fen: int = field(
        default=0, metadata=label("本年度已申领（分）", "Issued this year (fen)")
    )


@operation(mode="inline", title=("核对企业信息", "Check the enterprise"))
def check_enterprise(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    day = vouchers.today(session)
    with as_system(session):
        standing = register.standing(session, params.applicant, on=day)
        unit = standing.unit
        if unit is None:
            return Result(day)
        _place_case(session, job.case_id, unit)
        return Result(
            day,
            enterprise_name=unit.name_zh,
            enterprise_code=unit.uscc,
            unit_kind=unit.kind,
            county=unit.region,
            province=unit.region[:_PROVINCE_DIGITS],
            register_known=standing.known,
            in_register=standing.listed or standing.startup_team,
            excluded=standing.excluded,
            issued_this_year_fen=ledger.issued_in_year(session, unit.id, day.year),
        )


def _place_case(session: Session, case_id: UUID, unit: Unit) -> None:
    """Put the case before the science department of the enterprise's region."""
    case = session.scalars(select(Instance).where(Instance.public_id == case_id)).one()
    case.unit_id, case.region, case.department = unit.id, unit.region, _DEPARTMENT
    case.region_path = instances.region_path(unit.region, _DEPARTMENT)
