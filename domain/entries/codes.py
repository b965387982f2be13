"""Asset codes for entries: issued once for an instrument, never given to another.

The serial is the next one of unit and year over the register, all instruments and entries; the
unit's row is locked, so two entries at once do not get the same.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, select, union_all
from sqlalchemy.orm import Session

from domain.entries.entries import lock_open
from domain.entries.errors import NoCompanyPrefix
from domain.entries.models import Entry
from domain.instruments import giai
from domain.instruments.models import GiaiCode, Instrument
from domain.organisations.models import Unit
from engine.db import as_system

_SERIAL_DIGITS = 6


def issue(session: Session, entry_id: UUID) -> str:
    """Give an entry its code; a second call returns the one that it has.

    Raises NoCompanyPrefix where the unit has no GS1 prefix, EntryClosed.
    """
    with as_system(session):
        entry = lock_open(session, entry_id)
        if entry.giai is None:
            entry.giai = _next(session, entry)
            entry.version += 1
            session.flush()
        return entry.giai


def _next(session: Session, entry: Entry) -> str:
    unit = session.scalars(
        select(Unit).where(Unit.id == entry.unit_id).with_for_update(key_share=True)
    ).one()
    if not unit.gs1_prefix:
        raise NoCompanyPrefix("no GS1 company prefix", unit=unit.name_zh)
    year = entry.accepted_on.year
    begin = giai.make(unit.gs1_prefix, unit.code, year, 0)[:-_SERIAL_DIGITS]
    used: CompoundSelect[Any] = union_all(
        select(Instrument.giai.label("code")).where(Instrument.giai.startswith(begin)),
        select(GiaiCode.code).where(GiaiCode.code.startswith(begin)),
        select(Entry.giai).where(Entry.giai.startswith(begin)),
    )
    serials = [int(code[-_SERIAL_DIGITS:]) for code in session.scalars(used) if code]
    return giai.make(unit.gs1_prefix, unit.code, year, max(serials, default=0) + 1)
