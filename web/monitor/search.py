"""Which cases an examiner finds: filters, real counts, one page or all of them in order."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from domain.organisations import regions
from engine.models import Instance, OpenTask
from web.formats import ZONE
from web.monitor import people

PAGE_SIZE = 50
#: How a case can stand; ``incident`` is a case that is active and has something to repair.
STATUSES = ("active", "incident", "completed", "cancelled")


@dataclass(frozen=True)
class Filters:
    """What the reader asked for; empty: no limit. ``since`` and ``until`` are days, both in."""

    text: str = ""
    process: str = ""
    status: str = ""
    unit: int | None = None
    region: str = ""
    person: str = ""
    since: date | None = None
    until: date | None = None

    def as_query(self, **changes: object) -> dict[str, str]:
        """Return the filters as the address of the page carries them."""
        merged = replace(self, **changes)  # type: ignore[arg-type]
        pairs = ((each.name, getattr(merged, each.name)) for each in fields(merged))
        return {name: str(value) for name, value in pairs if value}

    @property
    def any(self) -> bool:
        """Tell whether anything is limited."""
        return bool(self.as_query())


def read_filters(values: Mapping[str, str]) -> Filters:
    """Read the filters of an address; what cannot be understood is left out."""
    unit = values.get("unit", "")
    return Filters(
        text=values.get("text", "").strip()[:100],
        process=values.get("process", "")[:100],
        status=values.get("status", ""),
        unit=int(unit) if unit.isdecimal() and len(unit) < 16 else None,  # noqa: PLR2004 - bigint
        region=values.get("region", "") if values.get("region", "").isdecimal() else "",
        person=values.get("person", "").strip()[:60],
        since=_day(values.get("since", "")),
        until=_day(values.get("until", "")),
    )


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)


def conditions(session: Session, wanted: Filters) -> list[ColumnElement[bool]]:
    """Return the filters as conditions on Instance; scope is row-level security's."""
    found = _exact(wanted)
    if wanted.text:
        number = Instance.number.icontains(wanted.text, autoescape=True)
        found.append(or_(number, Instance.title.icontains(wanted.text, autoescape=True)))
    if wanted.person:
        ids = people.ids_named(session, wanted.person)
        found.append(or_(Instance.initiator_id.in_(ids), Instance.participants.overlap(ids)))
    if wanted.since:
        found.append(Instance.started_at >= _midnight(wanted.since))
    if wanted.until:
        found.append(Instance.started_at < _midnight(wanted.until + timedelta(days=1)))
    return found


def _exact(wanted: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.process:
        found.append(Instance.process_key == wanted.process)
    if wanted.status:
        found.append(Instance.status == wanted.status)
    if wanted.unit is not None:
        found.append(Instance.unit_id == wanted.unit)
    if wanted.region:
        found.append(Instance.region_path.contains([regions.prefix(wanted.region)]))
    return found


def count(session: Session, wanted: Filters) -> int:
    """Return how many cases there are."""
    query = select(func.count()).select_from(Instance).where(*conditions(session, wanted))
    return session.scalar(query) or 0


def count_by_status(session: Session, wanted: Filters) -> dict[str, int]:
    """Return how many cases stand how, all other filters kept."""
    limits = conditions(session, replace(wanted, status=""))
    query = select(Instance.status, func.count()).where(*limits).group_by(Instance.status)
    return {row[0]: row[1] for row in session.execute(query)}


def _ordered(session: Session, wanted: Filters) -> Select[Any]:
    query = select(Instance).where(*conditions(session, wanted))
    return query.options(joinedload(Instance.definition)).order_by(Instance.id.desc())


def page(session: Session, wanted: Filters, number: int) -> list[Instance]:
    """Return one page of cases, newest first; pages count from 1."""
    query = _ordered(session, wanted).limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    return list(session.scalars(query))


def every(session: Session, wanted: Filters) -> list[Instance]:
    """Return all cases that the filters let through, in the order of the pages."""
    return list(session.scalars(_ordered(session, wanted)))


def steps(session: Session, cases: list[Instance]) -> dict[int, list[OpenTask]]:
    """Return the open tasks of cases by the case's internal id."""
    found: dict[int, list[OpenTask]] = {}
    ids = [case.id for case in cases]
    query = select(OpenTask).where(OpenTask.instance_id.in_(ids)).order_by(OpenTask.id)
    for task in session.scalars(query):
        found.setdefault(task.instance_id, []).append(task)
    return found


@dataclass(frozen=True)
class Choices:
    """The values that occur in the reader's own cases: nothing offered finds nothing."""

    processes: list[str]
    units: list[int]
    regions: list[str]


def choices(session: Session) -> Choices:
    """Return what can be chosen in the filters."""
    processes = session.scalars(select(Instance.process_key).distinct())
    units = session.scalars(select(Instance.unit_id).distinct())
    codes = session.scalars(select(Instance.region).where(Instance.region.is_not(None)).distinct())
    cities = {regions.full_code(code[:4]) for code in codes if code}
    return Choices(sorted(processes), sorted(u for u in units if u), sorted(cities))
