"""The declarative base, sessions with clock and doorbell, and the row-level scope of a session."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, DateTime, Engine, MetaData, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction, sessionmaker
from sqlalchemy.pool import Pool

from engine.actors import DEPARTMENTS, REGION_ROLES, SYSTEM, UNIT_ROLES, Actor, Grant

#: Where a connection keeps the ``info`` of the session whose transaction it carries.
_SESSION = "session"
_FAILED = TransactionStatus.INERROR

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
#: What ``told`` says where a rollback may have taken the settings anywhere.
_UNKNOWN = object()


def set_scope(session: Session, actor: Actor | None) -> None:
    """Say for whom this session works; row-level security reads it in every transaction.

    Without this call the policies hide every row. Region scopes are GB/T 2260 prefixes; the
    policies compare them with the row's ``region_path`` array, which is indexed. The database is
    told before the next statement, so that a scope in which nothing is asked costs nothing.
    """
    if session.info.get("actor") is not actor and session.in_transaction() and session.autoflush:
        # What was changed in the old scope is written in the old scope.
        session.flush()
    session.info["actor"] = actor


@contextmanager
def telling(session: Session) -> Iterator[psycopg.Connection[Any]]:
    """Give the driver's connection of a session's transaction; its scope goes along."""
    driver: psycopg.Connection[Any] | None = session.info.get("driver")
    if driver is None or not session.is_active or session.in_nested_transaction():
        # Begins the transaction or sets the savepoint, or says why neither can be done.
        session.connection()
        driver = session.info["driver"]
    if session.info.get("actor") is session.info.get("told", _UNKNOWN):
        yield driver
        return
    with driver.pipeline():
        _tell_scope(driver, session.info)
        yield driver


def _tell_scope(driver: psycopg.Connection[Any], info: dict[Any, Any]) -> None:
    """Tell the database for whom the session with this ``info`` works, unless it knows.

    A failed transaction is left alone: it refuses everything but its rollback.
    """
    wanted = info.get("actor")
    if wanted is info.get("told", _UNKNOWN) or driver.info.transaction_status == _FAILED:
        return
    driver.execute(_SET_SCOPE, _settings_for(wanted) if wanted else _NO_SCOPE)
    info["told"] = wanted


@event.listens_for(Engine, "before_cursor_execute")
def _before_statement(connection: Connection, *_: object) -> None:
    info = connection.info.get(_SESSION)
    if info is not None and "driver" in info:
        _tell_scope(info["driver"], info)


def _places(grant: Grant) -> set[str]:
    """Return the entries of ``region_path`` that a grant reaches.

    A case of one department has entries such as ``3301/science``, any other case ``3301``. An
    expert sees only the cases that name them.
    """
    if grant.region is None or grant.role not in REGION_ROLES - {"expert"}:
        return set()
    departments = {grant.department} if grant.department else DEPARTMENTS
    return {grant.region} | {f"{grant.region}/{department}" for department in departments}


@lru_cache(maxsize=1000)
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


_NO_SCOPE = dict.fromkeys(_settings_for(SYSTEM), "")


@event.listens_for(Session, "after_begin")
def _begin(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if not transaction.nested:
        connection.info[_SESSION] = session.info
        driver: Any = connection.connection.driver_connection
        session.info["driver"] = driver
        # A connection that somebody else has begun may have been told of another scope.
        is_fresh = driver.info.transaction_status == TransactionStatus.IDLE
        session.info["told"] = None if is_fresh else _UNKNOWN


@event.listens_for(Session, "after_transaction_end")
def _end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop("driver", None)


@event.listens_for(Pool, "checkin")
def _part(connection: object, record: Any) -> None:  # noqa: ANN401, ARG001
    record.info.pop(_SESSION, None)


@event.listens_for(Session, "after_soft_rollback")
def _forget_told(session: Session, previous: SessionTransaction) -> None:  # noqa: ARG001
    # A rollback to a savepoint takes the settings back to those of the savepoint.
    session.info.pop("told", None)


@contextmanager
def as_system(session: Session) -> Iterator[None]:
    """Work inside this transaction as the platform, then return to the actor's own scope."""
    before: Actor | None = session.info.get("actor")
    if before is not None and before.is_system:
        yield
        return
    set_scope(session, SYSTEM)
    try:
        yield
    except BaseException:
        # The transaction may have failed: nothing is written on the way out.
        session.info["actor"] = before
        raise
    set_scope(session, before)
