"""Whose rows a transaction sees, across savepoints, failures and reused connections."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from engine import instances
from engine.actors import SYSTEM, Actor, Grant
from engine.db import as_system, set_scope
from engine.identity import uuid7
from engine.models import Instance

PERSON = Actor(id=uuid7(), name="某人", grants=(Grant("auditor", region="3301"),))
PLACES = "3301,3301/customs,3301/education,3301/finance,3301/science"


def scope(session: Session) -> tuple[str, str, str]:
    row = session.execute(
        text(
            "select current_setting('dayi.person', true), current_setting('dayi.regions', true), "
            "current_setting('dayi.everything', true)"
        )
    ).one()
    return tuple(value or "" for value in row)


def test_every_new_transaction_of_a_session_has_the_scope(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        set_scope(session, PERSON)
        assert scope(session) == (str(PERSON.id), PLACES, "")
        session.commit()
        assert scope(session) == (str(PERSON.id), PLACES, "")


def test_a_reused_connection_keeps_nothing_of_the_last_scope(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as session:
        set_scope(session, SYSTEM)
        assert scope(session)[2] == "on"
        session.commit()
    with sessions() as bare:
        assert scope(bare) == ("", "", "")


def test_system_scope_ends_with_its_block_even_when_the_block_fails(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as session:
        set_scope(session, PERSON)
        with as_system(session):
            assert scope(session)[2] == "on"
        assert scope(session)[2] == ""
        with pytest.raises(RuntimeError), as_system(session):
            raise RuntimeError
        assert scope(session)[2] == ""


def test_a_savepoint_that_is_rolled_back_leaves_no_system_scope(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as session:
        set_scope(session, PERSON)
        with pytest.raises(DBAPIError), session.begin_nested(), as_system(session):
            session.execute(text("select 1 / 0"))
        assert scope(session) == (str(PERSON.id), PLACES, "")
        with as_system(session):
            with pytest.raises(DBAPIError), session.begin_nested():
                session.execute(text("select 1 / 0"))
            assert scope(session)[2] == "on"
        assert scope(session)[2] == ""


def case_of(session: Session, region: str, department: str | None) -> None:
    session.execute(
        text(
            "insert into deployment (id, public_id, note, actor_id, at) overriding system value "
            "values (1, gen_random_uuid(), '', gen_random_uuid(), now()) on conflict do nothing"
        )
    )
    session.execute(
        text(
            "insert into definition (id, public_id, kind, key, version, hash, name, content, words,"
            " deployment_id, published_at, published_by) overriding system value values (1, "
            "gen_random_uuid(), 'bpmn', 'x', 1, 'x', '', '', '{}', 1, now(), gen_random_uuid()) "
            "on conflict do nothing"
        )
    )
    session.add(
        Instance(
            number=f"{region}-{department}", process_key="x", definition_id=1,
            started_at=datetime.now(UTC), initiator_id=uuid7(), region=region,
            department=department, region_path=instances.region_path(region, department),
            history_seq=0, history_hash="",
        )
    )  # fmt: skip
    session.flush()


@pytest.mark.parametrize(
    ("grant", "sees"),
    [
        (Grant("auditor", region="33"), {"330106-None", "330106-science", "330203-finance"}),
        (Grant("auditor", region="3302"), {"330203-finance"}),
        (
            Grant("department_officer", region="33", department="science"),
            {"330106-None", "330106-science"},
        ),
        (Grant("department_officer", region="3302", department="science"), set()),
        (Grant("expert", region="33"), set()),
        (Grant("applicant", region="33"), set()),
    ],
)
def test_a_grant_shows_the_cases_of_its_region_and_department(
    session: Session, sessions: sessionmaker[Session], grant: Grant, sees: set[str]
) -> None:
    for region, department in (("330106", None), ("330106", "science"), ("330203", "finance")):
        case_of(session, region, department)
    session.commit()
    with sessions() as theirs:
        set_scope(theirs, Actor(id=uuid7(), name="某人", grants=(grant,)))
        assert set(theirs.scalars(text("select number from instance"))) == sees
