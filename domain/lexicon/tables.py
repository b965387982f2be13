"""The data files of this room and the version that they make up together.

Each row names where it comes from: ``own knowledge`` and ``own list`` are ours; ``CHMO:…`` and
``MS:…`` are extracts of the Chemical Methods Ontology and of the PSI-MS vocabulary (both CC BY
4.0, see NOTICE).
"""

import csv
import hashlib
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
#: Raised by hand whenever the same data would be read or written differently.
_FORMAT = "1"


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a data file."""
    with (_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def version() -> str:
    """Return the version of the lexicon: twelve hexadecimal digits over its files."""
    whole = hashlib.sha256(_FORMAT.encode())
    for file in sorted(_FOLDER.glob("*.csv")):
        whole.update(file.name.encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()[:12]
