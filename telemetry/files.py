"""Readings, labels and intervals as CSV files; what is wrong is named by file, row and column.

Readings: ``instrument,ts,i_rms`` (ISO 8601, a time without offset is Shanghai's; amperes RMS).
Labels: ``instrument,start,end,state`` (off, standby or running; half-open).
Told: ``instrument,start,end,state,confidence,model``. Files that end in ``.gz`` are compressed.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import TextIO, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from telemetry.decoding import MOST_AMPS
from telemetry.intervals import Interval
from telemetry.states import TOLD
from telemetry.windows import Readings, ordered

READING_COLUMNS = ("instrument", "ts", "i_rms")
LABEL_COLUMNS = ("instrument", "start", "end", "state")
TOLD_COLUMNS = ("instrument", "start", "end", "state", "confidence", "model")
_ZONE = ZoneInfo("Asia/Shanghai")
_LONGEST_NAME = 100

Value = TypeVar("Value")


@dataclass(frozen=True)
class BadCell:
    """One thing that is wrong with a file; ``row`` counts from 1, the heading included."""

    file: str
    row: int
    column: str
    why: str

    def __str__(self) -> str:
        return f"{self.file}: row {self.row}, column {self.column}: {self.why}"


class BadFile(Exception):
    """A file has bad cells; ``cells`` holds each of them."""

    def __init__(self, cells: list[BadCell]) -> None:
        super().__init__("\n".join(map(str, cells)))
        self.cells = cells


class _Bad(ValueError):
    pass


def _seconds(text: str) -> float:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as refused:
        raise _Bad("not a time in ISO 8601") from refused
    return (at if at.tzinfo else at.replace(tzinfo=_ZONE)).timestamp()


def _amps(text: str) -> float:
    try:
        value = float(text)
    except ValueError as refused:
        raise _Bad("not a number") from refused
    if not isfinite(value) or not 0 <= value <= MOST_AMPS:
        raise _Bad(f"not between 0 and {MOST_AMPS:.0f} A")
    return value


def _name(text: str) -> str:
    name = text.strip()
    if not 0 < len(name) <= _LONGEST_NAME:
        raise _Bad(f"an instrument's name has 1 to {_LONGEST_NAME} characters")
    return name


def _state(text: str) -> str:
    state = text.strip()
    if state not in TOLD:
        raise _Bad(f"not one of {', '.join(TOLD)}")
    return state


class _Rows:
    """The rows of one file, and what was wrong with them."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.path, self.columns = path, columns
        self.bad: list[BadCell] = []
        self.number = 1

    def refuse(self, column: str, why: str) -> None:
        self.bad.append(BadCell(str(self.path), self.number, column, why))

    def cell(self, row: Mapping[str, str], column: str, read: Callable[[str], Value]) -> Value:
        """Read one cell; raises _Bad after noting what is wrong with it."""
        try:
            return read(row.get(column) or "")
        except _Bad as bad:
            self.refuse(column, str(bad))
            raise

    def __iter__(self) -> Iterator[dict[str, str]]:
        with closing(_open(self.path)) as file:
            reader = csv.DictReader(file)
            missing = [name for name in self.columns if name not in (reader.fieldnames or ())]
            if missing:
                for name in missing:
                    self.refuse(name, "the heading has no such column")
                return
            try:
                for row in reader:
                    self.number = reader.line_num
                    yield row
            except (csv.Error, UnicodeDecodeError) as broken:
                self.refuse("*", f"cannot be read: {broken}")


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def read_readings(
    path: Path, *, skip_bad: bool = False
) -> tuple[dict[str, Readings], list[BadCell]]:
    """Return the readings by instrument, and the bad cells whose rows were left out.

    Raises BadFile for bad rows unless they may be skipped, and for a heading that lacks a column.
    """
    rows = _Rows(path, READING_COLUMNS)
    ts: dict[str, list[float]] = defaultdict(list)
    amps: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        try:
            name = rows.cell(row, "instrument", _name)
            at, value = rows.cell(row, "ts", _seconds), rows.cell(row, "i_rms", _amps)
        except _Bad:
            continue
        ts[name].append(at)
        amps[name].append(value)
    _settle(rows, skip_bad=skip_bad)
    return {name: ordered(np.array(ts[name]), np.array(amps[name])) for name in ts}, rows.bad


def read_labels(
    path: Path, *, skip_bad: bool = False
) -> tuple[dict[str, list[Interval]], list[BadCell]]:
    """Return the labels by instrument, and the bad cells whose rows were left out."""
    rows = _Rows(path, LABEL_COLUMNS)
    labels: dict[str, list[Interval]] = defaultdict(list)
    for row in rows:
        try:
            name = rows.cell(row, "instrument", _name)
            start, end = rows.cell(row, "start", _seconds), rows.cell(row, "end", _seconds)
            state = rows.cell(row, "state", _state)
        except _Bad:
            continue
        if end <= start:
            rows.refuse("end", "not after the start")
            continue
        labels[name].append(Interval(int(start), int(end), state, None))
    _settle(rows, skip_bad=skip_bad)
    return dict(labels), rows.bad


def _settle(rows: _Rows, *, skip_bad: bool) -> None:
    # A heading without a column leaves nothing to go on with.
    if rows.bad and (not skip_bad or rows.bad[0].row == 1):
        raise BadFile(rows.bad)


def write_told(sink: TextIO, told: Iterable[tuple[str, Interval, str]]) -> None:
    """Write intervals as CSV: instrument, times in Shanghai's offset, state, confidence, model."""
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(TOLD_COLUMNS)
    for name, each, model in told:
        confidence = "" if each.confidence is None else f"{each.confidence:.4f}"
        row = (name, _text(each.start), _text(each.end), each.state, confidence, model)
        writer.writerow(row)


def _text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, _ZONE).isoformat()
