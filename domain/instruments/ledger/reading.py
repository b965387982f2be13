"""From a file to rows of text: CSV in the usual encodings, or the first sheet of a workbook."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from domain.errors import InvalidValue
from domain.instruments.ledger.values import plain

_HEADINGS = Path(__file__).with_name("headings.csv")
_ENCODINGS = ("utf-8-sig", "gb18030")
MOST_BYTES = 20_000_000
MOST_ROWS = 50_000
#: Headings may stand below a title; more rows than this are not looked at for them.
_TITLE_ROWS = 5
_FEWEST_HEADINGS = 3
_UNITS = (("万元", "万元"), ("万", "万元"), ("元", "元"))


@dataclass(frozen=True)
class Heading:
    """A column: the field it fills, how it is headed, and the unit of money it names."""

    field: str
    written: str
    unit: str = ""


@dataclass(frozen=True)
class Line:
    """A row of the file by its number there, field → text as written."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Sheet:
    """The columns that were understood and the rows below them."""

    headings: dict[str, Heading]
    lines: list[Line]


@cache
def _known() -> dict[str, str]:
    with _HEADINGS.open(encoding="utf-8", newline="") as file:
        return {row["heading"].casefold(): row["field"] for row in csv.DictReader(file)}


def read(name: str, content: bytes) -> Sheet:
    """Read a ledger; raises InvalidValue (reason: size, type, encoding, headings, rows)."""
    if len(content) > MOST_BYTES:
        raise InvalidValue("larger than 20 MB", field="file", reason="size")
    suffix = Path(name).suffix.casefold()
    if suffix == ".csv":
        return _sheet(_csv_rows(content))
    if suffix == ".xlsx":
        return _sheet(_workbook_rows(content))
    raise InvalidValue("a .csv or .xlsx file", field="file", reason="type")


def _csv_rows(content: bytes) -> Iterator[list[str]]:
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            yield from csv.reader(io.StringIO(text, newline=""))
        except csv.Error as wrong:
            raise InvalidValue(str(wrong), field="file", reason="rows") from wrong
        return
    raise InvalidValue("neither UTF-8 nor GB 18030", field="file", reason="encoding")


def _workbook_rows(content: bytes) -> Iterator[list[str]]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as wrong:
        raise InvalidValue("no workbook", field="file", reason="type") from wrong
    for row in book.worksheets[0].iter_rows(values_only=True):
        yield [_text(cell) for cell in row]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _heading(written: str) -> Heading | None:
    said = plain(written)
    unit = next((meant for mark, meant in _UNITS if mark in said), "")
    bare = said.split("(")[0].strip(" *:").casefold()
    field = _known().get(bare) or _known().get(said.casefold())
    return Heading(field, written.strip(), unit if field == "worth" else "") if field else None


def _sheet(rows: Iterable[Sequence[str]]) -> Sheet:
    columns: dict[int, Heading] = {}
    lines: list[Line] = []
    for number, row in enumerate(rows, 1):
        if not columns:
            columns = _columns(row)
            if not columns and number >= _TITLE_ROWS:
                break
        elif any(cell.strip() for cell in row):
            cells = {h.field: row[at] for at, h in columns.items() if at < len(row)}
            lines.append(Line(number, cells))
        if len(lines) > MOST_ROWS:
            raise InvalidValue(f"more than {MOST_ROWS} rows", field="file", reason="rows")
    if not columns:
        raise InvalidValue("no row of known headings", field="file", reason="headings")
    return Sheet({heading.field: heading for heading in columns.values()}, lines)


def _columns(row: Sequence[str]) -> dict[int, Heading]:
    """Return the columns of a row of headings, the first of each field; else nothing."""
    found: dict[int, Heading] = {}
    for at, written in enumerate(row):
        heading = _heading(written)
        if heading and heading.field not in {each.field for each in found.values()}:
            found[at] = heading
    fields = {heading.field for heading in found.values()}
    return found if "name_zh" in fields and len(fields) >= _FEWEST_HEADINGS else {}
