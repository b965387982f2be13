"""The demo's data files, and public ids that are the same in every installation."""

import csv
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import UUID

_FOLDER = Path(__file__).parent / "data"
#: Everything in the demo has been there since this moment.
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
_KINDS = {
    "unit": 1, "person": 2, "instrument": 3, "role_grant": 4, "qualification": 5, "tariff": 6,
}  # fmt: skip


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a data file (columns are separated by ``|``)."""
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, delimiter="|", quoting=csv.QUOTE_NONE))


def public_id(kind: str, number: int) -> UUID:
    """Return a well-formed UUIDv7 that depends on nothing but its arguments."""
    milliseconds = int(SINCE.timestamp() * 1000)
    value = milliseconds << 80 | 0x7 << 76 | _KINDS[kind] << 64 | 0b10 << 62 | number
    return UUID(int=value)
