"""The counts beside a search: by city, class, kind of unit, way of sharing and unit."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.orm import Session

from domain.instruments.names import SHARE_MODES, majors
from domain.organisations import UNIT_KINDS
from domain.organisations.models import Region, Unit

_MOST_UNITS = 20

#: facet → the value to group by, from the columns of what was found.
FACETS: dict[str, Callable[[Any], ColumnElement[str]]] = {
    "city": lambda found: func.left(found["region"], 4),
    "class": lambda found: func.left(found["class_code"], 2),
    "unit_kind": lambda found: found["unit_kind"],
    "share_mode": lambda found: found["share_mode"],
    "unit": lambda found: cast(found["unit"], String),
}


@dataclass(frozen=True)
class FacetValue:
    """A value to narrow down to, its names, and how many instruments it leaves."""

    value: str
    zh: str
    en: str
    count: int


def labelled(session: Session, rows: Iterable[tuple[str, str, int]]) -> dict[str, list[FacetValue]]:
    """Return the facets with names, the largest count first; at most twenty units."""
    counts: dict[str, list[tuple[str, int]]] = {name: [] for name in FACETS}
    for name, value, count in rows:
        counts[name].append((value, count))
    if not any(counts.values()):
        return {name: [] for name in FACETS}
    for values in counts.values():
        values.sort(key=lambda pair: (-pair[1], pair[0]))
    counts["unit"] = counts["unit"][:_MOST_UNITS]
    names = _names(session, counts)
    return {
        facet: [
            FacetValue(value, *names[facet].get(value, (value, value)), count)
            for value, count in values
        ]
        for facet, values in counts.items()
    }


def _names(
    session: Session, counts: dict[str, list[tuple[str, int]]]
) -> dict[str, dict[str, tuple[str, str]]]:
    cities = session.execute(
        select(func.left(Region.code, 4), Region.name_zh, Region.name_en).where(
            Region.level == "city"
        )
    )
    units = session.execute(
        select(Unit.public_id, Unit.name_zh, Unit.name_en).where(
            Unit.public_id.in_([UUID(value) for value, _ in counts["unit"]])
        )
    )
    return {
        "city": {code: (zh, en) for code, zh, en in cities},
        "class": majors(),
        "unit_kind": UNIT_KINDS,
        "share_mode": SHARE_MODES,
        "unit": {str(public_id): (zh, en) for public_id, zh, en in units},
    }
