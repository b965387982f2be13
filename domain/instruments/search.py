"""Find instruments by words and filters, ranked, with counts for narrowing down."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Select,
    Text,
    case,
    cast,
    desc,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import Session, contains_eager

from domain.instruments.facets import FACETS, FacetValue, labelled
from domain.instruments.indexing import FIELD_MARK, grams, normalised
from domain.instruments.models import Instrument
from domain.organisations.models import Unit
from domain.organisations.regions import prefix

_MOST_TERMS = 8
_LONGEST_TERM = 40
_MOST_GRAMS = 24
_LARGEST_PAGE = 100
#: Share of a query's character pairs that a record must have when no record has all its words.
_ENOUGH = 0.6
#: What a word is worth by the field in which it is found; the beginning of the name counts most.
_WEIGHTS = {"begin": 60, 2: 40, 3: 30, 4: 15}
_ANYWHERE = 5

Order = Literal["relevance", "name", "newest", "worth"]


@dataclass(frozen=True)
class Filters:
    """What to narrow a search down to; None means everything.

    ``region`` is a GB/T 2260 code or prefix; ``class_prefix`` two or four digits; ``unit`` a
    public id; ``bookable`` leaves out instruments that take no bookings now.
    """

    region: str | None = None
    class_prefix: str | None = None
    unit_kind: str | None = None
    unit: UUID | None = None
    share_mode: str | None = None
    bookable: bool = False


@dataclass(frozen=True)
class Page:
    """One page of what was found.

    ``facets`` maps city, class, unit_kind, share_mode and unit to their values with counts; each
    counts what the other filters leave. ``relaxed`` tells that no record has all the words and
    that the items are the nearest ones.
    """

    items: list[Instrument]
    total: int
    facets: dict[str, list[FacetValue]] = field(default_factory=dict)
    relaxed: bool = False
    page: int = 1
    size: int = 20

    @property
    def pages(self) -> int:
        """Return the number of pages."""
        return math.ceil(self.total / self.size)


@dataclass(frozen=True)
class _Query:
    """A text turned into a condition and a score, with the filters."""

    condition: ColumnElement[bool]
    score: ColumnElement[int]
    filters: Filters


def search(
    session: Session,
    text: str = "",
    *,
    filters: Filters | None = None,
    page: int = 1,
    size: int = 20,
    order: Order = "relevance",
) -> Page:
    """Return one page of the instruments that have all the words of ``text``.

    Words are separated by spaces; a word matches anywhere in a record, in Chinese or English,
    also by common abbreviations. Where nothing has all the words, the nearest records are given.
    """
    filters = filters or Filters()
    page, size = max(1, page), min(max(1, size), _LARGEST_PAGE)
    terms = [term[:_LONGEST_TERM] for term in normalised(text).split()[:_MOST_TERMS]]
    found = _page(session, _exact(terms, filters), (page, size), order)
    pairs = grams(" ".join(terms))[:_MOST_GRAMS]
    if found.total == 0 and len(pairs) > 1 and not _matches_without_filters(session, terms):
        found = _page(session, _near(pairs, filters), (page, size), "relevance")
        return replace(found, relaxed=True)
    return found


def _matches_without_filters(session: Session, terms: Sequence[str]) -> bool:
    query = _exact(terms, Filters())
    return session.scalar(select(Instrument.id).where(query.condition).limit(1)) is not None


def _like(term: str) -> str:
    escaped = term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _exact(terms: Sequence[str], filters: Filters) -> _Query:
    condition: ColumnElement[bool] = Instrument.lifecycle != "retired"
    score: ColumnElement[int] = literal(0)
    for term in terms:
        condition = condition & Instrument.search_text.like(_like(term))
        score = score + _worth_of(term)
    pairs = grams(" ".join(terms))
    if pairs:
        condition = condition & Instrument.grams.contains(_text_array(pairs))
    return _Query(condition, score, filters)


def _worth_of(term: str) -> ColumnElement[int]:
    pattern = _like(term)
    begins = Instrument.search_text.like(FIELD_MARK + pattern[1:])
    whens: list[tuple[ColumnElement[bool], Any]] = [(begins, _WEIGHTS["begin"])]
    for part in (2, 3, 4):
        text = func.split_part(Instrument.search_text, FIELD_MARK, part)
        whens.append((text.like(pattern), _WEIGHTS[part]))
    return case(*whens, else_=_ANYWHERE)


def _near(pairs: Sequence[str], filters: Filters) -> _Query:
    shared: ColumnElement[int] = literal(0)
    for pair in pairs:
        shared = shared + case((Instrument.search_text.like(_like(pair)), 1), else_=0)
    condition = (
        (Instrument.lifecycle != "retired")
        & Instrument.grams.overlap(_text_array(pairs))
        & (shared >= math.ceil(len(pairs) * _ENOUGH))
    )
    return _Query(condition, shared, filters)


def _text_array(values: Sequence[str]) -> ColumnElement[Any]:
    return cast(array([literal(value, Text) for value in values]), ARRAY(Text))


def _page(session: Session, query: _Query, part: tuple[int, int], order: Order) -> Page:
    counted = _counts(session, query)
    total = sum(count for name, _, count in counted if name == "total")
    page, size = part
    items: list[Instrument] = []
    if total:
        wanted = _filtered(query).order_by(*_ordering(query, order))
        wanted = wanted.limit(size).offset((page - 1) * size)
        items = list(session.scalars(wanted).unique())
    facets = labelled(session, [row for row in counted if row[0] != "total"])
    return Page(items, total, facets, page=page, size=size)


def _filtered(query: _Query) -> Select[Instrument]:
    statement = select(Instrument).join(Instrument.unit).options(contains_eager(Instrument.unit))
    conditions = _conditions(query.filters, _INSTRUMENT_COLUMNS)
    return statement.where(query.condition, *conditions.values())


def _ordering(query: _Query, order: Order) -> list[Any]:
    usable = case((_usable(Instrument.lifecycle, Instrument.run_status), 0), else_=1)
    shared = case((Instrument.share_mode == "external", 0), else_=1)
    first: dict[str, list[Any]] = {
        "relevance": [desc(query.score), usable, shared],
        "name": [Instrument.name_zh],
        "newest": [Instrument.begin_date.desc()],
        "worth": [Instrument.worth_fen.desc()],
    }
    return [*first.get(order, first["relevance"]), Instrument.id]


def _usable(lifecycle: ColumnElement[str] | Any, status: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a column of a table or of a subquery
    usable: ColumnElement[bool] = (lifecycle == "online") & status.not_in(("repair", "scrap"))
    return usable


_INSTRUMENT_COLUMNS: dict[str, Any] = {
    "region": Instrument.region,
    "class_code": Instrument.class_code,
    "unit_kind": Unit.kind,
    "unit": Unit.public_id,
    "share_mode": Instrument.share_mode,
    "lifecycle": Instrument.lifecycle,
    "run_status": Instrument.run_status,
}


def _conditions(filters: Filters, columns: Any) -> dict[str, ColumnElement[bool]]:  # noqa: ANN401 - columns of a table or of a subquery
    """Return the condition of each filter that is set, by the name of its facet."""
    conditions: dict[str, ColumnElement[bool]] = {}
    if filters.region:
        conditions["city"] = columns["region"].startswith(prefix(filters.region), autoescape=True)
    if filters.class_prefix:
        conditions["class"] = columns["class_code"].startswith(
            filters.class_prefix, autoescape=True
        )
    for name in ("unit_kind", "unit", "share_mode"):
        value = getattr(filters, name)
        if value is not None:
            conditions[name] = columns[name] == value
    if filters.bookable:
        conditions["bookable"] = _usable(columns["lifecycle"], columns["run_status"]) & (
            columns["share_mode"] != "none"
        )
    return conditions


def _counts(session: Session, query: _Query) -> list[tuple[str, str, int]]:
    """Return (facet, value, count) of every facet and the total, in one statement."""
    found = (
        select(*[column.label(name) for name, column in _INSTRUMENT_COLUMNS.items()])
        .join_from(Instrument, Unit)
        .where(query.condition)
        .cte("found")
    )
    conditions = _conditions(query.filters, found.c)
    total = select(
        literal("total").label("facet"), literal("").label("value"), func.count().label("count")
    ).where(true(), *conditions.values())
    parts = [_facet(found, name, conditions) for name in FACETS]
    statement: CompoundSelect[str, str, int] = union_all(total.select_from(found), *parts)
    return [(name, value, count) for name, value, count in session.execute(statement)]


def _facet(
    found: CTE, name: str, conditions: dict[str, ColumnElement[bool]]
) -> Select[str, str, int]:
    value = FACETS[name](found.c)
    others = [condition for facet, condition in conditions.items() if facet != name]
    return (
        select(literal(name).label("facet"), value.label("value"), func.count().label("count"))
        .select_from(found)
        .where(true(), *others)
        .group_by(value)
    )
