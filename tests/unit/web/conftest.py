"""An application on the test's own database, and builders for people and instruments."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, sessionmaker

from app.database import Database
from domain.instruments import Instrument
from domain.organisations.models import Person, RoleGrant, Unit
from domain.payments import Tariff
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.db import set_scope
from web.application import make_app
from web.database import db
from web.signin.models import Account

PASSWORD = "a-password-for-tests"
#: Cheap on purpose: tests sign in hundreds of times.
HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
_PRICES = {"internal": 10_000, "public_research": 30_000, "enterprise": 30_000}
ALL_DAY = {str(n): [["08:00", "18:00"]] for n in range(1, 8)}


@dataclass
class Settings:
    home: Path
    port: int = 8400
    demo: bool = True
    secret_key: str = "for tests only"


def hour_price(instrument: Instrument, tier: str, price_fen: int) -> Tariff:
    """Return a price that has been valid for years."""
    return Tariff(
        instrument_id=instrument.id, item="hour", tier=tier, price_fen=price_fen,
        valid=Range(date(2018, 5, 1), None, bounds="[)"), published_by=SYSTEM.id,
        published_at=datetime(2018, 5, 1, tzinfo=UTC), unit_id=instrument.unit_id,
        region_path=list(instrument.region_path),
    )  # fmt: skip


@dataclass
class World:
    """Builders that commit at once, so that the application sees what they make."""

    sessions: sessionmaker[Session]
    count: int = field(default=0)

    def _add(self, row: Any) -> Any:
        with self.sessions.begin() as session:
            set_scope(session, SYSTEM)
            session.add(row)
            session.flush()
            if isinstance(row, Instrument):
                session.refresh(row, ["unit"])
            session.expunge_all()
        return row

    def unit(self, name: str = "", **more: Any) -> Unit:
        self.count += 1
        n = self.count
        return self._add(
            Unit(
                uscc=f"12330000{n:010d}",
                code=f"{n:04d}",
                name_zh=name or f"第{n}研究所",
                name_en=more.pop("name_en", f"Institute No. {n}"),
                kind=more.pop("kind", "institute"),
                region=more.pop("region", "330106"),
                **more,
            )
        )

    def person(self, login: str, *roles: str, unit: Unit | None = None, **scope: Any) -> Person:
        person = self._add(
            Person(
                name=scope.pop("name", f"{login}先生"),
                name_en=login.title(),
                unit_id=unit.id if unit else None,
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
        for role in roles:
            self._add(
                RoleGrant(
                    person_id=person.id,
                    role=role,
                    unit_id=unit.id if unit and not scope.get("region") else None,
                    region=scope.get("region"),
                    department=scope.get("department"),
                    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
                    granted_by=SYSTEM.id,
                    granted_at=datetime(2026, 1, 1, tzinfo=UTC),
                )
            )
        self._add(
            Account(
                person_id=person.public_id,
                login=login,
                email=f"{login}@example.org",
                password=HASH,
                created_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
        return person

    def instrument(self, unit: Unit, name: str = "扫描电子显微镜", **more: Any) -> Instrument:
        self.count += 1
        values: dict[str, Any] = {
            "name_zh": name,
            "name_en": "Scanning electron microscope",
            "inner_id": f"SB{self.count:05d}",
            "class_code": "010101",
            "maker": "日立",
            "model": "SU8010",
            "functions": "观察微观形貌",
            "worth_fen": 250_000_000,
            "begin_date": date(2018, 5, 1),
            "region": unit.region,
            "region_path": ["33", unit.region[:4], unit.region],
            "address": "西湖区 1 号楼 101",
            "contact": "王老师",
            "phone": "0571-88000000",
            "opening": ALL_DAY,
            "approval": "none",
            "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        }
        prices = more.pop("hour_fen", _PRICES)
        instrument = self._add(Instrument(unit_id=unit.id, **{**values, **more}))
        for tier, price_fen in prices.items():
            self._add(hour_price(instrument, tier, price_fen))
        return instrument


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> World:
    return World(sessions)


@pytest.fixture
def app(database: Database, clock: FixedClock, tmp_path: Path) -> Iterator[Flask]:
    application = make_app(Settings(tmp_path), app_url=database.app_url, clock=clock)
    application.config["TESTING"] = False  # errors take the way they take in production
    yield application
    with application.app_context():
        db.engine.dispose()


@dataclass
class Visitor:
    """A browser without a screen: it keeps its cookies and knows the page's CSRF token."""

    client: FlaskClient

    def token(self) -> str:
        page = self.client.get("/sign-in?next=/health").get_data(as_text=True)
        if 'name="csrf-token"' not in page:
            page = self.client.get("/instruments").get_data(as_text=True)
        return page.split('name="csrf-token" content="')[1].split('"')[0]

    def sign_in(self, login: str, password: str = PASSWORD) -> Any:
        form = {"login": login, "password": password, "csrf_token": self.token(), "next": "/"}
        return self.client.post("/sign-in", data=form)

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)

    def command(self, path: str, *, key: str | None = None, **more: Any) -> Any:
        headers = {
            "X-CSRF-Token": self.token(),
            "Idempotency-Key": key or str(uuid4()),
            **more.pop("headers", {}),
        }
        return self.client.post(path, headers=headers, **more)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app.test_client())


@pytest.fixture
def signed_in(app: Flask) -> Callable[[str], Visitor]:
    """Sign somebody in: ``signed_in("zhangwei")``; each call is a browser of its own."""

    def enter(login: str) -> Visitor:
        visitor = Visitor(app.test_client())
        answer = visitor.sign_in(login)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return visitor

    return enter
