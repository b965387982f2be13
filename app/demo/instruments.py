"""The demo's instruments: real kinds, makers and models, spread over the units by a fixed seed."""

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from app.demo import organisations
from app.demo.accounts import ACCOUNTS, BY_LOGIN
from app.demo.tables import SINCE, public_id, rows
from domain.booking import Qualification
from domain.instruments import Instrument, giai
from domain.organisations import Person, Unit, regions
from domain.payments import Tariff
from engine.actors import SYSTEM

_FEN_PER_WAN = 1_000_000
_ALWAYS_APPROVED_ABOVE = 1000 * _FEN_PER_WAN
_QUALIFIED_ABOVE = 300 * _FEN_PER_WAN
_AREA_CODES = {
    "3301": "0571", "3302": "0574", "3303": "0577", "3304": "0573", "3305": "0572",
    "3306": "0575", "3307": "0579", "3308": "0570", "3309": "0580", "3310": "0576",
    "3311": "0578",
}  # fmt: skip
_OFFICE = [["08:30", "12:00"], ["13:30", "17:30"]]
_THROUGH = [["08:30", "17:30"]]
_LONG = [["08:00", "22:00"]]
_ALWAYS = [["00:00", "24:00"]]
#: (weekday hours, weekend hours, longest booking in minutes, how often among ten)
_OPENINGS: tuple[tuple[list[list[str]], list[list[str]], int, int], ...] = (
    (_THROUGH, [], 480, 4),
    (_OFFICE, [], 240, 2),
    (_LONG, _THROUGH, 480, 2),
    (_ALWAYS, _ALWAYS, 1440, 2),
)
_SHARE = ("external",) * 17 + ("internal",) * 2 + ("none",)
_STATUS = ("normal",) * 17 + ("occasional_fault",) * 2 + ("repair",)
#: tier → percent of the listed hour price (internal 1.0, research 1.3, enterprise 2.0 times cost).
_TIERS = (("internal", 50), ("public_research", 65), ("enterprise", 100))
_ROOMS = ("分析测试中心", "公共技术平台", "实验楼", "科研楼", "仪器共享平台")
#: Who has been trained, and on which of the instruments that ask for it in which units.
_TRAINED = (
    ("zhangwei", "0001", 6),
    ("wangsiqi", "0006", 5),
    ("linxiaofeng", "0027", 4),
    ("lijuan", "0001", 2),
)


@dataclass(frozen=True)
class _Place:
    """A unit and what its instruments share."""

    unit: Unit
    region_name: str
    managers: list[Person]


def seed(session: Session) -> None:
    """Write the instruments and qualifications that are not there yet."""
    known = set(session.scalars(select(Instrument.public_id)))
    units = organisations.by_code(session)
    places = {code: _place(session, unit) for code, unit in units.items()}
    made: list[tuple[Instrument, int, int]] = []
    for row in rows("units"):
        place = places[row["code"]]
        for serial, (kind, draw) in enumerate(_chosen(row), start=1):
            number = int(row["code"]) * 1000 + serial
            if public_id("instrument", number) not in known:
                instrument = _instrument(place, kind, draw, number)
                made.append((instrument, int(kind["hour"]) * 100, number))
    session.add_all(instrument for instrument, _, _ in made)
    session.flush()
    for each in made:
        session.add_all(_tariffs(*each))
    session.flush()
    _qualify(session, units)


def _place(session: Session, unit: Unit) -> _Place:
    names = regions.names(session)
    city, county = names[unit.region[:4] + "00"][0], names[unit.region][0]
    logins = [account.person_id for account in ACCOUNTS if account.role == "instrument_manager"]
    managers = session.scalars(
        select(Person)
        .where(Person.unit_id == unit.id, Person.public_id.in_(logins))
        .order_by(Person.public_id)
    ).all()
    return _Place(unit, city + county, list(managers))


def _chosen(row: dict[str, str]) -> list[tuple[dict[str, str], Random]]:
    """Return the kinds of instruments of a unit, each with its own source of chance."""
    fields = set(row["fields"].split())
    fitting = [kind for kind in rows("kinds") if fields & set(kind["fields"].split())]
    chance = Random(f"unit {row['code']}")  # noqa: S311 - reproducible data, no secret
    first, rest = fitting[:1], fitting[1:]
    chance.shuffle(rest)
    many = (first + rest) * 3
    return [
        (kind, Random(f"instrument {row['code']} {position}"))  # noqa: S311 - as above
        for position, kind in enumerate(many[: int(row["count"])])
    ]


def _instrument(place: _Place, kind: dict[str, str], chance: Random, number: int) -> Instrument:
    maker, model, nation = chance.choice(kind["models"].split(" / ")).split(";")
    year = chance.randint(2012, 2025)
    worth = chance.randint(int(kind["low"]) * 10, int(kind["high"]) * 10) * _FEN_PER_WAN // 10
    manager = place.managers[number % len(place.managers)]
    unit = place.unit
    return Instrument(
        public_id=public_id("instrument", number),
        giai=giai.make(organisations.GS1_PREFIX, unit.code, year, number % 1000),
        unit=unit,
        inner_id=f"{year}{number % 1000:05d}",
        name_zh=kind["name_zh"],
        name_en=kind["name_en"],
        class_code=kind["class_code"],
        maker=maker,
        model=model,
        nation=nation,
        specs=kind["specs"],
        functions=kind["functions"],
        services=kind["services"],
        rules="面向社会开放，预约优先；样品须注明危险性，易挥发、易爆样品不予受理。",
        worth_fen=worth,
        begin_date=date(year, chance.randint(1, 12), chance.randint(1, 28)),
        region=unit.region,
        region_path=regions.path(unit.region),
        address=f"{place.region_name}{unit.address} {_room(chance)}",
        contact=manager.name,
        phone=f"{_AREA_CODES[unit.region[:4]]}-8800{number % 10000:04d}",
        manager_ids=[manager.public_id],
        created_at=SINCE,
        **_terms(kind, worth, chance),
    )


def _tariffs(instrument: Instrument, hour_fen: int, number: int) -> list[Tariff]:
    """Return the instrument's hour prices: what it costs, 1.3 times and twice that (assumed)."""
    return [
        Tariff(
            public_id=public_id("tariff", number * 10 + position),
            instrument_id=instrument.id,
            item="hour",
            tier=tier,
            price_fen=hour_fen * percent // 100,
            valid=Range(SINCE.date(), None, bounds="[)"),
            published_at=SINCE,
            published_by=SYSTEM.id,
            approval_note="演示数据",
            unit_id=instrument.unit_id,
            region_path=list(instrument.region_path),
        )
        for position, (tier, percent) in enumerate(_TIERS)
    ]


def _room(chance: Random) -> str:
    floor, door = chance.randint(1, 6), chance.randint(1, 20)
    return f"{chance.choice(_ROOMS)}{chance.choice('ABC')}{floor}{door:02d}"


def _terms(kind: dict[str, str], worth: int, chance: Random) -> dict[str, Any]:
    """Return how the instrument opens; the province's first kind is always easy to book."""
    weights = [opening[3] for opening in _OPENINGS]
    weekday, weekend, most, _ = chance.choices(_OPENINGS, weights)[0]
    share, status = chance.choice(_SHARE), chance.choice(_STATUS)
    qualified = kind["qualified"] == "1"
    if kind is rows("kinds")[0]:
        weekday, weekend, most, share, status, qualified = (
            _THROUGH,
            [],
            480,
            "external",
            "normal",
            False,
        )
    hours = {str(day): weekday if day <= 5 else weekend for day in range(1, 8)}  # noqa: PLR2004 - Friday
    always = worth > _ALWAYS_APPROVED_ABOVE
    return {
        "share_mode": share,
        "run_status": status,
        "opening": hours,
        "open_on_holidays": weekday is _ALWAYS,
        "min_minutes": 60,
        "max_minutes": most,
        "step_minutes": 30,
        "notice_minutes": chance.choice((0, 0, 60, 120)),
        "horizon_days": chance.choice((14, 30, 30, 60)),
        "approval": "always"
        if always
        else "first_time"
        if qualified or worth > _QUALIFIED_ABOVE
        else "none",
        "needs_qualification": qualified and worth > _QUALIFIED_ABOVE,
    }


def _qualify(session: Session, units: dict[str, Unit]) -> None:
    known = set(session.scalars(select(Qualification.public_id)))
    number = 0
    for login, code, count in _TRAINED:
        wanted = (
            select(Instrument)
            .where(Instrument.unit_id == units[code].id, Instrument.needs_qualification)
            .order_by(Instrument.public_id)
            .limit(count)
        )
        for instrument in session.scalars(wanted):
            number += 1
            if public_id("qualification", number) not in known:
                session.add(_qualification(login, instrument, number))


def _qualification(login: str, instrument: Instrument, number: int) -> Qualification:
    return Qualification(
        public_id=public_id("qualification", number),
        person_id=BY_LOGIN[login].person_id,
        instrument_id=instrument.id,
        evidence="上机培训考核合格",
        valid_from=SINCE,
        granted_by=SYSTEM.id,
        unit_id=instrument.unit_id,
        region_path=instrument.region_path,
    )
