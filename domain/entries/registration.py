"""From sensor or waiver over the approval to an instrument in the network."""

from uuid import UUID

from sqlalchemy.orm import Session

from domain.entries import fields as national_fields
from domain.entries.entries import lock_open
from domain.entries.errors import EntryIncomplete
from domain.entries.models import Entry
from domain.entries.signals import Signal
from domain.instruments.models import Instrument
from engine.clock import now
from engine.db import as_system
from engine.values import untag

_FEN_PER_WAN = 1_000_000


def bind_sensor(session: Session, entry_id: UUID, sensor: str) -> Entry:
    """Note which sensor is to be tested; what an earlier test found counts no more."""
    with as_system(session):
        entry = lock_open(session, entry_id)
        entry.sensor, entry.signal, entry.waived = sensor.strip(), None, False
        entry.version += 1
        session.flush()
    return entry


def note_signal(session: Session, entry_id: UUID, signal: Signal) -> Entry:
    """Keep what the test of the sensor found."""
    with as_system(session):
        entry = lock_open(session, entry_id)
        entry.signal = signal
        entry.version += 1
        session.flush()
    return entry


def waive(session: Session, entry_id: UUID, reason: str, *, by: UUID) -> Entry:
    """Let an instrument in without a sensor: a named official says so."""
    with as_system(session):
        entry = lock_open(session, entry_id)
        entry.waived, entry.waiver_reason, entry.waived_by = True, reason.strip(), by
        entry.version += 1
        session.flush()
    return entry


def lacking(entry: Entry) -> list[str]:
    """Return what an entry still lacks for its approval: fields, ``giai``, ``sensor``."""
    found = national_fields.missing(entry.fields, entry.contact)
    if entry.giai is None:
        found.append("giai")
    if not entry.waived and entry.signal not in ("ok", "not_wired"):
        found.append("sensor")
    return found


def approve(session: Session, entry_id: UUID, *, by: UUID) -> Entry:
    """Note a named official's approval. Raises EntryIncomplete, EntryClosed."""
    with as_system(session):
        entry = lock_open(session, entry_id)
        missing = lacking(entry)
        if missing:
            raise EntryIncomplete("not complete", missing=missing)
        entry.approved_by, entry.approved_at = by, now(session)
        entry.version += 1
        session.flush()
    return entry


def register(session: Session, entry_id: UUID) -> Instrument:
    """Put the instrument into the network, not shared yet; or renew one from existing stock.

    Raises EntryIncomplete, EntryClosed.
    """
    with as_system(session):
        entry = lock_open(session, entry_id)
        missing = lacking(entry)
        if missing or entry.approved_at is None:
            raise EntryIncomplete("not approved or not complete", missing=missing)
        instrument = entry.instrument or Instrument(
            unit_id=entry.unit_id,
            region=entry.unit.region,
            region_path=list(entry.region_path),
            share_mode="none",
            lifecycle="online",
            manager_ids=[entry.manager_id],
            created_at=now(session),
        )
        _describe(instrument, entry)
        session.add(instrument)
        session.flush()
        entry.instrument_id, entry.instrument = instrument.id, instrument
        entry.status, entry.closed_at = "registered", now(session)
        entry.version += 1
        session.flush()
    return instrument


def _describe(instrument: Instrument, entry: Entry) -> None:
    given = entry.fields
    instrument.giai = entry.giai
    instrument.inner_id = given["inner_id"].strip()
    instrument.name_zh, instrument.name_en = given["cname"].strip(), given["ename"].strip()
    instrument.class_code = given["class_code"]
    instrument.maker, instrument.model = given["maker"].strip(), given["model"].strip()
    instrument.nation = given["nation"]
    instrument.specs, instrument.functions = given["specs"], given["functions"]
    instrument.services, instrument.rules = given["services"], given["rules"]
    instrument.worth_fen = round(given["worth_wan"] * _FEN_PER_WAN)
    instrument.begin_date = untag(given["begin_date"])
    instrument.address = given["street"]
    instrument.contact, instrument.phone = entry.contact["person"], entry.contact["phone"]
