"""The index on disk: many processes read it, one at a time writes, a rebuild changes all at once.

A folder holds ``current`` (the name of the folder in use), that folder with tantivy's files, and
``state.json`` inside it, written after every commit. Readers look at the time of ``state.json``
and open anew what has changed; the operating system keeps the pages of one copy for all.
"""

import contextlib
import fcntl
import json
import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tantivy

from domain.lexicon import tables
from domain.lexicon.documents import NUMBER, document, prepare, schema
from domain.lexicon.entries import Entry
from engine.identity import uuid7

_HEAP = 15_000_000  # bytes; tantivy's least
_ORDERS = threading.Lock()
#: How often an index that is being replaced is looked for before it counts as missing.
_LOOKS = 3


@dataclass(frozen=True)
class Hit:
    """A record's number with the score that the query gave it."""

    number: int
    score: float


@dataclass
class _Opened:
    mark: tuple[str, int]
    index: tantivy.Index
    state: dict[str, Any]


class Store:
    """One index in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: _Opened | None = None

    def exists(self) -> bool:
        """Tell whether there is an index of the lexicon's present version."""
        return self.state().get("lexicon") == tables.version()

    def state(self) -> dict[str, Any]:
        """Return what the last writer noted, or nothing where there is no index."""
        opened = self._open()
        return opened.state if opened else {}

    def search(self, query: tantivy.Query, limit: int) -> list[Hit]:
        """Return the best hits, best first; equal scores in the order of their numbers."""
        opened = self._open()
        if opened is None:
            return []
        searcher = opened.index.searcher()
        most = max(1, min(limit, searcher.num_docs))
        hits = searcher.search(query, most, count=False).hits
        numbers = searcher.fast_field_values(NUMBER, [address for _, address in hits])
        found = [Hit(int(n or 0), float(s)) for n, (s, _) in zip(numbers, hits, strict=True)]
        return sorted(found, key=lambda hit: (-hit.score, hit.number))

    def count(self) -> int:
        """Return the number of records in the index."""
        opened = self._open()
        return opened.index.searcher().num_docs if opened else 0

    @contextmanager
    def writing(self, *, wait: bool) -> Iterator[bool]:
        """Hold the one writer's place; yields False when another writes and one does not wait."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except OSError:
                yield False
                return
            yield True

    def rebuild(self, entries: Iterable[tuple[int, Entry]], state: dict[str, Any]) -> None:
        """Write a whole new index beside the old one, then let it take the old one's place."""
        name = f"index-{uuid7().hex}"
        place = self.folder / name
        place.mkdir(parents=True)
        index = prepare(tantivy.Index(schema(), path=str(place)))
        _write(index, entries, forget=False)
        _note(place, state)
        _replace(self.folder / "current", name)
        for old in self.folder.glob("index-*"):
            # Readers that still have the old one open keep its files until they let go.
            if old.name != name:
                shutil.rmtree(old, ignore_errors=True)

    def update(self, entries: Iterable[tuple[int, Entry]], state: dict[str, Any]) -> None:
        """Write some records anew; raises FileNotFoundError where there is no index."""
        place = self._place()
        if place is None:
            raise FileNotFoundError(self.folder)
        index = prepare(tantivy.Index.open(str(place)))
        _write(index, entries, forget=True)
        _note(place, state)

    def note(self, state: dict[str, Any]) -> None:
        """Write down a new state for an index whose records did not change."""
        place = self._place()
        if place is not None:
            _note(place, state)

    def _place(self) -> Path | None:
        with contextlib.suppress(OSError):
            place = self.folder / (self.folder / "current").read_text("utf-8")
            if (place / "state.json").exists():
                return place
        return None

    def _open(self) -> _Opened | None:
        for _ in range(_LOOKS):
            place = self._place()
            if place is None:
                return None
            try:
                mark = (place.name, (place / "state.json").stat().st_mtime_ns)
                with _ORDERS:
                    if self._opened is None or self._opened.mark != mark:
                        self._opened = self._fresh(place, mark)
                    return self._opened
            except (OSError, ValueError):
                # Replaced between two looks: the next one finds the new place.
                self._opened = None
        return None

    def _fresh(self, place: Path, mark: tuple[str, int]) -> _Opened:
        state = json.loads((place / "state.json").read_text("utf-8"))
        before = self._opened
        if before is not None and before.mark[0] == mark[0]:
            before.index.reload()
            return _Opened(mark, before.index, state)
        index = prepare(tantivy.Index.open(str(place)))
        index.config_reader(reload_policy="manual")
        index.reload()
        return _Opened(mark, index, state)


def _write(index: tantivy.Index, entries: Iterable[tuple[int, Entry]], *, forget: bool) -> None:
    writer = index.writer(heap_size=_HEAP, num_threads=1)
    for number, entry in entries:
        if forget:
            writer.delete_documents_by_query(tantivy.Query.term_query(schema(), NUMBER, number))
        writer.add_document(document(number, entry))
    writer.commit()
    writer.wait_merging_threads()


def _note(place: Path, state: dict[str, Any]) -> None:
    _replace(place / "state.json", json.dumps(state | {"lexicon": tables.version()}))


def _replace(file: Path, text: str) -> None:
    fresh = file.with_name(f"{file.name}.{os.getpid()}.{threading.get_ident()}")
    fresh.write_text(text, "utf-8")
    fresh.replace(file)
