"""Statements past SQLAlchemy keep its promises: scope, errors, exact values, nothing unnoticed."""

from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Engine, bindparam, delete, func, select, text
from sqlalchemy.exc import IntegrityError, PendingRollbackError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from engine import db, driver
from engine.actors import SYSTEM, Actor, Grant
from engine.driver import Prepared, Write, adding, as_rows
from engine.identity import uuid7
from engine.models import CaseNumber, Deployment, OpenTask, PersonKey, Timer
from tests.unit.engine import kit
from tests.unit.engine.test_user_tasks import begin

PERSON = Actor(uuid7(), "某人", (Grant("auditor", region="3301"),))
NOW = datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=UTC)
WHO = Prepared(
    select(
        func.current_setting("dayi.person", True).label("person"),
        func.current_setting("dayi.everything", True).label("everything"),
    )
)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that reach the driver."""
    seen: list[str] = []
    plain = psycopg.Cursor.execute

    def execute(self, query, *args, **named):
        seen.append(str(query))
        return plain(self, query, *args, **named)

    monkeypatch.setattr(psycopg.Cursor, "execute", execute)
    return seen


def scope(session: Session) -> tuple[str, str]:
    row = driver.one(session, WHO, {})
    return row.person or "", row.everything or ""


def test_a_statement_goes_in_the_scope_of_its_session(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        db.set_scope(session, PERSON)
        assert scope(session) == (str(PERSON.id), "")
        with db.as_system(session):
            assert scope(session) == (str(SYSTEM.id), "on")
        assert scope(session) == (str(PERSON.id), "")
        session.commit()
        assert scope(session) == (str(PERSON.id), "")


def test_a_savepoint_rolled_back_in_another_scope_leaves_the_right_one(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as session:
        db.set_scope(session, PERSON)
        with db.as_system(session):
            with pytest.raises(IntegrityError), session.begin_nested():
                driver.send(session, [timer_of(case=-1)])
            assert scope(session)[1] == "on"
        assert scope(session) == (str(PERSON.id), "")


def timer_of(case: int, at: datetime = NOW) -> Write:
    row = {"instance_id": case, "spiff_id": uuid7(), "element_id": "e", "due_at": at}
    return Write(adding(Timer), as_rows([row]))


def test_a_session_without_an_actor_is_told_to_see_nothing(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as session:
        with db.as_system(session):
            assert scope(session)[1] == "on"
        assert scope(session) == ("", "")


def test_a_scope_in_which_nothing_is_asked_costs_no_statement(
    sessions: sessionmaker[Session], sent: list[str]
) -> None:
    with sessions() as session:
        db.set_scope(session, PERSON)
        with db.as_system(session):
            pass
        session.commit()
    assert sent == []


def test_a_connection_outside_of_the_session_has_no_scope_of_it(
    sessions: sessionmaker[Session], db_engine: Engine
) -> None:
    with sessions() as session:
        db.set_scope(session, SYSTEM)
        session.execute(select(CaseNumber))
    with db_engine.connect() as bare:
        assert not bare.scalar(text("select current_setting('dayi.everything', true)"))


def test_sessions_that_share_one_connection_do_not_share_a_scope(db_engine: Engine) -> None:
    with db_engine.connect() as connection, connection.begin() as whole:
        for actor, seen in ((PERSON, (str(PERSON.id), "")), (SYSTEM, (str(SYSTEM.id), "on"))):
            with Session(connection, join_transaction_mode="create_savepoint") as session:
                db.set_scope(session, actor)
                assert scope(session) == seen
                session.execute(select(CaseNumber))
        with Session(connection, join_transaction_mode="create_savepoint") as bare:
            assert scope(bare) == ("", "")
            bare.execute(select(CaseNumber))
        connection.execute(select(CaseNumber))
        whole.rollback()


def test_rows_arrive_exactly_as_they_were_given(session: Session) -> None:
    case = begin(session)
    session.flush()
    person = uuid7()
    row = {
        "public_id": uuid7(),
        "instance_id": case.id,
        "spiff_id": uuid7(),
        "element_id": "e",
        "name": '审核 "甲"\\ 😀\n',
        "form_definition_id": None,
        "candidate_groups": ["科技", "a,b", 'q"', "{}"],
        "candidate_users": [person],
        "assignee_id": None,
        "claimed_at": None,
        "due_at": NOW,
        "follow_up_at": None,
        "priority": 7,
        "created_at": NOW,
        "unit_id": 2**62,
        "region": "330106",
        "department": None,
    }
    driver.send(session, [Write(adding(OpenTask), as_rows([row]))])
    kept = session.scalars(select(OpenTask).where(OpenTask.public_id == row["public_id"])).one()
    assert {name: getattr(kept, name) for name in row} == row


def test_no_rows_are_no_fault(session: Session) -> None:
    driver.send(session, [Write(adding(Timer), as_rows([]))])
    assert session.scalars(select(Timer)).all() == []


def test_a_write_that_misses_its_row_is_refused(session: Session) -> None:
    gone = Prepared(delete(Timer).where(Timer.id == bindparam("timer")))
    driver.send(session, [Write(gone, {"timer": -1})])
    with pytest.raises(StaleDataError):
        driver.send(session, [Write(gone, {"timer": -1}, touches=1)])


def test_a_refusal_of_the_database_has_the_name_that_callers_know(session: Session) -> None:
    case = begin(session)
    write = timer_of(case.id)
    driver.send(session, [write])
    with pytest.raises(IntegrityError) as refused:
        driver.send(session, [timer_of(case.id), write])
    assert isinstance(refused.value.orig, psycopg.errors.UniqueViolation)
    session.rollback()
    assert session.scalars(select(Timer)).all() == []


def test_a_broken_session_is_not_used_behind_its_back(session: Session) -> None:
    session.add(PersonKey(person_id=UUID(int=1), key=b"1", created_at=NOW))
    session.flush()
    session.expunge_all()
    session.add(PersonKey(person_id=UUID(int=1), key=b"2", created_at=NOW))
    with pytest.raises(IntegrityError):
        session.flush()
    with pytest.raises(PendingRollbackError):
        driver.send(session, [timer_of(1)])
    session.rollback()
    assert scope(session)[1] == "on"


def test_what_the_session_has_pending_is_seen(session: Session) -> None:
    session.add(Deployment(public_id=(made := uuid7()), note="x", actor_id=kit.ANNA.id, at=NOW))
    notes = Prepared(select(Deployment.note).where(Deployment.public_id == bindparam("it")))
    assert driver.one(session, notes, {"it": made}).note == "x"
    assert driver.one(session, notes, {"it": uuid7()}) is None


def test_a_forgotten_parameter_is_refused(session: Session) -> None:
    notes = Prepared(select(Deployment.note).where(Deployment.public_id == bindparam("it")))
    with pytest.raises(Exception, match="it"):
        driver.one(session, notes, {})
