"""One embedded PostgreSQL a run, one migrated template, a fresh copy for each test that asks."""

import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.orm import Session, sessionmaker

from app.database import Database, embedded, migrate
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.db import connect, make_sessions, set_scope

# Every process of the platform runs in Shanghai's time; so do the tests.
os.environ["TZ"] = "Asia/Shanghai"
time.tzset()

_copies = itertools.count()


@pytest.fixture(scope="session")
def template() -> Iterator[Database]:
    """The migrated database that every test's own database is a copy of.

    Its server lies in a folder of its own: the database user must be able to enter it, and
    pytest closes its temporary folders to everybody else. It does not wait for the disk; tests
    about crashes start servers that do.
    """
    folder = Path(tempfile.mkdtemp(prefix="dayi-tests-"))
    folder.chmod(0o755)
    database = embedded(folder / "data", "template_dayi")
    _hurry(database)
    migrate(database)
    yield database
    database.server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def _hurry(database: Database) -> None:
    admin_url = make_url(database.owner_url).set(username="postgres", database="postgres")
    admin = connect(admin_url.render_as_string(hide_password=False), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"alter system set {setting} = off"))
        connection.execute(text("select pg_reload_conf()"))
    admin.dispose()


@pytest.fixture
def database(template: Database) -> Iterator[Database]:
    """A database of the test's own, made in about 50 ms from the template."""
    name = f"dayi_test_{next(_copies)}"
    admin_url = make_url(template.owner_url).set(username="postgres", database="postgres")
    admin = connect(admin_url.render_as_string(hide_password=False), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(
            text(f'create database "{name}" template template_dayi owner dayi_owner')
        )
    yield Database(
        make_url(template.owner_url).set(database=name).render_as_string(hide_password=False),
        make_url(template.app_url).set(database=name).render_as_string(hide_password=False),
    )
    with admin.connect() as connection:
        connection.execute(text(f'drop database "{name}" with (force)'))
    admin.dispose()


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at Monday 2026-11-23 09:00 in Shanghai until a test moves it."""
    return FixedClock(datetime(2026, 11, 23, 1, 0, tzinfo=UTC))


@pytest.fixture
def db_engine(database: Database) -> Iterator[Engine]:
    """The application's connection pool (role dayi_app, under row-level security)."""
    engine = connect(database.app_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(db_engine: Engine, clock: FixedClock) -> sessionmaker[Session]:
    """Session factory of the application role with the test's clock."""
    return make_sessions(db_engine, clock=clock)


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """One open transaction in system scope; set another scope where the test is about it."""
    with sessions() as open_session:
        set_scope(open_session, SYSTEM)
        yield open_session
