"""Cases: start one, read it, its history, and the proof of its history."""

from typing import Any
from uuid import UUID

from marshmallow.utils import get_value
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain import instruments
from engine import history, instances
from engine.actors import Scope
from engine.db import as_system
from engine.models import Instance, Job
from web import database
from web.access import current_actor
from web.api import demo, schemas
from web.api.contract import CREATED, endpoint

_OF_CASE = (
    "public_id", "number", "process_key", "title", "status", "outcome", "initiator_id",
    "started_at", "ended_at", "next_due",
)  # fmt: skip


@endpoint("POST", "/cases", body=schemas.StartCase, answer=schemas.Case, status=CREATED)
def start_case(body: dict[str, Any]) -> Instance:
    """Start a case of a process with the data of its start form.

    A case about an instrument (``instrument_id``) belongs to that instrument's unit and region.
    """
    session = database.session()
    return instances.start(
        session,
        body["process"],
        actor=current_actor(),
        data=body["data"],
        scope=_scope(session, body["data"].get("instrument_id")),
    )


def _scope(session: Session, instrument_id: object) -> Scope:
    try:
        wanted = UUID(str(instrument_id))
    except ValueError:
        return Scope()
    instrument = instruments.read(session, wanted)
    return Scope(region=instrument.region, unit_id=instrument.unit_id)


@endpoint("GET", "/cases/<uuid:case_id>", answer=schemas.CaseNow)
def read_case(case_id: UUID) -> dict[str, Any]:
    """Read a case that the caller may see, and what it waits for."""
    session = database.session()
    case = instances.read(session, case_id)
    running = select(func.count()).where(
        Job.instance_id == case.id, Job.status.in_(("queued", "running"))
    )
    facts = {name: get_value(case, name) for name in _OF_CASE}
    with as_system(session):
        # Whoever sees the case may know that it is busy; jobs themselves are the unit's own.
        busy = session.scalar(running) or 0
    facts |= {"definition": case.definition, "jobs_open": busy}
    if demo.is_demo():
        facts["demo_logins"] = demo.logins_for(session, case)
    return facts


@endpoint(
    "GET",
    "/cases/<uuid:case_id>/history",
    query=schemas.HistoryQuery,
    answer=schemas.Event,
    is_list=True,
)
def read_history(case_id: UUID, query: dict[str, Any]) -> tuple[list[history.Entry], int]:
    """Read what happened in a case, in order."""
    session = database.session()
    entries = history.read(session, instances.read(session, case_id).id)
    start = query["offset"]
    return entries[start : start + query["limit"]], len(entries)


@endpoint("GET", "/cases/<uuid:case_id>/verification", answer=schemas.Verification)
def verify_history(case_id: UUID) -> history.Verification:
    """Check the chain of a case's history, from its first event to its last."""
    session = database.session()
    return history.verify(session, instances.read(session, case_id).id)
