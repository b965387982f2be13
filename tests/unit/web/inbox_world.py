"""A small world for the inbox and the interface: five people, two units, one process, one app."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, sessionmaker

import app.models  # noqa: F401 - every table
from app.database import Database
from domain.booking import Booking
from domain.instruments.models import Instrument
from domain.organisations import actors
from domain.organisations.models import Person, RoleGrant, Unit
from engine import definitions, instances
from engine.actors import SYSTEM, Scope
from engine.clock import FixedClock
from engine.db import set_scope
from engine.models import Instance
from web.application import make_app
from web.database import db
from web.signin.models import Account

PASSWORD = "correct horse battery"
#: Cheap on purpose: tests sign in hundreds of times.
HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
FOLDER = Path(__file__).parent / "request"
#: login → name, unit, (role, scope) pairs
PEOPLE: dict[str, tuple[str, str, list[dict[str, Any]]]] = {
    "lina": ("李娜", "b", [{"role": "applicant"}]),
    "zhouyu": ("周宇", "b", [{"role": "applicant"}]),
    "wangfang": ("王芳", "a", [{"role": "instrument_manager", "unit": "a"}]),
    "wuqiang": ("吴强", "a", [{"role": "instrument_manager", "unit": "a"}]),
    "zhengli": ("郑丽", "b", [{"role": "instrument_manager", "unit": "b"}]),
    "sunlei": ("孙磊", "b", [{"role": "auditor", "region": "33"}]),
    "gateway": ("网关", "a", [{"role": "integration_client"}]),
}


@dataclass(frozen=True)
class Settings:
    """The settings that the web needs."""

    home: Path
    port: int = 8590
    demo: bool = False
    secret_key: str = "k" * 32


@dataclass
class World:
    """What a test talks to."""

    app: Flask
    sessions: sessionmaker[Session]
    clock: FixedClock
    people: dict[str, UUID]
    units: dict[str, int]
    instrument: UUID
    tokens: dict[str, str] = field(default_factory=dict)
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    def client(self, login: str = "") -> FlaskClient:
        """Return a browser; with a login, one that is signed in (once per person)."""
        if login in self.clients:
            return self.clients[login]
        client = self.app.test_client()
        if login:
            answer = client.post("/api/v1/sign-in", json={"login": login, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            self.tokens[login] = answer.get_json()["csrf_token"]
            self.clients[login] = client
        return client

    def get(self, login: str, path: str, **options: Any) -> Any:
        return self.client(login).get(path, **options)

    def post(self, login: str, path: str, body: Any = None, **options: Any) -> Any:
        """Send a command with token and key, as JSON unless ``data`` is given."""
        client = self.client(login)
        headers = {
            "X-CSRF-Token": self.tokens.get(login, ""),
            "Idempotency-Key": options.pop("key", None) or uuid4().hex,
            **options.pop("headers", {}),
        }
        if "data" not in options:
            options["json"] = {} if body is None else body
        return client.post(path, headers=headers, **options)

    def a_case(self, by: str = "lina", item: str = "离心管") -> Instance:
        """Start a case of the test's process in unit a; it waits for a manager's review."""
        with self.sessions() as session:
            actor = actors.load(session, self.people[by])
            set_scope(session, actor)
            case = instances.start(
                session,
                "request",
                actor=actor,
                data={"goods": item, "amount": 2, "contact": "13800000000"},
                scope=Scope(region="330106", unit_id=self.units["a"]),
            )
            session.commit()
            return case

    def a_task(self, by: str = "lina") -> tuple[Instance, str]:
        """Return a case and its open task's id."""
        case = self.a_case(by)
        listed = self.get("wangfang", f"/api/v1/tasks?case={case.public_id}").get_json()
        return case, listed["items"][0]["id"]

    def a_booking(self, by: str, case: Instance | None = None, **columns: Any) -> UUID:
        """Put a confirmed booking of tomorrow afternoon into the database."""
        start = self.clock.at + timedelta(days=1, hours=5)
        with self.sessions() as session:
            set_scope(session, SYSTEM)
            found = Booking(
                instrument_id=session.query(Instrument).one().id,
                person_id=self.people[by],
                during=Range(start, start + timedelta(hours=2), bounds="[)"),
                status=columns.pop("status", "confirmed"),
                purpose="观察形貌",
                case_id=case.public_id if case else None,
                created_at=self.clock.at,
                unit_id=self.units["a"],
                region_path=["33", "3301", "330106"],
                **columns,
            )
            session.add(found)
            session.commit()
            return found.public_id


@pytest.fixture
def house(
    database: Database, sessions: sessionmaker[Session], clock: FixedClock, tmp_path: Path
) -> Iterator[World]:
    """A fresh world for one test."""
    made = make_world(database, sessions, clock, Settings(tmp_path))
    yield made
    with made.app.app_context():
        db.engine.dispose()


def make_world(
    database: Database, sessions: sessionmaker[Session], clock: Any, settings: Settings
) -> World:
    """Fill a database and open an application on it."""
    app_ = make_app(settings, app_url=database.app_url, clock=clock)
    app_.config["TESTING"] = True
    with sessions() as session:
        set_scope(session, SYSTEM)
        units = {"a": _unit(session, "a", "1001"), "b": _unit(session, "b", "1002")}
        people = {login: _person(session, login, units) for login in PEOPLE}
        instrument = _instrument(session, units["a"], [people["wangfang"]])
        definitions.publish(session, definitions.read_folder(FOLDER), actor=SYSTEM)
        session.commit()
    return World(app_, sessions, clock, people, units, instrument)


def _unit(session: Session, letter: str, code: str) -> int:
    unit = Unit(
        uscc=f"12330000{code}000000"[:18], code=code, name_zh=f"浙江测试{letter}大学",
        name_en=f"Zhejiang Test University {letter.upper()}", kind="university", region="330106",
    )  # fmt: skip
    session.add(unit)
    session.flush()
    return unit.id


def _person(session: Session, login: str, units: dict[str, int]) -> UUID:
    name, unit, roles = PEOPLE[login]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    person = Person(name=name, name_en=login.title(), unit_id=units[unit], created_at=at)
    session.add(person)
    session.flush()
    for role in roles:
        session.add(
            RoleGrant(
                person_id=person.id,
                role=role["role"],
                region=role.get("region"),
                unit_id=units[role["unit"]] if "unit" in role else None,
                valid_from=at,
                granted_by=SYSTEM.id,
                granted_at=at,
            )
        )
    session.add(Account(person_id=person.public_id, login=login, password=HASH, created_at=at))
    session.flush()
    return person.public_id


def _instrument(session: Session, unit_id: int, managers: list[UUID]) -> UUID:
    instrument = Instrument(
        unit_id=unit_id, inner_id="SEM-1", name_zh="场发射扫描电子显微镜",
        name_en="Field emission scanning electron microscope", class_code="010301",
        maker="蔡司", model="Sigma 300", worth_fen=320_000_000, begin_date=date(2020, 5, 1),
        region="330106", region_path=["33", "3301", "330106"], address="教三楼 105",
        opening={str(day): [["08:30", "17:30"]] for day in range(1, 6)}, manager_ids=managers,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    session.add(instrument)
    session.flush()
    return instrument.public_id
