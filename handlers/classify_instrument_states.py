"""Tell the states of an instrument during a time from its sensor's readings and count oddities."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from engine.contract import BusinessError, Job
from engine.operations import label, operation, own_transaction
from telemetry import anomalies, intervals, telling
from telemetry.errors import NoModel
from telemetry.ports import surroundings
from telemetry.states import OFF, OFFLINE, RULES, RUNNING, STANDBY


@dataclass(frozen=True)
class Params:
    instrument_id: UUID = field(metadata=label("仪器", "Instrument"))
    start: datetime = field(metadata=label("自", "From"))
    end: datetime = field(metadata=label("至（不含）", "To (exclusive)"))
    offline_intervals: float = field(
        default=RULES.offline_intervals,
        metadata=label("离线：采样间隔倍数", "Offline: sampling intervals"),
    )
    offline_least_minutes: float = field(
        default=RULES.offline_least_minutes,
        metadata=label("离线：至少分钟", "Offline: at least minutes"),
    )
    long_offline_hours: float = field(
        default=RULES.long_offline_hours,
        metadata=label("久离线：小时", "Long offline: hours"),
    )
    long_standby_hours: float = field(
        default=RULES.long_standby_hours,
        metadata=label("久待机：小时", "Long standby: hours"),
    )


@dataclass(frozen=True)
class Result:
    running_hours: float = field(metadata=label("开机小时", "Hours running"))
    standby_hours: float = field(metadata=label("待机小时", "Hours on standby"))
    off_hours: float = field(metadata=label("关机小时", "Hours off"))
    offline_hours: float = field(metadata=label("离线小时（未知）", "Hours offline (unknown)"))
    model_version: int = field(metadata=label("模型版本", "Model version"))
    long_offline: int = field(metadata=label("久离线", "Long offline"))
    odd_hours: int = field(metadata=label("非开放时间开机", "Running at odd hours"))
    running_without_booking: int = field(metadata=label("无预约开机", "Running without booking"))
    booking_without_running: int = field(metadata=label("有预约未开机", "Booking without running"))
    long_standby: int = field(metadata=label("久待机", "Long standby"))
    closed: bool = field(metadata=label("含已封账时段", "Part of it is closed"))


@operation(
    mode="job",
    title=("识别仪器状态", "Classify instrument states"),
    errors=("no_state_model", "empty_period"),
)
def classify_instrument_states(params: Params, job: Job) -> Result:
    if params.end <= params.start:
        raise BusinessError("empty_period", "the end is not after the start")
    rules = RULES.with_values(
        offline_intervals=params.offline_intervals,
        offline_least_minutes=params.offline_least_minutes,
        long_offline_hours=params.long_offline_hours,
        long_standby_hours=params.long_standby_hours,
    )
    port = surroundings()
    with own_transaction() as session:
        place = port.place(session, params.instrument_id)
        try:
            told = telling.tell(session, place, params.start, params.end, rules)
        except NoModel as missing:
            raise BusinessError("no_state_model", str(missing)) from missing
        uses = port.uses(session, place, params.start, params.end)
        opened = port.open_times(session, place, params.start, params.end)
    total = intervals.hours(told.intervals)
    found = anomalies.find(told.intervals, uses, opened, rules)
    return Result(
        running_hours=round(total[RUNNING], 2),
        standby_hours=round(total[STANDBY], 2),
        off_hours=round(total[OFF], 2),
        offline_hours=round(total[OFFLINE], 2),
        model_version=told.model_version,
        closed=told.closed,
        **anomalies.counts(found),
    )
