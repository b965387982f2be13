"""Look up what the booking rules ask: the instrument, the wanted time and the user's conduct."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.booking import bookings, slots
from domain.booking.behaviour import conduct, has_used
from domain.booking.occasions import night_or_weekend
from domain.booking.opening import Interval, local_day
from domain.errors import BookingError
from domain.instruments.models import Instrument
from domain.organisations.models import Person
from engine.contract import Job
from engine.db import as_system
from engine.models import Instance
from engine.operations import label, operation


@dataclass(frozen=True)
class Params:
    instrument_id: UUID = field(metadata=label("仪器", "Instrument"))
    applicant: UUID = field(metadata=label("申请人", "Applicant"))
    start: datetime = field(metadata=label("开始时间", "Start"))
    end: datetime = field(metadata=label("结束时间", "End"))
    day_from: str = field(metadata=label("白天开始", "Office hours begin"))
    day_until: str = field(metadata=label("白天结束", "Office hours end"))
    mode: Literal["occupy", "technical", "commission", "remote"] = field(
        default="occupy", metadata=label("使用方式", "Way of use")
    )


@dataclass(frozen=True)
class Result:
    slot_problem: str = field(metadata=label("仪器规则核对", "Instrument rule broken"))
    use_date: date = field(metadata=label("用机日期", "Day of use"))
    hours: float = field(metadata=label("时长（小时）", "Length in hours"))
    lead_hours: float = field(metadata=label("提前量（小时）", "Notice in hours"))
    instrument_name: str = field(default="", metadata=label("仪器名称", "Instrument's name"))
    managers: list[UUID] = field(
        default_factory=list, metadata=label("机主", "Instrument's managers")
    )
    approval_rule: str = field(default="", metadata=label("机主的审批要求", "Approval rule"))
    own_instrument: bool = field(default=False, metadata=label("本人是机主", "User is manager"))
    internal: bool = field(default=False, metadata=label("本单位用户", "User of the same unit"))
    unit_kind: str = field(default="", metadata=label("用户单位性质", "Kind of the user's unit"))
    first_time: bool = field(default=True, metadata=label("首次使用", "First use"))
    night_or_weekend: bool = field(default=False, metadata=label("夜间或周末", "Night or weekend"))
    no_shows: int = field(default=0, metadata=label("近90天爽约次数", "No-shows in 90 days"))
    late_cancellations: int = field(
        default=0, metadata=label("近90天临期取消次数", "Late cancellations in 90 days")
    )
    open_bookings: int = field(default=0, metadata=label("未完成预约数", "Open bookings"))


@operation(mode="inline", title=("核对预约条件", "Check the booking's conditions"))
def check_booking(params: Params, job: Job) -> Result:
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    wanted = Interval(params.start, params.end)
    with as_system(session):
        instrument = session.scalar(
            select(Instrument).where(Instrument.public_id == params.instrument_id)
        )
        person = session.scalar(
            select(Person).where(Person.public_id == params.applicant, Person.active)
        )
        if instrument is None or person is None:
            return Result("instrument_unknown", *_measures(wanted, job.now))
        _place_case(session, job.case_id, instrument)
        facts = conduct(session, person.public_id)
        return Result(
            _problem(session, instrument, person, params),
            *_measures(wanted, job.now),
            instrument_name=instrument.name_zh,
            managers=list(instrument.manager_ids),
            approval_rule=instrument.approval,
            own_instrument=person.public_id in instrument.manager_ids,
            internal=person.unit_id == instrument.unit_id,
            unit_kind="" if person.unit is None else person.unit.kind,
            first_time=not has_used(session, person.public_id, instrument),
            night_or_weekend=night_or_weekend(session, wanted, (params.day_from, params.day_until)),
            no_shows=facts.no_shows,
            late_cancellations=facts.late_cancellations,
            open_bookings=facts.open,
        )


def _measures(wanted: Interval, now: datetime) -> tuple[date, float, float]:
    hour = timedelta(hours=1)
    return (
        local_day(wanted.start),
        round((wanted.end - wanted.start) / hour, 2),
        round((wanted.start - now) / hour, 2),
    )


def _problem(session: Session, instrument: Instrument, person: Person, params: Params) -> str:
    """Return the code of the first instrument rule that forbids the booking, or ``none``."""
    try:
        bookings.may_book(session, instrument, person, mode=params.mode)
        slots.check(session, instrument, Interval(params.start, params.end))
    except BookingError as refused:
        return refused.code
    return "none"


def _place_case(session: Session, case_id: UUID, instrument: Instrument) -> None:
    """Put the case into the instrument's unit and region, whose people may see it from now on."""
    case = session.scalars(select(Instance).where(Instance.public_id == case_id)).one()
    case.unit_id, case.region = instrument.unit_id, instrument.region
    case.region_path = list(instrument.region_path)
