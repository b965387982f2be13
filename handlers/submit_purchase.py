"""Keep a purchase application as the next revision and check its form."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select

from domain.organisations import actors
from domain.purchases import Application, Purchase, applications
from domain.purchases.errors import NotEntitled
from engine.contract import BusinessError, Job
from engine.db import as_system
from engine.models import Instance
from engine.operations import label, operation
from engine.values import ZONE

_FEN_PER_WAN = 1_000_000


@dataclass(frozen=True)
class Params:
    application: Application = field(metadata=label("申报内容", "Application"))
    applicant: UUID = field(metadata=label("申报人", "Applicant"))
    splitting_months: int = field(metadata=label("查拆分的月数", "Months searched for splitting"))
    splitting_wan: list[float] = field(
        metadata=label("拆分门槛（万元）", "Thresholds for splitting (10,000 yuan)")
    )


@dataclass(frozen=True)
class Result:
    purchase_id: UUID = field(metadata=label("购置申报", "Purchase"))
    revision: int = field(metadata=label("第几稿", "Revision"))
    form_problems: list[str] = field(metadata=label("形式审查问题", "Problems of the form"))
    form_complete: bool = field(metadata=label("形式齐全", "Form complete"))
    application_date: date = field(metadata=label("申报日期", "Day of application"))
    unit_name: str = field(metadata=label("申报单位", "Applying unit"))
    unit_kind: str = field(metadata=label("单位类型", "Kind of unit"))
    total_wan: float = field(metadata=label("总预算（万元）", "Total budget (10,000 yuan)"))
    splitting: bool = field(metadata=label("疑似拆分", "Looks like a split purchase"))


@operation(
    mode="inline",
    title=("登记购置申报", "Register the purchase application"),
    errors=("not_entitled",),
)
def submit_purchase(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    by = actors.load(session, params.applicant)
    try:
        revision = applications.submit(session, job.case_id, params.application, by=by)
    except NotEntitled as refused:
        raise BusinessError(refused.code, str(refused)) from refused
    rule = applications.Splitting(
        params.splitting_months, [round(wan * _FEN_PER_WAN) for wan in params.splitting_wan]
    )
    with as_system(session):
        purchase = revision.purchase
        _place_case(job, purchase)
        found = applications.problems(session, revision, rule)
        return Result(
            purchase_id=purchase.public_id,
            revision=revision.number,
            form_problems=found,
            form_complete=not found,
            application_date=job.now.astimezone(ZONE).date(),
            unit_name=purchase.unit.name_zh,
            unit_kind=purchase.unit.kind,
            total_wan=revision.set_budget_fen * revision.quantity / _FEN_PER_WAN,
            splitting=bool(applications.split_with(session, revision, rule)),
        )


def _place_case(job: Job, purchase: Purchase) -> None:
    """Put the case into the applicant's unit and region, whose people may see it from now on."""
    assert job.session is not None  # noqa: S101 - as above
    case = job.session.scalars(select(Instance).where(Instance.public_id == job.case_id)).one()
    case.unit_id, case.region = purchase.unit_id, purchase.unit.region
    case.region_path = list(purchase.region_path)
