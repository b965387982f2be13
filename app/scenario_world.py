"""Makes the small world that a process's scenarios take place in, from their ``given`` block."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from app import scenario_measures
from app.doubles.inside import ProviderInside
from app.scenario_life import give_plans, give_purchases, wire_outside
from app.scenario_money import happenings
from app.scenario_orders import place_order
from app.scenario_readings import give_readings
from app.scenario_vouchers import add_pools, add_registers, add_vouchers
from domain.booking.models import Booking
from domain.instruments.models import Instrument
from domain.organisations import actors, regions
from domain.organisations.models import Person, Region, RoleGrant, Unit
from domain.payments import tariffs
from domain.payments.provider import instead
from engine.actors import SYSTEM, UNIT_ROLES
from engine.clock import now
from engine.identity import uuid7
from engine.scenario_file import BadScenario
from engine.scenarios import World

#: Open on working days; scenarios that need other hours say so.
_OFFICE_HOURS = {str(day): [["08:00", "20:00"]] for day in range(1, 6)}


#: What a scenario says of an instrument beside the columns of its row.
_NO_COLUMNS = frozenset({"unit", "managers", "hour_fen"})


_BLOCKS = frozenset(
    {
        *("units", "people", "instruments", "bookings", "orders", "pools", "vouchers", "registers"),
        *("purchases", "national", "sensors", "plans", "readings"),
        *scenario_measures.KEYS,
    }
)


def make_world(session: Session, given: Mapping[str, Any]) -> World:
    """Insert the units, people, instruments, bookings, orders and vouchers of a ``given`` block.

    Raises BadScenario for a block that it does not know.
    """
    unknown = set(given) - _BLOCKS
    if unknown:
        raise BadScenario(f"given: unknown {', '.join(sorted(unknown))}")
    units = {name: _unit(session, name, said) for name, said in given.get("units", {}).items()}
    people = {
        name: _person(session, name, said, units) for name, said in given.get("people", {}).items()
    }
    instruments = {
        name: _instrument(session, name, said, units, people)
        for name, said in given.get("instruments", {}).items()
    }
    wire_outside(given)
    for said in given.get("bookings", []):
        _booking(session, instruments[said["instrument"]], people[said["person"]], said)
    provider = ProviderInside(partial(now, session))
    session.flush()
    items = scenario_measures.give(session, given, instruments, units)
    purchases = give_purchases(session, given, people)
    give_plans(session, given, instruments)
    give_readings(session, given.get("readings", []), instruments)
    orders = {
        name: place_order(
            session, provider, instruments[said["instrument"]], people[said["payer"]], said
        )
        for name, said in given.get("orders", {}).items()
    }
    add_registers(session, given.get("registers", {}), units)
    pools = add_pools(session, given.get("pools", {}))
    issued = add_vouchers(session, given.get("vouchers", {}), pools, units)
    return World(
        people={name: actors.load(session, person.public_id) for name, person in people.items()},
        values={
            **{name: str(person.public_id) for name, person in people.items()},
            **{name: str(instrument.public_id) for name, instrument in instruments.items()},
            **{name: str(unit.public_id) for name, unit in units.items()},
            **items,
            **{name: str(purchase.public_id) for name, purchase in purchases.items()},
            **{name: str(order.public_id) for name, order in orders.items()},
            **{name: str(voucher.public_id) for name, voucher in issued.items()},
        },
        outside=happenings(provider),
        around=lambda: instead(provider),
    )


def _unit(session: Session, name: str, said: Mapping[str, Any]) -> Unit:
    code = str(said["region"])
    if session.get(Region, code) is None:
        session.add(Region(code=code, level="county", name_zh=code, name_en=code))
        session.flush()
    mark = uuid7().hex[-12:].upper()
    unit = Unit(
        uscc=f"SC{mark}ZZZZ",
        code=mark[-4:],
        name_zh=f"{name}（情景 {mark}）",
        name_en=name,
        kind=said.get("kind", "university"),
        region=code,
        gs1_prefix=said.get("gs1_prefix"),
    )
    session.add(unit)
    session.flush()
    return unit


def _person(
    session: Session, name: str, said: Mapping[str, Any], units: Mapping[str, Unit]
) -> Person:
    unit = units[said["unit"]] if "unit" in said else None
    present = now(session)
    person = Person(name=name, unit_id=unit.id if unit else None, created_at=present)
    session.add(person)
    session.flush()
    for text in said.get("roles", ["applicant"]):
        session.add(_grant(person, text, unit, present))
    session.flush()
    return person


def _grant(person: Person, text: str, unit: Unit | None, present: datetime) -> RoleGrant:
    """Read ``role``, ``role@region`` or ``role@region:department``."""
    role, _, place = text.partition("@")
    region, _, department = place.partition(":")
    return RoleGrant(
        person_id=person.id,
        role=role,
        region=region or None,
        department=department or None,
        unit_id=unit.id if unit and role in UNIT_ROLES else None,
        valid_from=present - timedelta(days=1),
        granted_by=SYSTEM.id,
        granted_at=present,
    )


def _instrument(
    session: Session,
    name: str,
    said: Mapping[str, Any],
    units: Mapping[str, Unit],
    people: Mapping[str, Person],
) -> Instrument:
    unit = units[said["unit"]]
    settings = {key: value for key, value in said.items() if key not in _NO_COLUMNS}
    ordinary = {
        "name_zh": name,
        "name_en": name,
        "class_code": "990000",
        "maker": "—",
        "model": "—",
        "worth_fen": 100_000_000,
        "begin_date": now(session).date(),
        "opening": _OFFICE_HOURS,
        "approval": "none",
    }
    instrument = Instrument(
        unit_id=unit.id,
        inner_id=uuid7().hex,
        region=unit.region,
        region_path=regions.path(unit.region),
        manager_ids=[people[one].public_id for one in said.get("managers", [])],
        created_at=now(session),
        **{**ordinary, **settings},
    )
    session.add(instrument)
    session.flush()
    for tier in tariffs.TIERS:
        _price(session, instrument, tier, said.get("hour_fen", {}).get(tier))
    return instrument


def _price(session: Session, instrument: Instrument, tier: tariffs.Tier, fen: int | None) -> None:
    if fen is not None:
        tariffs.publish(
            session,
            instrument,
            tariffs.Price("hour", tier, fen),
            valid_from=instrument.begin_date,
            by=SYSTEM,
            approval_note="scenario",
        )


def _booking(
    session: Session, instrument: Instrument, person: Person, said: Mapping[str, Any]
) -> None:
    session.add(
        Booking(
            instrument_id=instrument.id,
            person_id=person.public_id,
            person_unit_id=person.unit_id,
            external=person.unit_id != instrument.unit_id,
            during=Range(said["start"], said["end"], bounds="[)"),
            status=said.get("status", "confirmed"),
            created_at=now(session),
            unit_id=instrument.unit_id,
            region_path=instrument.region_path,
        )
    )
