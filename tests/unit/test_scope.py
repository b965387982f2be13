"""Whose rows a transaction sees, across savepoints, failures and reused connections."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from engine.actors import SYSTEM, Actor, Grant
from engine.db import as_system, set_scope
from engine.identity import uuid7

PERSON = Actor(id=uuid7(), name="某人", grants=(Grant("auditor", region="3301"),))


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
        assert scope(session) == (str(PERSON.id), "3301", "")
        session.commit()
        assert scope(session) == (str(PERSON.id), "3301", "")


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
        assert scope(session) == (str(PERSON.id), "3301", "")
        with as_system(session):
            with pytest.raises(DBAPIError), session.begin_nested():
                session.execute(text("select 1 / 0"))
            assert scope(session)[2] == "on"
        assert scope(session)[2] == ""
