"""Look up the instrument that is watched for a day and give the case to its unit."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain import instruments
from domain.booking.opening import local_day
from domain.instruments.models import Instrument
from domain.organisations import actors
from engine.actors import UNIT_ROLES, Actor, Scope, covers
from engine.contract import BusinessError, Job
from engine.db import as_system
from engine.errors import NotFound
from engine.models import Instance
from engine.operations import label, operation

#: A case is one instrument on one day.
_DAY = timedelta(days=1)
_STARTERS = UNIT_ROLES | {"department_officer", "department_leader"}


@dataclass(frozen=True)
class Params:
    instrument_id: UUID = field(metadata=label("仪器", "Instrument"))
    starter: UUID = field(metadata=label("启动人", "Who starts it"))
    watch_from: datetime = field(metadata=label("自", "From"))
    watch_to: datetime = field(metadata=label("至（不含）", "To (exclusive)"))


@dataclass(frozen=True)
class Result:
    instrument_name: str = field(metadata=label("仪器名称", "Instrument's name"))
    managers: list[UUID] = field(metadata=label("机主", "Instrument's managers"))
    watch_day: date = field(metadata=label("监测日期", "Day watched"))
    returns: int = field(metadata=label("已退回次数", "Times sent back"))


@operation(
    mode="inline",
    title=("登记监测对象", "Place the monitoring"),
    errors=("monitoring_refused",),
)
def place_monitoring(params: Params, job: Job) -> Result:
    """``refused_because``: no_instrument, not_yours, not_a_day, not_over."""
    session = job.session
    assert session is not None  # noqa: S101 - inline operations have the case's transaction
    by = actors.load(session, params.starter)
    with as_system(session):
        instrument = _instrument(session, params, by)
        _demand_a_day(params, job.now)
        case = session.scalars(select(Instance).where(Instance.public_id == job.case_id)).one()
        case.unit_id, case.region = instrument.unit_id, instrument.region
        case.region_path = list(instrument.region_path)
        return Result(
            instrument.name_zh,
            list(instrument.manager_ids),
            local_day(params.watch_from),
            returns=0,
        )


def _instrument(session: Session, params: Params, by: Actor) -> Instrument:
    """Return the instrument, where this person's role reaches it."""
    try:
        instrument = instruments.read(session, params.instrument_id)
    except NotFound as missing:
        raise _refused("no_instrument") from missing
    scope = Scope(instrument.region, instrument.unit_id)
    if not any(grant.role in _STARTERS and covers(grant, scope) for grant in by.grants):
        raise _refused("not_yours")
    return instrument


def _demand_a_day(params: Params, present: datetime) -> None:
    if not timedelta(0) < params.watch_to - params.watch_from <= _DAY:
        raise _refused("not_a_day")
    if params.watch_to > present:
        raise _refused("not_over")


def _refused(reason: str) -> BusinessError:
    return BusinessError("monitoring_refused", reason, refused_because=reason)
