"""Find instruments by words and filters, ranked, with counts for narrowing down."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from domain.instruments.facets import FACETS, FacetValue, labelled
from domain.instruments.indexing import FIELD_MARK, normalised, pairs
from domain.instruments.models import Instrument
from domain.organisations.models import Unit
from domain.organisations.regions import prefix

_MOST_TERMS = 8
_LONGEST_TERM = 40
_MOST_PAIRS = 24
_LARGEST_PAGE = 100
#: Share of a query's character pairs that a record must have when no record has all its words.
_ENOUGH = 0.6
#: What a term is worth: at the beginning of the name, as a whole word, inside the name, inside
#: maker or model, or anywhere.
_BEGINS, _WHOLE, _IN_NAME, _IN_MODEL, _ANYWHERE = 60, 50, 40, 30, 10

_Rows = Select[str, str, int]
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
    """A text turned into a condition on rows, a score, and the least score that counts."""

    condition: ColumnElement[bool]
    score: ColumnElement[int]
    least: int
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
    parts = [pair for pair in pairs(" ".join(terms)) if not pair.isdigit()][:_MOST_PAIRS]
    if found.total == 0 and len(parts) > 1 and not _matches_without_filters(session, terms):
        found = _page(session, _near(parts, filters), (page, size), "relevance")
        return replace(found, relaxed=True)
    return found


def _matches_without_filters(session: Session, terms: Sequence[str]) -> bool:
    query = _exact(terms, Filters())
    return session.scalar(select(Instrument.id).where(query.condition).limit(1)) is not None


def _has(text: ColumnElement[str] | InstrumentedAttribute[str], part: str) -> ColumnElement[bool]:
    """Tell whether a text has a part; several times faster than LIKE and without wildcards."""
    return func.strpos(text, part) > 0


def _exact(terms: Sequence[str], filters: Filters) -> _Query:
    condition: ColumnElement[bool] = Instrument.lifecycle != "retired"
    score: ColumnElement[int] = literal(0)
    for term in terms:
        condition = condition & _has(Instrument.search_text, term)
        score = score + _worth_of(term)
    return _Query(condition, score, 0, filters)


def _worth_of(term: str) -> ColumnElement[int]:
    text = Instrument.search_text
    return case(
        (func.starts_with(text, f"{FIELD_MARK} {term}"), _BEGINS),
        (_has(text, f" {term} "), _WHOLE),
        (_has(func.lower(Instrument.name_zh), term), _IN_NAME),
        (_has(func.lower(Instrument.maker + " " + Instrument.model), term), _IN_MODEL),
        else_=_ANYWHERE,
    )


def _near(parts: Sequence[str], filters: Filters) -> _Query:
    shared: ColumnElement[int] = literal(0)
    for part in parts:
        shared = shared + case((_has(Instrument.search_text, part), 1), else_=0)
    condition = Instrument.lifecycle != "retired"
    return _Query(condition, shared, math.ceil(len(parts) * _ENOUGH), filters)


#: What is known of every match: enough for filters, counts and order, without its texts.
_COLUMNS: dict[str, Any] = {
    "id": Instrument.id,
    "region": Instrument.region,
    "class_code": Instrument.class_code,
    "unit_kind": Unit.kind,
    "unit": Unit.public_id,
    "share_mode": Instrument.share_mode,
    "lifecycle": Instrument.lifecycle,
    "run_status": Instrument.run_status,
    "name_zh": Instrument.name_zh,
    "begin_date": Instrument.begin_date,
    "worth_fen": Instrument.worth_fen,
}


def _page(session: Session, query: _Query, part: tuple[int, int], order: Order) -> Page:
    """Match once; count and choose the page's rows from the matches, in one statement."""
    scored = (
        select(*[column.label(name) for name, column in _COLUMNS.items()])
        .add_columns(query.score.label("score"))
        .join_from(Instrument, Unit)
        .where(query.condition)
        .cte("scored")
        .prefix_with("materialized", dialect="postgresql")
    )
    found = select(scored).where(scored.c.score >= query.least).cte("found")
    conditions = _conditions(query.filters, found.c)
    page, size = part
    rows = session.execute(
        union_all(
            *[_facet(found, name, conditions) for name in FACETS],
            _row("total", literal(""), func.count()).select_from(found).where(*_all(conditions)),
            _chosen(found, conditions, order, (size, (page - 1) * size)),
        )
    ).all()
    total = next(count for name, _, count in rows if name == "total")
    ids = [int(value) for name, value, _ in sorted(rows, key=itemgetter(2)) if name == "item"]
    facets = labelled(
        session, [(name, value, count) for name, value, count in rows if name in FACETS]
    )
    return Page(_load(session, ids), total, facets, page=page, size=size)


def _load(session: Session, ids: Sequence[int]) -> list[Instrument]:
    if not ids:
        return []
    query = select(Instrument).where(Instrument.id.in_(ids)).options(joinedload(Instrument.unit))
    loaded = {instrument.id: instrument for instrument in session.scalars(query)}
    return [loaded[number] for number in ids]


def _row(name: str, value: ColumnElement[Any], count: ColumnElement[int]) -> _Rows:
    return select(
        literal(name).label("facet"), cast(value, Text).label("value"), count.label("count")
    )


def _all(conditions: dict[str, ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    return [true(), *conditions.values()]


def _facet(found: CTE, name: str, conditions: dict[str, ColumnElement[bool]]) -> _Rows:
    value = FACETS[name](found.c)
    others = [condition for facet, condition in conditions.items() if facet != name]
    rows = _row(name, value, func.count()).select_from(found)
    return rows.where(true(), *others).group_by(value)


def _chosen(
    found: CTE,
    conditions: dict[str, ColumnElement[bool]],
    order: Order,
    part: tuple[int, int],
) -> _Rows:
    """Return the ids of the page's rows, with their rank in place of a count."""
    ranking = _ordering(found, order)
    rank = func.row_number().over(order_by=ranking)
    limit, offset = part
    chosen = (
        select(found.c.id, rank.label("rank"))
        .where(*_all(conditions))
        .order_by(*ranking)
        .limit(limit)
        .offset(offset)
        .subquery()
    )
    return _row("item", chosen.c.id, chosen.c.rank)


def _ordering(found: CTE, order: Order) -> list[Any]:
    columns = found.c
    usable = case((_usable(columns), 0), else_=1)
    shared = case((columns.share_mode == "external", 0), else_=1)
    first: dict[str, list[Any]] = {
        "relevance": [columns.score.desc(), usable, shared],
        "name": [columns.name_zh],
        "newest": [columns.begin_date.desc()],
        "worth": [columns.worth_fen.desc()],
    }
    return [*first.get(order, first["relevance"]), columns.id]


def _usable(columns: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a subquery's columns
    usable: ColumnElement[bool] = (columns.lifecycle == "online") & columns.run_status.not_in(
        ("repair", "scrap")
    )
    return usable


def _conditions(filters: Filters, columns: Any) -> dict[str, ColumnElement[bool]]:  # noqa: ANN401 - a subquery's columns
    """Return the condition of each filter that is set, by the name of its facet."""
    conditions: dict[str, ColumnElement[bool]] = {}
    if filters.region:
        conditions["city"] = columns.region.startswith(prefix(filters.region), autoescape=True)
    if filters.class_prefix:
        conditions["class"] = columns.class_code.startswith(filters.class_prefix, autoescape=True)
    for name in ("unit_kind", "unit", "share_mode"):
        value = getattr(filters, name)
        if value is not None:
            conditions[name] = columns[name] == value
    if filters.bookable:
        conditions["bookable"] = _usable(columns) & (columns.share_mode != "none")
    return conditions
