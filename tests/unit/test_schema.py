import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, sessionmaker

import app.models
from app.database import Database
from engine.db import Base, connect


def test_a_connection_that_names_no_scope_sees_no_case(
    session: Session, sessions: sessionmaker[Session]
) -> None:
    session.execute(text("select 1"))
    session.commit()
    with sessions() as bare:
        assert bare.scalar(text("select count(*) from instance")) == 0
        insert = text(
            "insert into incident (public_id, instance_id, kind, message, detail, created_at) "
            "values (gen_random_uuid(), 1, 'x', 'x', '', now())"
        )
        with pytest.raises(DatabaseError, match="row-level security"):
            bare.execute(insert)


def test_the_application_role_cannot_rewrite_history(session: Session) -> None:
    with pytest.raises(DatabaseError, match="permission denied"):
        session.execute(text("update event set record = ''"))


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(database: Database) -> None:
    assert app.models
    engine = connect(database.owner_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        difference = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert difference == []


def test_every_table_of_cases_is_under_row_level_security(session: Session) -> None:
    guarded = set(
        session.scalars(text("select relname from pg_class where relrowsecurity and relkind = 'r'"))
    )
    cases = {"instance", "event", "open_task", "incident", "job", "timer", "subscription", "draft"}
    assert cases | {"booking", "document", "qualification"} <= guarded
