"""/cases: find cases, page through them, take exactly what is shown along as CSV."""

import csv
import io
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, render_template, request
from sqlalchemy.orm import Session

from engine import clock, definitions
from engine.models import Instance, OpenTask
from web import database
from web.access import requires
from web.formats import when
from web.monitor import people, search
from web.monitor.room import WATCHERS, blueprint
from web.monitor.sentences import group_name
from web.monitor.texts import gettext, status_text
from web.words import say

#: A spreadsheet must not take a text for a formula (OWASP: CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Row:
    """One case as the list and the export show it."""

    public_id: UUID
    number: str
    title: str
    process: str
    status: str
    step: str
    whom: str
    initiator: str
    unit: str
    started: str
    ended: str


@blueprint.get("/cases")
@requires(*WATCHERS)
def cases() -> str:
    """Show one page of the cases that the filters let through."""
    session = database.session()
    wanted = search.read_filters(request.args)
    total = search.count(session, wanted)
    pages = max(1, -(-total // search.PAGE_SIZE))
    number = min(max(request.args.get("page", 1, type=int), 1), pages)
    return render_template(
        "monitor/cases.html",
        rows=_rows(session, search.page(session, wanted, number)),
        wanted=wanted,
        total=total,
        number=number,
        pages=pages,
        first=(number - 1) * search.PAGE_SIZE + 1,
        by_status=search.count_by_status(session, wanted),
        status_text=status_text,
        **_choices(session),
    )


def _choices(session: Session) -> dict[str, Any]:
    found = search.choices(session)
    units = people.unit_names(session, found.units)
    cities = people.region_names(session, found.regions)
    known = {each.key: each for each in definitions.processes(session)}
    return {
        "statuses": search.STATUSES,
        "processes": {
            key: say(known[key].words, known[key].name) if key in known else key
            for key in found.processes
        },
        "units": dict(sorted(units.items(), key=lambda pair: pair[1])),
        "cities": cities,
    }


def _rows(session: Session, found: list[Instance]) -> list[Row]:
    tasks = search.steps(session, found)
    units = people.unit_names(session, (case.unit_id for case in found))
    ids = {case.initiator_id for case in found}
    for open_tasks in tasks.values():
        ids.update(t.assignee_id for t in open_tasks if t.assignee_id)
    names = people.names(session, ids)
    return [
        Row(
            public_id=case.public_id,
            number=case.number,
            title=say(case.definition.words, case.title or case.definition.name),
            process=say(case.definition.words, case.definition.name),
            status=case.status,
            step=_joined(say(case.definition.words, t.name) for t in tasks.get(case.id, ())),
            whom=_joined(_whom(task, names) for task in tasks.get(case.id, ())),
            initiator=names.get(case.initiator_id, "—"),
            unit=units.get(case.unit_id or 0, ""),
            started=when(case.started_at),
            ended=when(case.ended_at) if case.ended_at else "",
        )
        for case in found
    ]


def _joined(parts: Any) -> str:  # noqa: ANN401 - any iterable of text
    return "、".join(dict.fromkeys(part for part in parts if part))


def _whom(task: OpenTask, names: dict[UUID, str]) -> str:
    if task.assignee_id:
        return names.get(task.assignee_id, "—")
    return _joined(group_name(group) for group in task.candidate_groups)


@blueprint.get("/cases.csv")
@requires(*WATCHERS)
def cases_csv() -> Response:
    """Hand out all the cases that the filters let through, in the order of the list."""
    session = database.session()
    rows = _rows(session, search.every(session, search.read_filters(request.args)))
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(_headings())
    for row in rows:
        values = (row.number, row.title, row.process, status_text(row.status), row.step, row.whom,
                  row.initiator, row.unit, row.started, row.ended)  # fmt: skip
        writer.writerow([_harmless(value) for value in values])
    day = clock.now(session).strftime("%Y%m%d")
    # Excel reads UTF-8 only with a byte order mark.
    return Response(
        "\ufeff" + sheet.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f"attachment; filename=dayi-cases-{day}.csv"},
    )


def _headings() -> list[str]:
    return [
        gettext("Number"),
        gettext("Title"),
        gettext("Process"),
        gettext("Status"),
        gettext("Current step"),
        gettext("Waits for"),
        gettext("Applicant"),
        gettext("Unit"),
        gettext("Started"),
        gettext("Ended"),
    ]


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
