"""Statements of every step: compiled once and sent by the driver itself, several at a time.

Through SQLAlchemy a small statement costs several times what PostgreSQL needs for it. Here it is
still written in SQLAlchemy's language, from the models, but is compiled when the module is loaded.
"""

from collections import namedtuple
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import orjson
import psycopg
from sqlalchemy import Column, Text, bindparam, cast, func, insert, make_url, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql.dml import Insert, UpdateBase
from sqlalchemy.sql.expression import Select

from engine import db

_Statement = Select[*tuple[Any, ...]] | UpdateBase

_DIALECT = make_url("postgresql+psycopg://").get_dialect()()

Values = Mapping[str, Any]


class Prepared:
    """A statement with named parameters, ready for the driver; ``row`` makes rows of its answer."""

    def __init__(self, statement: _Statement) -> None:
        if isinstance(statement, Insert):
            # Nobody asks for the number that the database gives.
            statement = statement.inline()
        compiled: Any = statement.compile(dialect=_DIALECT)
        self.text: str = compiled.string
        self.row = _row(statement)
        self._fixed = {n: bind.value for n, bind in compiled.binds.items() if not bind.required}
        self._adapters = {
            name: adapter
            for name, bind in compiled.binds.items()
            if (adapter := bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT))
        }

    def parameters(self, values: Values) -> dict[str, Any]:
        """Return the parameters as the driver takes them."""
        made = {**self._fixed, **values}
        for name, adapter in self._adapters.items():
            made[name] = adapter(made[name])
        return made


def _row(statement: _Statement) -> Any:  # noqa: ANN401 - the maker of a named tuple
    if isinstance(statement, UpdateBase):
        names = [str(column["name"]) for column in statement.returning_column_descriptions]
    else:
        names = [str(column.key) for column in statement.selected_columns]
    make: Any = namedtuple
    return make("Row", names)._make


def adding(model: type[DeclarativeBase]) -> Prepared:
    """Return the INSERT of rows into a table; the database gives their ids.

    All rows travel as one JSON text (``as_rows``), which costs the same for one and for many.
    """
    columns = [column for column in model.__table__.columns if column.key != "id"]
    rows = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON)).table_valued(
        *[Column(column.key, column.type) for column in columns]
    )
    read = select(*rows.render_derived(with_types=True).columns)
    return Prepared(insert(model).from_select([column.key for column in columns], read))


def as_rows(rows: Sequence[Values]) -> Values:
    """Return rows of plain values as the parameter of an ``adding``."""
    return {"rows": orjson.dumps(rows).decode()}


class Write(NamedTuple):
    """A statement with its parameters; ``touches`` is how many rows it must find, where known."""

    statement: Prepared
    values: Values
    touches: int | None = None


def one(session: Session, query: Prepared, values: Values) -> Any:  # noqa: ANN401 - a row
    """Carry out a query and return its only row by the columns' names, or None."""
    return next(iter(ask(session, (query, values))[0]), None)


def ask(session: Session, *queries: tuple[Prepared, Values]) -> list[list[Any]]:
    """Carry out queries in one round trip; return the rows of each, by the columns' names.

    What the session has pending is written first, as before any other query.
    """
    if session.autoflush:
        session.flush()
    made = [(query.text, query.parameters(values)) for query, values in queries]
    try:
        with db.telling(session) as driver, driver.pipeline() if len(made) > 1 else nullcontext():
            cursors = [driver.execute(text, parameters) for text, parameters in made]
        found = [cursor.fetchall() for cursor in cursors]
    except psycopg.Error as error:
        raise _named(error, "; ".join(text for text, _ in made)) from error
    return [
        [query.row(row) for row in rows] for (query, _), rows in zip(queries, found, strict=True)
    ]


def send(session: Session, writes: Sequence[Write]) -> None:
    """Carry out several statements in one round trip.

    Raises StaleDataError where one of them does not find what it must.
    """
    made = [(write.statement.text, write.statement.parameters(write.values)) for write in writes]
    try:
        with db.telling(session) as driver, driver.pipeline():
            cursors = [driver.execute(text, parameters) for text, parameters in made]
    except psycopg.Error as error:
        raise _named(error, "; ".join(text for text, _ in made)) from error
    for write, cursor in zip(writes, cursors, strict=True):
        if write.touches not in (None, cursor.rowcount):
            raise StaleDataError(f"{cursor.rowcount} rows touched: {write.statement.text}")


def _named(error: psycopg.Error, text: str) -> BaseException:
    """Return the driver's error in the words that the callers of SQLAlchemy know."""
    return DBAPIError.instance(text, None, error, psycopg.Error, dialect=_DIALECT)
