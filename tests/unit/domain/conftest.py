"""A small world: two units, four people, one instrument that opens on working days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.orm import Session

from app.database import Database
from domain.instruments import Instrument, catalogue
from domain.organisations import Person, Unit, regions, uscc
from engine.actors import SYSTEM, Actor, Grant
from engine.clock import FixedClock
from engine.db import connect, make_sessions, set_scope

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
OPEN = {str(day): [["08:30", "12:00"], ["13:30", "17:30"]] for day in range(1, 6)}


@dataclass
class World:
    session: Session
    unit: Unit
    other: Unit
    manager: Person
    user: Person
    outsider: Person
    administrator: Person
    instrument: Instrument

    def actor(self, person: Person, *grants: Grant) -> Actor:
        return Actor(person.public_id, person.name, grants or (Grant("applicant"),))

    def managing(self) -> Actor:
        return self.actor(self.manager, Grant("instrument_manager", unit_id=self.unit.id))

    def change(self, **values: Any) -> Instrument:
        for name, value in values.items():
            setattr(self.instrument, name, value)
        self.session.flush()
        return self.instrument


def a_unit(session: Session, number: int, name: str, region: str, kind: str) -> Unit:
    first = f"12{region}MD{number:07d}"
    unit = Unit(
        uscc=first + uscc.check_character(first),
        code=f"{number:04d}",
        name_zh=name,
        name_en=f"Unit {number}",
        kind=kind,
        region=region,
    )
    session.add(unit)
    session.flush()
    return unit


def a_person(session: Session, name: str, unit: Unit | None) -> Person:
    person = Person(
        name=name, unit_id=unit.id if unit else None, email="a@example.cn", created_at=LONG_AGO
    )
    session.add(person)
    session.flush()
    return person


def an_instrument(session: Session, unit: Unit, **values: Any) -> Instrument:
    fields: dict[str, Any] = {
        "inner_id": "2020001",
        "name_zh": "场发射扫描电子显微镜",
        "name_en": "Field-emission scanning electron microscope",
        "class_code": "010103",
        "maker": "Zeiss",
        "model": "Gemini 300",
        "worth_fen": 300_000_000,
        "begin_date": date(2020, 1, 1),
        "opening": OPEN,
        "max_minutes": 240,
        "approval": "none",
    }
    instrument = Instrument(
        unit_id=unit.id,
        region=unit.region,
        region_path=regions.path(unit.region),
        created_at=LONG_AGO,
        **{**fields, **values},
    )
    session.add(instrument)
    session.flush()
    return instrument


class Build:
    """Builders for tests that want another world."""

    unit = staticmethod(a_unit)
    person = staticmethod(a_person)
    instrument = staticmethod(an_instrument)


@pytest.fixture
def build() -> type[Build]:
    return Build


@pytest.fixture(autouse=True)
def index_folder(tmp_path: Path) -> Iterator[Path]:
    """An index of the test's own, because its rows are rolled back."""
    catalogue.configure(tmp_path)
    yield tmp_path
    catalogue.configure(None)


@pytest.fixture(scope="session")
def domain_engine(template: Database) -> Iterator[Engine]:
    """One database for all tests of this folder: each rolls back what it did."""
    admin_url = make_url(template.owner_url).set(username="postgres", database="postgres")
    admin = connect(admin_url.render_as_string(hide_password=False), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("create database dayi_domain template template_dayi"))
    url = make_url(template.app_url).set(database="dayi_domain")
    engine = connect(url.render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text("drop database dayi_domain with (force)"))
    admin.dispose()


@pytest.fixture
def session(domain_engine: Engine, clock: FixedClock) -> Iterator[Session]:
    """One open transaction in system scope, rolled back at the end."""
    with make_sessions(domain_engine, clock=clock)() as open_session:
        set_scope(open_session, SYSTEM)
        yield open_session
        open_session.rollback()


@pytest.fixture
def world(session: Session) -> World:
    unit = a_unit(session, 1, "甲大学", "330106", "university")
    other = a_unit(session, 2, "乙公司", "330211", "enterprise")
    manager = a_person(session, "王芳", unit)
    instrument = an_instrument(session, unit, manager_ids=[manager.public_id])
    return World(
        session,
        unit,
        other,
        manager,
        user=a_person(session, "张伟", unit),
        outsider=a_person(session, "李娟", other),
        administrator=a_person(session, "刘洋", unit),
        instrument=instrument,
    )
