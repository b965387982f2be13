"""/entries/<id>: what an entry still lacks, field by field, and until when."""

from uuid import UUID

from flask import g, render_template
from sqlalchemy import select

from domain.entries import entries, registration
from domain.entries import fields as national
from domain.organisations import people
from engine.clock import now
from engine.models import Instance, OpenTask
from engine.values import untag
from web.access import requires
from web.formats import language
from web.life.room import DUTIES, ENTRY_STATUSES, SIGNALS, blueprint


@blueprint.get("/entries/<uuid:public_id>")
@requires()
def entry_checklist(public_id: UUID) -> str:
    """Show an entry's checklist to whoever sees its case."""
    session = g.session
    entry = entries.read(session, public_id)
    pick = 0 if language() == "zh" else 1
    missing = set(registration.lacking(entry))
    rows = [
        (key, rule.zh if pick == 0 else rule.en, _shown(key, entry.fields.get(key), pick))
        for key, rule in national.FIELDS.items()
    ]
    contact = entries.masked(entry.contact)
    rows += [
        (f"contact.{key}", rule.zh if pick == 0 else rule.en, contact.get(key, ""))
        for key, rule in national.CONTACT.items()
    ]
    case = session.scalar(select(Instance).where(Instance.public_id == entry.case_id))
    tasks = (
        session.scalars(select(OpenTask).where(OpenTask.instance_id == case.id)).all()
        if case is not None
        else []
    )
    return render_template(
        "life/entry.html",
        entry=entry,
        unit=entry.unit,
        case=case,
        tasks=tasks,
        rows=rows,
        missing=missing,
        complete=len(rows) - len({key for key, *_ in rows} & missing),
        overdue=entry.status == "open" and entry.due_at is not None and entry.due_at < now(session),
        manager=people.names(session, [entry.manager_id]).get(entry.manager_id, ""),
        statuses=ENTRY_STATUSES,
        duties=DUTIES,
        signals=SIGNALS,
    )


def _shown(key: str, value: object, pick: int) -> str:
    value = untag(value)
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return (("否", "是"), ("No", "Yes"))[pick][value]
    if key == "source":
        return national.SOURCES[str(value)][pick]
    if key == "kind":
        return national.KINDS[str(value)][pick]
    if key == "funds" and isinstance(value, list):
        return "、".join(national.FUNDS[one][pick] for one in value if one in national.FUNDS)
    return str(value)
