"""What people in the demo province want, and what they write into forms."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from domain.booking.models import Booking
from domain.booking.opening import Interval, local_day
from domain.booking.qualifications import is_qualified
from domain.booking.slots import free_slots, is_bookable
from domain.instruments.models import Instrument
from domain.organisations.models import Person
from engine.clock import now
from engine.values import tag

#: How a visit goes, and how often among a hundred.
STORIES = {
    "finished": 41, "unrated": 8, "silent": 6, "returned": 5, "no_show": 6, "cancelled": 8,
    "cancelled_late": 5, "rejected": 6, "unanswered": 4, "refused": 5, "taken": 3, "unpaid": 3,
}  # fmt: skip
_PURPOSES = (
    "测定地表水中全氟化合物的含量，课题样品十二个",
    "观察催化剂颗粒的形貌与元素分布",
    "蛋白质组学样品的定性分析，含两个空白对照",
    "合金断口形貌观察，配合疲劳试验",
    "聚合物热稳定性测试，升温至六百摄氏度",
    "新合成配体的氢谱和碳谱",
    "土壤重金属消解液的多元素测定",
    "薄膜物相分析，掠入射",
    "活细胞钙成像，连续观察两小时",
    "锂电池正极材料的晶体结构精修数据采集",
    "中药提取物指纹图谱，方法学验证",
    "茶叶农残筛查，企业委托样品",
    "纳米药物粒径与电位测定",
    "织物表面含氟整理剂的确认",
    "海洋沉积物有机碳同位素",
    "半导体外延片位错密度观察",
)
_NOTES = ("", "", "常温保存，已研磨过筛", "需低温保存，现场取出", "易潮，请提前烘干样品台")
_RESULTS = (
    "样品全部测完，谱图与积分结果见附件，重复性良好。",
    "数据已导出为原始格式和表格两份，存放于平台附件。",
    "两个样品信号偏弱，已延长采集时间，结论见报告第三页。",
    "完成图像采集二十四幅，标尺与参数写在文件名中。",
    "按标准方法完成测试，质控样回收率在允许范围内。",
)
_COMMENTS = {
    5: ("老师很耐心，数据可靠", "预约方便，仪器状态好", "结果比预计的快"),
    4: ("整体不错，排队稍久", "数据可用，报告可以再细一些"),
    3: ("仪器中途重启过一次", "沟通来回较多"),
    2: ("等待时间太长",),
}
_LONGEST = timedelta(hours=6)


@dataclass(frozen=True)
class Wish:
    """A time that somebody wants, and the rest of the request."""

    instrument_id: UUID
    start: datetime
    end: datetime
    mode: str
    purpose: str
    sample_note: str
    hazardous: bool

    def data(self) -> dict[str, Any]:
        """Return the start form's data."""
        return {
            "instrument_id": str(self.instrument_id),
            "start": tag(self.start),
            "end": tag(self.end),
            "mode": self.mode,
            "purpose": self.purpose,
            "sample_note": self.sample_note,
            "hazardous": self.hazardous,
        }


def choose_story(chance: Random) -> str:
    """Choose how a visit is meant to go."""
    return chance.choices(list(STORIES), list(STORIES.values()))[0]


def wish(
    session: Session, person_id: UUID, story: str, chance: Random, manager: UUID | None = None
) -> Wish | None:
    """Choose an instrument and a time that suit the story; None where nothing is free.

    With ``manager`` only that manager's instruments are looked at.
    """
    person = session.scalars(select(Person).where(Person.public_id == person_id)).one()
    if story == "taken":
        return _somebody_elses(session, person, chance)
    for instrument in _candidates(session, person, chance, manager):
        if story == "refused":
            start = now(session) + timedelta(days=instrument.horizon_days + 20)
            start = start.replace(minute=0, second=0, microsecond=0)
            return _complete(session, person, instrument, Interval(start, start + _HOUR), chance)
        first = local_day(now(session)) + timedelta(days=chance.randint(2 if manager else 1, 6))
        slots = free_slots(session, instrument, first, 4)
        if slots:
            wanted = _part(instrument, chance.choice(slots), chance)
            return _complete(session, person, instrument, wanted, chance)
    return None


_HOUR = timedelta(hours=1)


def _candidates(
    session: Session, person: Person, chance: Random, manager: UUID | None
) -> list[Instrument]:
    """Return a few instruments, more often than not of the person's own unit."""
    own = manager is None and chance.random() < 0.65  # noqa: PLR2004 - a share
    query = select(Instrument.id).where(
        Instrument.unit_id == person.unit_id if own else Instrument.share_mode == "external",
        Instrument.manager_ids.contains([manager]) if manager else true(),
        Instrument.share_mode != "none",
        func.cardinality(Instrument.manager_ids) > 0,
    )
    found = session.scalars(query.order_by(Instrument.id)).all()
    chosen = [session.get_one(Instrument, one) for one in chance.sample(found, min(5, len(found)))]
    return [instrument for instrument in chosen if is_bookable(instrument)]


def _somebody_elses(session: Session, person: Person, chance: Random) -> Wish | None:
    query = select(Booking).where(
        Booking.status == "confirmed",
        func.lower(Booking.during) > now(session) + timedelta(days=1),
        Booking.person_id != person.public_id,
    )
    open_to = [
        booking
        for booking in session.scalars(query.order_by(Booking.id))
        if booking.instrument.share_mode == "external"
    ]
    if not open_to:
        return None
    booking = chance.choice(open_to)
    time = Interval(booking.start, booking.end)
    return _complete(session, person, booking.instrument, time, chance)


def _part(instrument: Instrument, slot: Interval, chance: Random) -> Interval:
    """Return a part of a free slot that lies on the instrument's grid."""
    step = timedelta(minutes=instrument.step_minutes)
    least = -(-timedelta(minutes=instrument.min_minutes) // step)
    whole = (slot.end - slot.start) // step
    most = max(least, min(whole, _LONGEST // step))
    steps = min(whole, chance.randint(least, most))
    start = slot.start + chance.randint(0, whole - steps) * step
    return Interval(start, start + steps * step)


def _complete(
    session: Session, person: Person, instrument: Instrument, time: Interval, chance: Random
) -> Wish:
    alone = not instrument.needs_qualification or is_qualified(
        session, person.public_id, instrument
    )
    modes = ("occupy", "occupy", "technical") if alone else ("technical", "commission")
    return Wish(
        instrument_id=instrument.public_id,
        start=time.start,
        end=time.end,
        mode=chance.choice(modes),
        purpose=chance.choice(_PURPOSES),
        sample_note=chance.choice(_NOTES),
        hazardous=chance.random() < 0.05,  # noqa: PLR2004 - a share
    )


def answer(
    element: str, story: str, wanted: Wish, at: datetime, chance: Random
) -> tuple[datetime | None, dict[str, Any] | None]:
    """Return when somebody does a task and what they write; None where nobody does."""
    if (element, story) in _NEVER:
        return None, None
    wait, data = _ANSWERS[element](story, chance)
    if element == "check_in":
        return max(at, wanted.start + wait), data
    if element == "check_out":
        return max(at + timedelta(minutes=20), wanted.end - wait), data
    return at + wait, data


_NEVER = {
    ("approve", "unanswered"),
    ("pay", "unpaid"),
    ("check_in", "no_show"),
    ("check_in", "cancelled"),
    ("check_in", "cancelled_late"),
    ("confirm_result", "silent"),
    ("rate", "unrated"),
    ("rate", "silent"),
}

Answer = tuple[timedelta, dict[str, Any]]


def _minutes(chance: Random, least: int, most: int) -> timedelta:
    return timedelta(minutes=chance.randint(least, most))


def _approve(story: str, chance: Random) -> Answer:
    wait = _minutes(chance, 20, 16 * 60)
    if story == "rejected":
        why = chance.choice(("该时段安排检修", "样品类型不适合本仪器", "请先完成培训"))
        return wait, {"approval_decision": "rejected", "approval_comment": why}
    return wait, {"approval_decision": "approved", "approval_note": ""}


def _choose_voucher(_: str, chance: Random) -> Answer:
    # The first voucher of the list, more often than not; the caller fills it in.
    wanted = "voucher" if chance.random() < 0.8 else "none"  # noqa: PLR2004 - a share
    return _minutes(chance, 1, 8), {"offset_choice": wanted}


def _pay(_: str, chance: Random) -> Answer:
    return _minutes(chance, 1, 15), {}


def _check_in(_: str, chance: Random) -> Answer:
    return _minutes(chance, -10, 15), {
        "rules_accepted": True,
        "sample_count": chance.randint(1, 24),
    }


def _check_out(_: str, chance: Random) -> Answer:
    if chance.random() < 0.06:  # noqa: PLR2004 - a share
        faulty = {"instrument_state": "abnormal", "fault_note": "真空度下降，重启后恢复"}
        return _minutes(chance, 0, 10), faulty
    data = {"instrument_state": "normal", "measured_count": chance.randint(1, 24)}
    return _minutes(chance, 0, 20), data


def _upload(_: str, chance: Random) -> Answer:
    return _minutes(chance, 180, 56 * 60), {"result_summary": chance.choice(_RESULTS)}


def _confirm(story: str, chance: Random) -> Answer:
    wait = _minutes(chance, 60, 50 * 60)
    if story == "returned":
        return wait, {"result_decision": "returned", "return_reason": "缺少原始数据文件，请补充"}
    return wait, {"result_decision": "accepted"}


def _rate(_: str, chance: Random) -> Answer:
    score = chance.choices((5, 4, 3, 2), (52, 33, 11, 4))[0]
    data: dict[str, Any] = {
        "score": score,
        "anonymous": chance.random() < 0.15,  # noqa: PLR2004 - a share
        **{name: min(5, score + chance.choice((-1, 0, 0, 1))) for name in _DIMENSIONS},
    }
    if chance.random() < 0.6:  # noqa: PLR2004 - a share
        data["rating_comment"] = chance.choice(_COMMENTS[score])
    return _minutes(chance, 30, 60 * 60), data


_DIMENSIONS = ("quality", "timeliness", "attitude")
_ANSWERS = {
    "approve": _approve,
    "choose_voucher": _choose_voucher,
    "pay": _pay,
    "pay_difference": _pay,
    "check_in": _check_in,
    "check_out": _check_out,
    "upload_result": _upload,
    "confirm_result": _confirm,
    "rate": _rate,
}
