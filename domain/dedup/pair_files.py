"""Labelled pairs of records in the form that ER-Magellan and Ditto use.

A line is ``COL name VAL … COL … VAL …<TAB>COL … VAL …<TAB>0|1``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from domain.dedup.errors import BadTable

_PARTS = ("left", "right", "label")


@dataclass(frozen=True)
class LabelledPair:
    """Two records, column → text, and whether they are the same thing."""

    left: Mapping[str, str]
    right: Mapping[str, str]
    same: bool


def read_pairs(file: Path) -> list[LabelledPair]:
    """Read a file of labelled pairs; raises BadTable for the first line that is not one."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except UnicodeDecodeError as wrong:
        row = wrong.object[: wrong.start].count(b"\n") + 1
        raise BadTable(file.name, row, _PARTS[0], "not UTF-8") from wrong
    found = [_pair(file.name, row, line) for row, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise BadTable(file.name, 1, _PARTS[0], "no pairs")
    return found


def _pair(file: str, row: int, line: str) -> LabelledPair:
    parts = line.split("\t")
    if len(parts) != len(_PARTS):
        column = _PARTS[min(len(parts), len(_PARTS)) - 1]
        raise BadTable(file, row, column, f"{len(parts)} parts between tabs, 3 are needed")
    left, right, label = parts
    if label.strip() not in ("0", "1"):
        raise BadTable(file, row, "label", f"{label.strip()!r} is neither 0 nor 1")
    return LabelledPair(
        _record(file, row, "left", left), _record(file, row, "right", right), label.strip() == "1"
    )


def _record(file: str, row: int, side: str, text: str) -> dict[str, str]:
    before, *parts = f" {text} ".split(" COL ")
    values: dict[str, str] = {}
    for part in parts:
        name, mark, value = f" {part}".partition(" VAL ")
        if not mark or not name.strip():
            raise BadTable(file, row, side, f"“{part.strip()[:40]}” has no VAL")
        values[name.strip()] = value.strip()
    if before.strip() or not values:
        raise BadTable(file, row, side, "does not begin with COL")
    return values
