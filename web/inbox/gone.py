"""The page for a task that is no longer open: who completed it and when."""

from uuid import UUID

from flask import render_template
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import AlreadyCompleted, EngineError
from engine.models import Event, Instance
from web.access import current_actor
from web.monitor.people import names


def gone_page(session: Session, task_id: UUID, gone: EngineError) -> str:
    """Return the page; the case is linked where the reader may see it."""
    who = gone.params.get("who")
    person = UUID(str(who)) if who else None
    case = session.scalar(
        select(Instance).join(Event).where(Event.task_public_id == task_id).limit(1)
    )
    return render_template(
        "inbox/gone.html",
        is_completed=isinstance(gone, AlreadyCompleted),
        is_me=person == current_actor().id,
        who=names(session, [person]).get(person, "") if person else "",
        at=gone.params.get("at"),
        case=case,
    )
