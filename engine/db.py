"""The declarative base, sessions with clock and doorbell, and the row-level scope of a session."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import Connection, DateTime, Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, sessionmaker

from engine.actors import DEPARTMENTS, REGION_ROLES, SYSTEM, UNIT_ROLES, Actor, Grant

#: Rings the bell for jobs that were just committed; loses nothing if it fails.
Announce = Callable[[Sequence[int]], None]


class Base(DeclarativeBase):
    """The one base of every table: engine, domain and web share its metadata."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: DateTime(timezone=True)}  # noqa: RUF012 - SQLAlchemy's hook


def connect(url: str, **options: Any) -> Engine:  # noqa: ANN401 - SQLAlchemy's own options
    """Make an engine for a PostgreSQL URL (``postgresql://…``), with psycopg 3 as the driver."""
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), **options)


def make_sessions(
    engine: Engine, *, clock: object, announce: Announce | None = None
) -> sessionmaker[Session]:
    """Make the session factory of a process; every session carries the clock and the doorbell."""
    return sessionmaker(engine, expire_on_commit=False, info={"clock": clock, "announce": announce})


def ring_after_commit(session: Session, job_id: int) -> None:
    """Remember a job to be announced once this transaction has committed."""
    session.info.setdefault("to_ring", []).append(job_id)


@event.listens_for(Session, "after_commit")
def _ring(session: Session) -> None:
    jobs = session.info.pop("to_ring", [])
    announce = session.info.get("announce")
    if jobs and announce is not None:
        announce(jobs)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("to_ring", None)


_SET_SCOPE = (
    "select set_config('dayi.person', %(person)s, true), set_config('dayi.units', %(units)s, true),"
    " set_config('dayi.regions', %(regions)s, true),"
    " set_config('dayi.administers', %(administers)s, true),"
    " set_config('dayi.everything', %(everything)s, true)"
)


def set_scope(session: Session, actor: Actor) -> None:
    """Say for whom this session works; row-level security reads it in every transaction.

    Without this call the policies hide every row. Region scopes are GB/T 2260 prefixes; the
    policies compare them with the row's ``region_path`` array, which is indexed.
    """
    session.info["actor"] = actor
    if not session.in_transaction():
        return
    # Taking the connection begins the transaction, which applies the scope by itself.
    connection = session.connection()
    if session.info.get("applied") is not actor:
        if session.autoflush:
            # What was changed in the old scope is written in the old scope.
            session.flush()
        _switch(connection, _settings_for(actor))
        session.info["applied"] = actor


def _switch(connection: Connection, settings: dict[str, str]) -> None:
    """Change the settings of a transaction that has begun.

    Every verb does this twice, so it goes to the driver directly, for a third of the price.
    """
    driver = connection.connection.driver_connection
    if isinstance(driver, psycopg.Connection):
        try:
            driver.execute(_SET_SCOPE, settings)
        except psycopg.Error:
            # Fails once more, in the words that the callers of SQLAlchemy know.
            connection.exec_driver_sql(_SET_SCOPE, settings)
    else:
        connection.exec_driver_sql(_SET_SCOPE, settings)


def _places(grant: Grant) -> set[str]:
    """Return the entries of ``region_path`` that a grant reaches.

    A case of one department has entries such as ``3301/science``, any other case ``3301``. An
    expert sees only the cases that name them.
    """
    if grant.region is None or grant.role not in REGION_ROLES - {"expert"}:
        return set()
    departments = {grant.department} if grant.department else DEPARTMENTS
    return {grant.region} | {f"{grant.region}/{department}" for department in departments}


def _settings_for(actor: Actor) -> dict[str, str]:
    units = {g.unit_id for g in actor.grants if g.role in UNIT_ROLES and g.unit_id is not None}
    regions = {place for grant in actor.grants for place in _places(grant)}
    # Data of level L3 is not for everybody who works in a unit.
    administers = {g.unit_id for g in actor.grants if g.role == "unit_administrator" and g.unit_id}
    platform = actor.has("operator", "platform_administrator")
    return {
        "person": str(actor.id),
        "units": ",".join(str(unit) for unit in sorted(units)),
        "regions": ",".join(sorted(regions)),
        "administers": ",".join(sorted(str(unit) for unit in administers)),
        "everything": "on" if actor.is_system or platform else "",
    }


@event.listens_for(Session, "after_begin")
def _apply_scope(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    actor: Actor | None = session.info.get("actor")
    if actor is not None and not transaction.nested:
        connection.exec_driver_sql(_SET_SCOPE, _settings_for(actor))
        session.info["applied"] = actor


@event.listens_for(Session, "after_soft_rollback")
def _forget_applied(session: Session, previous: SessionTransaction) -> None:  # noqa: ARG001
    # A rollback to a savepoint takes the settings back to those of the savepoint, which are the
    # right ones as long as savepoints and system scopes are nested as blocks.
    session.info.pop("applied", None)


@contextmanager
def as_system(session: Session) -> Iterator[None]:
    """Work inside this transaction as the platform, then return to the actor's own scope."""
    before: Actor | None = session.info.get("actor")
    if before is not None and before.is_system:
        yield
        return
    # The transaction must have begun in the old scope: a rollback inside the block returns to it.
    session.connection()
    set_scope(session, SYSTEM)
    try:
        yield
    finally:
        _return_to(session, before)


def _return_to(session: Session, before: Actor | None) -> None:
    if before is None:
        session.info.pop("actor", None)
        return
    # A failed transaction refuses the statement; its rollback takes the system scope away too.
    with suppress(DBAPIError):
        set_scope(session, before)
    session.info["actor"] = before
