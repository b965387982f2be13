"""Bookings made through the engine, for browser tests that are about something else."""

import time
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo.accounts import BY_LOGIN
from domain.booking.slots import free_slots, is_bookable
from domain.instruments import Instrument
from domain.organisations import actors
from domain.organisations.models import Person
from engine import instances, jobs, operations, tasks
from engine.actors import SYSTEM, Scope
from engine.db import connect, make_sessions, set_scope
from engine.models import Instance, OpenTask
from engine.values import tag
from tests.e2e.conftest import Platform


@contextmanager
def system(platform: Platform) -> Any:
    sessions = make_sessions(connect(platform.database.app_url), clock=platform.clock)
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        yield session
    sessions.kw["bind"].dispose()


def _choice(session: Session, person: Person, now: datetime) -> tuple[Instrument, Any]:
    """Choose an instrument of the person's own unit that asks for no approval, and a time."""
    for each in session.scalars(select(Instrument).order_by(Instrument.id)):
        if (
            each.unit_id == person.unit_id
            and each.approval == "none"
            and not each.needs_qualification
            and person.public_id not in each.manager_ids
            and is_bookable(each)
            and each.max_minutes >= 120
            and (time := _time(session, each, now))
        ):
            return each, time
    raise AssertionError("the demo has no such instrument")


def _time(
    session: Session, instrument: Instrument, now: datetime
) -> tuple[datetime, datetime] | None:
    for slot in free_slots(session, instrument, (now + timedelta(days=1)).date(), 12):
        start = max(slot.start, slot.start.replace(hour=9, minute=0))
        end = start + timedelta(hours=2)
        if start.weekday() < 5 and start.hour <= 15 and end <= slot.end:
            return start, end
    return None


def book(platform: Platform, login: str) -> Instance:
    """Book two hours in daylight on an instrument of the applicant's own unit."""
    with system(platform) as session:
        actor = actors.load(session, BY_LOGIN[login].person_id)
        person = session.scalars(select(Person).where(Person.public_id == actor.id)).one()
        instrument, (start, end) = _choice(session, person, platform.clock.at)
        data = {
            "instrument_id": str(instrument.public_id),
            "start": tag(start),
            "end": tag(end),
            "purpose": "锂电池正极材料形貌观察",
            "mode": "technical",
        }
        scope = Scope(region=instrument.region, unit_id=instrument.unit_id)
        case = instances.start(session, "booking", actor=actor, data=data, scope=scope)
    work(platform)
    if "pay" in waits_at(platform, case):
        pay(platform, case)
    return case


def pay(platform: Platform, case: Instance) -> None:
    """Pay at the provider what a case asks for, and let the case go on."""
    with system(platform) as session:
        said = session.scalars(select(Instance.variables).where(Instance.id == case.id)).one()
    httpx.post(said["pay_url"], data={"decision": "pay"})
    until = time.monotonic() + 20
    while "pay" in waits_at(platform, case):
        assert time.monotonic() < until, "the provider's notice did not come"
        time.sleep(0.1)
    work(platform)


def work(platform: Platform) -> None:
    """Do the jobs that are due, as the worker does."""
    sessions = make_sessions(connect(platform.database.app_url), clock=platform.clock)
    tasks.configure(sessions)
    operations.wire(sessions)
    for _ in range(20):
        with sessions() as session:
            set_scope(session, SYSTEM)
            queued = jobs.sweep(session)
        for job in queued:
            tasks.run_job(job)
        if not queued:
            break
    sessions.kw["bind"].dispose()


def waits_at(platform: Platform, case: Instance) -> set[str]:
    """Return the steps of people at which a case waits."""
    with system(platform) as session:
        query = select(OpenTask.element_id).where(OpenTask.instance_id == case.id)
        return set(session.scalars(query))
