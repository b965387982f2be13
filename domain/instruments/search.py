"""Find instruments by words and filters, ranked, with counts for narrowing down."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
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
from sqlalchemy.orm import Session, joinedload

from domain.instruments import catalogue
from domain.instruments.facets import FACETS, FacetValue, labelled
from domain.instruments.models import Instrument
from domain.lexicon.queries import all_words, nearest, sounds_like, words_of
from domain.lexicon.stores import Store
from domain.organisations.models import Unit
from domain.organisations.regions import prefix

_LARGEST_PAGE = 100
#: Instruments of the network as everybody sees it: not those that wait to enter or have left.
_IN_THE_NETWORK = ("online", "suspended")
#: What sounding alike is worth beside being written nearly alike.
_SOUNDS_ALIKE = 1000

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
    """What the index proposes (number of the row → score; None: every row), and the filters."""

    proposed: Mapping[int, int] | None
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

    Words are separated by spaces. A word is found in Chinese or English, by synonyms and
    abbreviations, by maker's other names, by pinyin, and with Latin words by their beginning.
    Where nothing has all the words, the nearest records are given: those that sound alike or
    share half of the letters. The index proposes; the database decides what may be seen.
    """
    filters = filters or Filters()
    part = (max(1, page), min(max(1, size), _LARGEST_PAGE))
    words = words_of(text)
    if not words:
        return _page(session, _Query(None, filters), part, order)
    index = catalogue.look(session)
    exact = _proposals(index, all_words(words))
    found = _page(session, _Query(exact, filters), part, order)
    if found.total or _page(session, _Query(exact, Filters()), (1, 1), order).total:
        return found
    near = _proposals(index, nearest(words))
    for number, score in _proposals(index, sounds_like(words)).items():
        near[number] = near.get(number, 0) + score + _SOUNDS_ALIKE
    return replace(_page(session, _Query(near, filters), part, "relevance"), relaxed=True)


def _proposals(index: Store, query: Any) -> dict[int, int]:  # noqa: ANN401 - tantivy's query
    return {hit.number: round(hit.score) for hit in index.search(query, index.count())}


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
    found = _found(query.proposed)
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


def _found(proposed: Mapping[int, int] | None) -> CTE:
    """Return the visible rows among the proposals, with their scores."""
    columns = [column.label(name) for name, column in _COLUMNS.items()]
    rows = select(*columns).join_from(Instrument, Unit)
    if proposed is None:
        rows = rows.add_columns(literal(0).label("score"))
    else:
        unnested = (
            func.unnest(
                cast(list(proposed), ARRAY(BigInteger)),
                cast(list(proposed.values()), ARRAY(Integer)),
            )
            .table_valued("id", "score", name="proposed")
            .render_derived()
        )
        rows = rows.add_columns(unnested.c.score).join(unnested, unnested.c.id == Instrument.id)
    rows = rows.where(Instrument.lifecycle.in_(_IN_THE_NETWORK))
    return rows.cte("found").prefix_with("materialized", dialect="postgresql")


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
