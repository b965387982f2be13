"""Puts the parts together: settings, database, clock, operations, doorbell."""

from dataclasses import dataclass

from sqlalchemy.orm import Session, sessionmaker

import app.models  # noqa: F401 - every table must be known before the first query
from app import life, measured, payments, surroundings
from app.database import Database, open_database
from app.settings import Settings
from domain.dedup import training
from domain.instruments import catalogue
from engine import operations
from engine.clock import Clock, DemoClock, SystemClock
from engine.db import Announce, connect, make_sessions


@dataclass(frozen=True)
class Platform:
    """One process's view of the platform."""

    settings: Settings
    database: Database
    clock: Clock
    sessions: sessionmaker[Session]
    announce: Announce


def clock_of(settings: Settings) -> Clock:
    """Return the clock port's implementation: only demo mode has a clock that can be moved."""
    return DemoClock() if settings.demo else SystemClock()


def doorbell(settings: Settings) -> Announce:
    """Return the function that tells the workers of committed jobs."""
    # Celery costs 0.3 s to import; commands that ring nothing do not pay for it.
    from engine import tasks  # noqa: PLC0415

    tasks.make_app(settings.broker_url, settings.home / "broker")
    return tasks.ring


def open_platform(settings: Settings, database: Database | None = None) -> Platform:
    """Open the platform for this process; the schema must be at its head already."""
    operations.discover("handlers")
    surroundings.wire()
    at = database or open_database(settings)
    clock = clock_of(settings)
    announce = doorbell(settings)
    pool = connect(at.app_url, pool_pre_ping=True)
    sessions = make_sessions(pool, clock=clock, announce=announce)
    catalogue.configure(settings.home)
    training.configure(settings.home)
    operations.wire(sessions)
    payments.wire(settings)
    life.wire(settings)
    measured.wire()
    return Platform(settings, at, clock, sessions, announce)
