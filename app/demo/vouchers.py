"""The demo's innovation vouchers: pools, the lists of enterprises, and what became of vouchers.

Each voucher's story is told with clocks that stand in the past, through the domain's own verbs,
so the ledger of the demo is as right as any other. Enterprises named 演示 are invented.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from app.demo import organisations
from app.demo.tables import public_id, rows
from domain import vouchers
from domain.organisations import Unit, uscc
from domain.vouchers import Claim, Pool, Voucher, Wish, register
from engine.actors import SYSTEM
from engine.clock import FixedClock, now
from engine.db import make_sessions, set_scope

#: Region of a pool → its yearly budget in fen.
_BUDGETS = {
    "330000": 2_000_000_000,
    "330100": 800_000_000,
    "330200": 600_000_000,
    "330602": 100_000_000,
    "331083": 100_000_000,
}
_NAMES = {
    "330000": "省级创新券",
    "330100": "杭州市创新券",
    "330200": "宁波市创新券",
    "330602": "越城区创新券",
    "331083": "玉环市创新券",
}
_CAP = 20_000_000
#: Enterprises among the demo's units, with the stories of their vouchers.
_KNOWN = {
    "0025": ("used", "fresh", "ending"),
    "0037": ("used",),
    "0048": ("reserved",),
    "0056": ("fresh",),
}
_REASONS = {"frozen": "抽查中：检测报告待核", "revoked": "申领材料与登记信息不符"}
#: What a story spends (percent of the face value) and whether that is finished.
_SPENT = {"used": (45, True), "spent": (100, True), "reserved": (30, False), "ending": (20, True)}


@dataclass(frozen=True)
class _Told:
    """A voucher to tell of: whose, which story, which number in the row of all."""

    unit: Unit
    story: str
    number: int

    @property
    def face_fen(self) -> int:
        """Return a face value of 8,000 to 50,000 yuan."""
        return (8 + self.number * 7 % 43) * 100_000


class _Past:
    """Sessions whose clock stands so many days before the platform's present."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.bind = sessions.kw["bind"]
        with sessions() as session:
            self.present = now(session)

    def day(self, ago: int) -> datetime:
        """Return the moment so many days ago."""
        return self.present - timedelta(days=ago)

    def at(self, ago: int) -> sessionmaker[Session]:
        """Return sessions of that moment."""
        return make_sessions(self.bind, clock=FixedClock(self.day(ago)))


def seed(sessions: sessionmaker[Session]) -> bool:
    """Write pools, lists and vouchers unless there are any; tell whether something was written."""
    past = _Past(sessions)
    with past.at(500).begin() as session:
        set_scope(session, SYSTEM)
        if session.scalar(select(Pool.id).limit(1)) is not None:
            return False
        units = _enterprises(session)
        _list(session, units)
        told = list(_stories(session, units))
    for one in told:
        _tell(past, one)
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        vouchers.expire_due(session)
    return True


def _enterprises(session: Session) -> list[tuple[Unit, tuple[str, ...]]]:
    found = [(organisations.by_code(session)[code], stories) for code, stories in _KNOWN.items()]
    for row in rows("enterprises"):
        first = f"91{row['region']}MD{int(row['code']):07d}"
        unit = Unit(
            public_id=public_id("unit", int(row["code"])),
            uscc=first + uscc.check_character(first),
            code=row["code"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            kind="enterprise",
            region=row["region"],
        )
        session.add(unit)
        found.append((unit, (row["story"],)))
    session.flush()
    return found


def _list(session: Session, units: list[tuple[Unit, tuple[str, ...]]]) -> None:
    lines = [
        register.Row(unit.uscc, unit.name_zh, unit.region, date(2020, 1, 1)) for unit, _ in units
    ]
    register.import_rows(session, "tech_sme", lines, source="演示：科技型中小企业入库名单")


def _stories(session: Session, units: list[tuple[Unit, tuple[str, ...]]]) -> Iterator[_Told]:
    number = 0
    for unit, stories in units:
        for story in stories:
            number += 1
            session.refresh(unit)
            yield _Told(unit, story, number)


def _pool(session: Session, region: str) -> Pool:
    """Return the pool that pays for a region: its own, its city's or the province's."""
    own = next((r for r in (region, f"{region[:4]}00") if r in _BUDGETS), "330000")
    year = vouchers.today(session).year
    pool = vouchers.open_pool(session, region=own, year=year, name=_NAMES[own])
    return vouchers.change_budget(
        session,
        pool.public_id,
        by_fen=_BUDGETS[own],
        reason=f"{year} 年度预算",
        key=f"demo:budget:{own}:{year}",
    )


def _tell(past: _Past, one: _Told) -> None:
    # An expired voucher began last year; one that ends soon, eleven months ago.
    begun = {"expired": 400, "ending": 350}.get(one.story, 20 + one.number * 5)
    with past.at(begun).begin() as session:
        set_scope(session, SYSTEM)
        claim = Claim(
            pool_id=_pool(session, one.unit.region).public_id,
            unit_id=one.unit.id,
            face_fen=one.face_fen,
            valid_until=past.day(begun).date() + timedelta(days=365),
            cap_fen=_CAP,
        )
        voucher = vouchers.issue(session, claim, key=f"demo:issue:{one.number}")
    _spend(past, one, voucher, begun)
    _decide(past, one, voucher)


def _spend(past: _Past, one: _Told, voucher: Voucher, begun: int) -> None:
    if one.story not in _SPENT:
        return
    percent, finished = _SPENT[one.story]
    amount = voucher.face_fen * percent // 100
    order = UUID(int=public_id("unit", 90_000 + one.number).int)
    with past.at(begun - 8).begin() as session:
        set_scope(session, SYSTEM)
        carrier = organisations.by_code(session)["0001"]
        wish = Wish(voucher.public_id, order, voucher.unit_id, carrier.id, amount, _CAP)
        vouchers.reserve(session, wish, key=f"demo:reserve:{one.number}")
    if finished:
        with past.at(begun - 12).begin() as session:
            set_scope(session, SYSTEM)
            vouchers.settle(
                session, order_id=order, amount_fen=amount, key=f"demo:settle:{one.number}"
            )


def _decide(past: _Past, one: _Told, voucher: Voucher) -> None:
    verb = {"frozen": vouchers.freeze, "revoked": vouchers.revoke}.get(one.story)
    if verb is None:
        return
    with past.at(3).begin() as session:
        set_scope(session, SYSTEM)
        verb(
            session,
            voucher.public_id,
            by=SYSTEM,
            reason=_REASONS[one.story],
            key=f"demo:{one.story}:{one.number}",
        )
