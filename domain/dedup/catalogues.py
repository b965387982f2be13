"""Catalogues from files: read, indexed and searched without a database."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.dedup.errors import BadTable
from domain.dedup.explain import Reason, reasons
from domain.dedup.training import Judge, Likeness
from domain.lexicon.entries import Entry
from domain.lexicon.queries import likes
from domain.lexicon.stores import Store

#: Columns of a catalogue; all but the first two may be missing or empty.
COLUMNS = (
    "id", "name", "model", "maker", "unit", "category", "specs", "price", "date", "serial",
    "asset_no",
)  # fmt: skip
_NEEDED = ("id", "name")
_ENCODINGS = ("utf-8-sig", "gb18030")
#: Candidates that the index proposes for the scorers to judge.
CANDIDATES = 80


@dataclass(frozen=True)
class Row:
    """A row of a catalogue: its id and what is written about the instrument."""

    id: str
    entry: Entry


def read_catalogue(file: Path) -> list[Row]:
    """Read a CSV file (UTF-8 or GB 18030); raises BadTable for the first row that is wrong."""
    return list(_rows(file.name, _decoded(file)))


def _decoded(file: Path) -> str:
    raw = file.read_bytes()
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as wrong:
            row = raw[: wrong.start].count(b"\n") + 1
    raise BadTable(file.name, row, _NEEDED[0], "neither UTF-8 nor GB 18030")


def _rows(file: str, text: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    seen: dict[str, int] = {}
    header: list[str] = []
    try:
        for cells in reader:
            if not header:
                header = _header(file, cells)
            elif any(cell.strip() for cell in cells):
                yield _row(file, reader.line_num, header, cells, seen)
    except csv.Error as wrong:
        raise BadTable(file, reader.line_num, "-", str(wrong)) from wrong
    if not header:
        raise BadTable(file, 1, _NEEDED[0], "the file is empty")


def _header(file: str, cells: Sequence[str]) -> list[str]:
    header = [cell.strip().casefold() for cell in cells]
    for name in _NEEDED:
        if name not in header:
            raise BadTable(file, 1, name, "this column is missing")
    for name in header:
        if header.count(name) > 1 and name:
            raise BadTable(file, 1, name, "this column stands twice")
    return header


def _row(
    file: str, number: int, header: Sequence[str], cells: Sequence[str], seen: dict[str, int]
) -> Row:
    if len(cells) > len(header):
        said = f"{len(cells)} cells, the header has {len(header)}"
        raise BadTable(file, number, header[-1], said)
    values: Mapping[str, str] = dict(zip(header, cells, strict=False))
    for name in _NEEDED:
        if not (values.get(name) or "").strip():
            raise BadTable(file, number, name, "empty")
    key = values["id"].strip()
    if key in seen:
        raise BadTable(file, number, "id", f"“{key}” stands in row {seen[key]} already")
    seen[key] = number
    return Row(key, Entry.of(values))


@dataclass(frozen=True)
class Match:
    """A row that was found for another, with both answers; ``reasons`` say why."""

    row: Row
    likeness: Likeness
    reasons: tuple[Reason, ...]


class Catalogue:
    """Rows that can be searched for the likes of an instrument."""

    def __init__(self, rows: Sequence[Row], folder: Path) -> None:
        self.rows = rows
        self.store = Store(folder)
        with self.store.writing(wait=True):
            self.store.rebuild(((n, row.entry) for n, row in enumerate(rows)), {})

    def similar(
        self, entry: Entry, judge: Judge, *, top: int, without: str | None = None
    ) -> list[Match]:
        """Return the rows most like an entry, best first; ``without`` leaves out one id."""
        found = [self.rows[hit.number] for hit in self.store.search(likes(entry), CANDIDATES)]
        rows = [row for row in found if row.id != without]
        judged = judge.compare(entry, [row.entry for row in rows])
        pairs = list(zip(judged, rows, strict=True))
        pairs.sort(key=lambda pair: (-pair[0].order, pair[1].id))
        return [
            Match(row, likeness, tuple(reasons(entry, row.entry))) for likeness, row in pairs[:top]
        ]
