import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, sessionmaker


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
