"""Alembic's entry: which metadata, which database, with lock and statement limits."""

from alembic import context
from sqlalchemy import text

import app.models  # noqa: F401 - every table of the house
from engine.db import Base, connect

url = context.config.attributes["url"]
engine = connect(url)
with engine.connect() as connection:
    connection.execute(text("set lock_timeout = '10s'"))
    connection.execute(text("set statement_timeout = '600s'"))
    connection.commit()
    context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
