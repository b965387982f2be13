"""What hides rows is the database's policies, not the queries: without them everything shows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.database import Database
from domain.booking import Grades, Request, hold, qualify, rate
from domain.documents import store
from engine.actors import SYSTEM, Grant
from engine.db import connect, set_scope

TABLES = ("booking", "qualification", "rating", "document", "person", "role_grant")


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session of the test's own database, because this test commits."""
    with sessions() as open_session:
        set_scope(open_session, SYSTEM)
        yield open_session


def _counts(session: Session) -> dict[str, int]:
    return {table: session.scalar(text(f"select count(*) from {table}")) or 0 for table in TABLES}


def _fill(world) -> None:
    session, user = world.session, world.user.public_id
    start = datetime(2026, 11, 24, 1, tzinfo=UTC)
    wish = Request(world.instrument.public_id, user, start, start + timedelta(hours=1))
    booking = hold(session, wish)
    booking.status = "finished"
    session.flush()
    rate(session, booking.public_id, Grades(5), by=SYSTEM)
    qualify(session, user, world.instrument, by=SYSTEM)
    store(session, name="a.txt", content=b"x", by=world.actor(world.user))
    given = "insert into role_grant (public_id, person_id, role, valid_from, granted_by,"
    given += " granted_at, reason) select gen_random_uuid(), id, 'applicant', now(), public_id,"
    given += " now(), '' from person where public_id = :person"
    session.execute(text(given), {"person": user})
    session.commit()


def test_only_the_policies_hide_the_rows_of_others(world, database: Database) -> None:
    session = world.session
    _fill(world)
    outsider = world.actor(world.outsider, Grant("auditor", region="3302"))
    set_scope(session, outsider)
    assert _counts(session) == dict.fromkeys(TABLES, 0) | {"person": 1}
    session.commit()
    owner = connect(database.owner_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        for table in TABLES:
            connection.execute(text(f"alter table {table} disable row level security"))
    owner.dispose()
    assert _counts(session) == dict.fromkeys(TABLES, 1) | {"person": 4}


def test_nobody_outside_the_platform_writes_a_row(world) -> None:
    session = world.session
    _fill(world)
    set_scope(session, world.actor(world.user))
    for table in TABLES:
        key = "public_id" if table != "rating" else "person_id"
        changed = session.execute(text(f"update {table} set {key} = {key}"))
        assert changed.rowcount == 0, table
