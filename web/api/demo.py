"""The movable clock of a demonstration; in production these addresses do not exist."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.organisations import actors
from domain.organisations.models import Person, RoleGrant
from engine import clock
from engine.actors import Scope, holds
from engine.clock import DemoClock
from engine.db import as_system
from engine.errors import InvalidSubmission, NotFound
from engine.models import Instance, OpenTask
from web import database
from web.api import schemas
from web.api.contract import endpoint
from web.signin.models import Account

_DURATION = re.compile(
    r"P(?:(?P<days>\d{1,3})D)?"
    r"(?:T(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,8})S)?)?"
)
_FURTHEST = timedelta(days=400)


def _demo_clock() -> DemoClock:
    found = current_app.extensions["dayi-session"]["clock"]
    if not isinstance(found, DemoClock):
        raise NotFound
    return found


@endpoint("GET", "/demo/clock", answer=schemas.Clock)
def read_demo_clock() -> dict[str, datetime]:
    """Read the platform's time (demonstration only)."""
    _demo_clock()
    return {"now": clock.now(database.session())}


@endpoint("POST", "/demo/clock", body=schemas.Advance, answer=schemas.Clock)
def advance_demo_clock(body: dict[str, Any]) -> dict[str, datetime]:
    """Move the platform's time forward (demonstration only)."""
    demo_clock = _demo_clock()
    return {"now": demo_clock.move(database.session(), _duration(body["advance"]))}


def _duration(text: str) -> timedelta:
    """Read days, hours, minutes and seconds of an ISO 8601 duration, up to 400 days."""
    match = _DURATION.fullmatch(text)
    parts = {name: int(n) for name, n in match.groupdict().items() if n} if match else {}
    length = timedelta(**parts)
    if not timedelta(0) < length <= _FURTHEST:
        raise InvalidSubmission({"advance": [{"code": "invalid_value"}]})
    return length


def is_demo() -> bool:
    """Tell whether this platform is a demonstration."""
    return bool(current_app.config["DEMO"])


def logins_for(session: Session, case: Instance) -> list[str]:
    """Return the accounts that could do an open task of a case, for the script of a demonstration.

    The caller has been shown the case and the platform is a demonstration.
    """
    with as_system(session):
        tasks = session.scalars(select(OpenTask).where(OpenTask.instance_id == case.id)).all()
        wanted = {person for task in tasks for person in _people(session, task)}
        query = select(Account.login).where(Account.person_id.in_(wanted), Account.active)
        return sorted(session.scalars(query))


def _people(session: Session, task: OpenTask) -> set[UUID]:
    if task.assignee_id is not None:
        return {task.assignee_id}
    scope = Scope(region=task.region, unit_id=task.unit_id, department=task.department)
    roles = {group.partition(":")[0] for group in task.candidate_groups}
    query = select(Person.public_id).join(RoleGrant).where(RoleGrant.role.in_(roles), Person.active)
    members = {
        person
        for person in session.scalars(query)
        if any(holds(actors.load(session, person), group, scope) for group in task.candidate_groups)
    }
    return members | set(task.candidate_users)
