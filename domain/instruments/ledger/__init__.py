"""Takes a unit's ledger in: once, row by row, with a report for every row.

A file whose content was taken before has no second effect. A row that cannot be stored is
reported and leaves nothing behind; the others go on. New instruments wait to enter the network
(``pending``).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from domain.instruments.imports import ImportBatch, ImportRow
from domain.instruments.ledger.reading import read
from domain.instruments.ledger.rows import Draft, Reader
from domain.instruments.models import GiaiCode, Instrument
from domain.organisations import regions
from domain.organisations.models import Unit
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system

__all__ = ["Imported", "import_file"]

_NAME_LENGTH = 200


@dataclass(frozen=True)
class Imported:
    """The batch of a file; ``repeated`` tells that this content was taken before."""

    batch: ImportBatch
    repeated: bool


def import_file(session: Session, unit: Unit, name: str, content: bytes, *, by: Actor) -> Imported:
    """Take a ledger (.csv, .xlsx) in; raises InvalidValue for a file that is none.

    Afterwards ``total = ok + warned + rejected`` and every row of the file has its own record.
    """
    sheet = read(name, content)
    digest = hashlib.sha256(content).hexdigest()
    with as_system(session):
        batch = _open(session, unit, Path(name).name[:_NAME_LENGTH], digest, by)
        if batch is None:
            query = select(ImportBatch).where(
                ImportBatch.unit_id == unit.id, ImportBatch.file_hash == digest
            )
            return Imported(session.scalars(query).one(), repeated=True)
        reader = Reader(sheet, unit)
        counts = {"ok": 0, "warned": 0, "rejected": 0}
        for draft in reader.drafts():
            instrument = _store(session, unit, reader, draft)
            counts[draft.status] += 1
            session.add(_report(batch, draft, instrument))
        batch.total, batch.finished_at = sum(counts.values()), now(session)
        batch.ok, batch.warned, batch.rejected = counts.values()
        session.flush()
    return Imported(batch, repeated=False)


def _open(session: Session, unit: Unit, name: str, digest: str, by: Actor) -> ImportBatch | None:
    """Begin a batch, or return nothing where the unit has one of this content."""
    batch = ImportBatch(
        unit_id=unit.id,
        region_path=regions.path(unit.region),
        file_name=name,
        file_hash=digest,
        imported_by=by.id,
        started_at=now(session),
    )
    try:
        with session.begin_nested():
            session.add(batch)
    except IntegrityError:
        # Another import of the same content was first; if it still ran, this one waited for it.
        return None
    return batch


def _store(session: Session, unit: Unit, reader: Reader, draft: Draft) -> Instrument | None:
    """Make the row's instrument inside a savepoint of its own."""
    if draft.status == "rejected":
        return None
    known = session.scalar(
        select(Instrument).where(
            Instrument.unit_id == unit.id, Instrument.inner_id == draft.values["inner_id"]
        )
    )
    if known is not None:
        draft.problems.append(reader.problem("already_known", "inner_id", known.inner_id))
        return known
    code = draft.values.get("giai")
    if code and session.get(GiaiCode, code) is not None:
        draft.problems.append(reader.problem("giai_taken", "giai", code))
        return None
    instrument = _instrument(session, unit, draft)
    try:
        with session.begin_nested():
            session.add(instrument)
    except DBAPIError as refused:
        said = str(refused.orig).splitlines()[0]
        draft.problems.append(reader.problem("not_stored", "inner_id", said))
        return None
    return instrument


def _instrument(session: Session, unit: Unit, draft: Draft) -> Instrument:
    defaults = {"name_en": "", "class_code": "990000", "maker": "", "model": ""}
    return Instrument(
        **{**defaults, **draft.values},
        unit_id=unit.id,
        region=unit.region,
        region_path=regions.path(unit.region),
        share_mode="internal",
        lifecycle="pending",
        created_at=now(session),
    )


def _report(batch: ImportBatch, draft: Draft, instrument: Instrument | None) -> ImportRow:
    return ImportRow(
        batch_id=batch.id,
        row=draft.number,
        status=draft.status,
        values={name: text.replace("\0", "�") for name, text in draft.written.items()},
        problems=[problem.facts() for problem in draft.problems],
        instrument_id=instrument.public_id if instrument else None,
    )
