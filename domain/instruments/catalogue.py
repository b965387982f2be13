"""Keeps the index on disk in step with the rows: they are the truth, it only proposes.

Every row carries the number of the transaction that changed it last (``changed_in``, written by a
trigger). The index remembers the oldest transaction that was still running when it was written;
whatever was changed since has that number or a higher one. A lost, foreign or outdated index is
made anew.
"""

import hashlib
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session, joinedload

from domain.instruments.models import Instrument
from domain.instruments.names import class_name
from domain.lexicon.entries import Entry
from domain.lexicon.stores import Store
from engine.db import as_system

log = logging.getLogger(__name__)

_BATCH = 1000
#: Changes that a search works in by itself; more are left to the timers process.
_FEW = 50

#: What changed since ``low``; without this transaction's own changes, which may never be.
_CHANGED = text(
    "select i.id, i.changed_in, s.low from (select"
    " pg_snapshot_xmin(pg_current_snapshot())::text::bigint low,"
    " pg_snapshot_xmax(pg_current_snapshot())::text::bigint high,"
    " coalesce(pg_current_xact_id_if_assigned()::text::bigint, 0) own) s"
    " left join instrument i on i.changed_in >= :low and i.changed_in < greatest(s.high, s.own + 1)"
    " and (:with_own or i.changed_in <> s.own)"
)


@dataclass
class _Wiring:
    home: Path | None = None
    stores: dict[str, Store] = field(default_factory=dict)


_wiring = _Wiring()


def configure(home: Path | None) -> None:
    """Say in which folder this process keeps and reads the index; None: one that ends with it."""
    _wiring.home, _wiring.stores = home, {}


def store(session: Session) -> Store:
    """Return the index of the session's database."""
    bind = session.get_bind()
    url = (bind if isinstance(bind, Engine) else bind.engine).url
    place = hashlib.sha256(str(url.set(username=None, password=None)).encode()).hexdigest()[:12]
    if place not in _wiring.stores:
        home = _wiring.home or Path(tempfile.mkdtemp(prefix="dayi-index-"))
        _wiring.stores[place] = Store(home / "search" / place)
    return _wiring.stores[place]


def entry_of(instrument: Instrument) -> Entry:
    """Return what is written about an instrument, as it is found and compared."""
    unit = instrument.unit
    rest = (
        *class_name(instrument.class_code),
        instrument.inner_id,
        unit.name_zh,
        unit.name_en,
        unit.short_names,
        instrument.functions,
        instrument.services,
        instrument.address,
    )
    return Entry(
        name=instrument.name_zh,
        name_en=instrument.name_en,
        model=instrument.model,
        maker=instrument.maker,
        category=instrument.class_code,
        specs=instrument.specs,
        rest=" ".join(rest),
    )


def refresh(session: Session, *, with_own: bool = False) -> int:
    """Bring the index up to date and wait for it; return how many records were written.

    ``with_own`` takes in what this transaction has changed and not yet committed: for tests.
    """
    index = store(session)
    with as_system(session), index.writing(wait=True):
        return _write(session, index, _changes(session, index, with_own=with_own))


def look(session: Session) -> Store:
    """Return the index for a search; few changes are worked in at once, a missing index is made.

    While another process writes, the index is taken as it is.
    """
    index = store(session)
    if not index.exists():
        refresh(session)
        return index
    with as_system(session):
        changes = _changes(session, index, with_own=False)
        if changes.rebuild or 0 < len(changes.rows) <= _FEW:
            _try(session, index)
    return index


def _try(session: Session, index: Store) -> None:
    """Work changes in unless another writes; a search goes on where that cannot be done."""
    try:
        with index.writing(wait=False) as mine:
            if mine:
                _write(session, index, _changes(session, index, with_own=False))
    except (OSError, ValueError) as error:
        log.warning("the index could not be brought up to date: %s", error)


def check(session: Session) -> bool:
    """Make the index anew if it does not hold as many records as there are; tell whether it did."""
    index = store(session)
    with as_system(session), index.writing(wait=True):
        rows = session.scalar(text("select count(*) from instrument"))
        if index.exists() and index.count() == rows:
            return False
        _rebuild(session, index)
        return True


@dataclass(frozen=True)
class _Changes:
    rows: dict[int, int]
    low: int
    rebuild: bool


def _changes(session: Session, index: Store, *, with_own: bool) -> _Changes:
    state = index.state()
    before = state.get("low", 0)
    found = session.execute(_CHANGED, {"low": before, "with_own": with_own}).all()
    low: int = found[0][2]
    # A transaction that goes on may change a row again under the same number.
    known = {} if with_own else state.get("recent", {})
    rows = {id_: at for id_, at, _ in found if id_ is not None and known.get(str(id_)) != at}
    # Numbers of transactions only grow; a smaller one belongs to another database.
    return _Changes(rows, low, rebuild=not index.exists() or low < before)


def _write(session: Session, index: Store, changes: _Changes) -> int:
    if changes.rebuild:
        return _rebuild(session, index)
    if changes.rows:
        recent = {str(id_): at for id_, at in changes.rows.items() if at >= changes.low}
        index.update(_entries(session, list(changes.rows)), {"low": changes.low, "recent": recent})
    return len(changes.rows)


def _rebuild(session: Session, index: Store) -> int:
    low = session.execute(_CHANGED, {"low": 2**62, "with_own": False}).one().low
    written = 0

    def counted() -> Iterator[tuple[int, Entry]]:
        nonlocal written
        for pair in _entries(session, None):
            written += 1
            yield pair

    index.rebuild(counted(), {"low": low, "recent": {}})
    return written


def _entries(session: Session, ids: list[int] | None) -> Iterator[tuple[int, Entry]]:
    query = select(Instrument).options(joinedload(Instrument.unit)).order_by(Instrument.id)
    if ids is not None:
        query = query.where(Instrument.id.in_(ids))
    # The session may hold objects of earlier: what stands in the rows counts.
    query = query.execution_options(yield_per=_BATCH, populate_existing=True)
    for instrument in session.scalars(query):
        yield instrument.id, entry_of(instrument)
