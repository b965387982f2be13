"""Close a region's next bulletin period, or say from when on it can be closed."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.booking.opening import local_day
from domain.bulletins import BulletinPeriod, periods
from domain.errors import PeriodNotOver
from domain.measures import Period, bimonth_of
from domain.organisations import regions
from engine.actors import SYSTEM
from engine.contract import Job
from engine.db import as_system
from engine.models import Instance
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    late_days: int = field(metadata=label("等待迟到数据（天）", "Days for late data"))
    region: str = field(default="330000", metadata=label("地区", "Region"))
    period_of: date | None = field(
        default=None, metadata=label("更正的期间内某一天", "A day of the period to correct")
    )


@dataclass(frozen=True)
class Result:
    closed: bool = field(metadata=label("已关账", "Closed"))
    closable_at: datetime = field(metadata=label("可关账时间", "Can be closed from"))
    period_id: UUID | None = field(metadata=label("通报期间", "Period"))
    first_day: date = field(metadata=label("首日", "First day"))
    period_end: date = field(metadata=label("末日", "Last day"))


@operation(mode="inline", title=("通报期间关账", "Close the period"))
def close_period(params: Params, job: Job) -> Result:
    assert job.session is not None  # noqa: S101 - inline operations have the case's transaction
    session = job.session
    _place(session, job.case_id, params.region)
    with as_system(session):
        wanted = _of_case(session, job) or _wanted(session, params)
        until = periods.closes_at(wanted, params.late_days)
        first, last = local_day(wanted.start), wanted.last_day
        try:
            row = periods.close(
                session, params.region, wanted=wanted, late_days=params.late_days, by=SYSTEM,
                case_id=job.case_id,
            )  # fmt: skip
        except PeriodNotOver:
            return Result(False, until, None, first, last)
    return Result(True, until, row.public_id, first, last)


def _wanted(session: Session, params: Params) -> Period:
    if params.period_of is not None:
        return bimonth_of(params.period_of)
    return periods.next_period(session, params.region)


def _of_case(session: Session, job: Job) -> Period | None:
    row = session.scalar(select(BulletinPeriod).where(BulletinPeriod.case_id == job.case_id))
    return Period(row.period_start, row.period_end) if row else None


def _place(session: Session, case_id: UUID, region: str) -> None:
    """Put the case into the region whose officials work on the bulletin."""
    case = session.scalars(select(Instance).where(Instance.public_id == case_id)).one()
    case.region = regions.full_code(region)
    case.region_path = regions.path(case.region)
