"""Entries: opened by the unit, filled in by the manager, closed by registration or otherwise."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.entries.errors import EntryClosed, EntryNotEntitled
from domain.entries.fields import Contact, NationalFields
from domain.entries.models import Entry
from domain.instruments.models import Instrument
from domain.organisations import regions
from domain.organisations.actors import counts_at
from domain.organisations.models import Person, RoleGrant, Unit
from domain.purchases import Purchase, PurchaseRevision, applications
from engine.actors import UNIT_ROLES, Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotFound
from engine.values import ZONE, tag

_FEN_PER_WAN = 1_000_000
Closing = Literal["exempt", "withdrawn", "merged"]
Duty = Literal["must", "voluntary", "exempt"]


@dataclass(frozen=True)
class AssetCard:
    """What the finance asset cloud (资产云) says of the thing."""

    asset_no: str
    name: str
    worth_wan: float
    accepted_on: date
    serial_no: str | None = None

    @property
    def worth_fen(self) -> int:
        """Return the booked worth in fen."""
        return round(self.worth_wan * _FEN_PER_WAN)


@dataclass(frozen=True)
class Origin:
    """Where the thing comes from: an approved purchase, existing stock, or neither."""

    purchase_id: UUID | None = None
    instrument_id: UUID | None = None


def open_entry(
    session: Session, case_id: UUID, card: AssetCard, origin: Origin, *, by: Actor
) -> Entry:
    """Open the entry of a case with what is known already; a second call returns it.

    Raises EntryNotEntitled: ``no_role`` (nobody of a unit), ``no_purchase``, ``not_approved``,
    ``expired``, ``used_up`` (all approved sets are entered), ``other_unit``.
    """
    with as_system(session):
        known = of_case(session, case_id)
        if known is not None:
            return known
        unit = _unit_of(session, by)
        purchase = _approved(session, unit, origin.purchase_id)
        instrument = _stock(session, unit, origin.instrument_id)
        entry = Entry(
            case_id=case_id,
            unit_id=unit.id,
            region_path=regions.path(unit.region),
            manager_id=_manager(session, unit, by),
            purchase_id=purchase.id if purchase else None,
            instrument_id=instrument.id if instrument else None,
            asset_no=card.asset_no.strip(),
            serial_no=(card.serial_no or "").strip(),
            name=card.name.strip(),
            worth_fen=card.worth_fen,
            accepted_on=card.accepted_on,
            giai=instrument.giai if instrument else None,
            created_at=now(session),
        )
        entry.fields = tag(_prefilled(session, card, purchase, instrument))
        session.add(entry)
        session.flush()
    return entry


def _unit_of(session: Session, by: Actor) -> Unit:
    for grant in by.grants:
        if grant.role in UNIT_ROLES and grant.unit_id is not None:
            return session.get_one(Unit, grant.unit_id)
    raise EntryNotEntitled("no role in a unit", reason="no_role")


def _approved(session: Session, unit: Unit, purchase_id: UUID | None) -> Purchase | None:
    if purchase_id is None:
        return None
    purchase = session.scalar(
        select(Purchase).where(Purchase.public_id == purchase_id).with_for_update()
    )
    if purchase is None:
        raise EntryNotEntitled("no such purchase", reason="no_purchase")
    if purchase.unit_id != unit.id:
        raise EntryNotEntitled("another unit's purchase", reason="other_unit")
    if purchase.status != "published" or purchase.conclusion not in ("approve", "partial"):
        raise EntryNotEntitled("not approved", reason="not_approved")
    if purchase.valid_until is not None and today(session) >= purchase.valid_until:
        raise EntryNotEntitled("the conclusion has expired", reason="expired")
    used = session.scalar(
        select(func.count()).where(
            Entry.purchase_id == purchase.id, Entry.status.in_(("open", "registered", "exempt"))
        )
    )
    if (used or 0) >= (purchase.approved_quantity or 0):
        raise EntryNotEntitled("every approved set is entered", reason="used_up")
    return purchase


def _stock(session: Session, unit: Unit, instrument_id: UUID | None) -> Instrument | None:
    if instrument_id is None:
        return None
    instrument = session.scalar(select(Instrument).where(Instrument.public_id == instrument_id))
    if instrument is None or instrument.unit_id != unit.id:
        raise EntryNotEntitled("not this unit's instrument", reason="other_unit")
    return instrument


def _manager(session: Session, unit: Unit, by: Actor) -> UUID:
    """Return who keeps the instrument: the one who enters it, or the unit's first manager."""
    if any(g.role == "instrument_manager" and g.unit_id == unit.id for g in by.grants):
        return by.id
    first = session.scalar(
        select(Person.public_id)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(
            RoleGrant.role == "instrument_manager",
            RoleGrant.unit_id == unit.id,
            counts_at(now(session)),
            Person.active,
        )
        .order_by(Person.id)
        .limit(1)
    )
    return first or by.id


def _prefilled(
    session: Session, card: AssetCard, purchase: Purchase | None, instrument: Instrument | None
) -> dict[str, Any]:
    """Return what need not be typed again (paper's item 16: 多头填报)."""
    found: dict[str, Any] = {
        "cname": card.name,
        "worth_wan": card.worth_wan,
        "begin_date": card.accepted_on,
        "source": "purchase",
        "customs": False,
        "run_hours": 0,
        "service_hours": 0,
    }
    if purchase is not None:
        found |= _of_purchase(applications.latest(session, purchase))
    if instrument is not None:
        found |= _of_instrument(instrument)
    return {key: value for key, value in found.items() if value not in ("", None)}


def _of_purchase(revision: PurchaseRevision) -> dict[str, Any]:
    content = revision.content
    own = content["funds"] == "own"
    return {
        "cname": revision.name,
        "class_code": revision.class_code,
        "maker": revision.maker,
        "model": revision.model,
        "specs": content["specs"][:500],
        "street": content["site"][:100],
        "customs": bool(content["duty_free"]),
        "funds": ["own" if own else "central" if content["funds"] == "central" else "local"],
    }


def _of_instrument(instrument: Instrument) -> dict[str, Any]:
    return {
        "cname": instrument.name_zh,
        "ename": instrument.name_en,
        "inner_id": instrument.inner_id,
        "class_code": instrument.class_code,
        "maker": instrument.maker,
        "model": instrument.model,
        "nation": instrument.nation,
        "begin_date": instrument.begin_date,
        "specs": instrument.specs,
        "functions": instrument.functions,
        "services": instrument.services,
        "rules": instrument.rules,
        "street": instrument.address[:100],
    }


def keep_fields(
    session: Session, entry_id: UUID, fields: NationalFields, contact: Contact
) -> Entry:
    """Keep what the manager has filled in. Raises EntryClosed."""
    with as_system(session):
        entry = lock_open(session, entry_id)
        entry.fields, entry.contact = tag(asdict(fields)), asdict(contact)
        entry.name = fields.cname.strip()
        entry.version += 1
        session.flush()
    return entry


def set_duty(session: Session, entry_id: UUID, duty: Duty, due_at: datetime) -> Entry:
    """Keep whether the instrument must be entered, and until when."""
    with as_system(session):
        entry = lock_open(session, entry_id)
        entry.duty, entry.due_at = duty, due_at
        session.flush()
    return entry


def close(session: Session, entry_id: UUID, outcome: Closing) -> Entry:
    """End an entry without registering the instrument. Raises EntryClosed."""
    with as_system(session):
        entry = lock_open(session, entry_id)
        entry.status, entry.closed_at = outcome, now(session)
        entry.version += 1
        session.flush()
    return entry


def lock_open(session: Session, entry_id: UUID) -> Entry:
    """Lock an open entry; needs system scope. Raises NotFound, EntryClosed."""
    entry = session.scalar(
        select(Entry)
        .where(Entry.public_id == entry_id)
        .with_for_update(of=Entry)
        .execution_options(populate_existing=True)
    )
    if entry is None:
        raise NotFound(f"no entry {entry_id}", kind="entry")
    if entry.status != "open":
        raise EntryClosed("it has ended", status=entry.status)
    return entry


def read(session: Session, entry_id: UUID) -> Entry:
    """Return an entry; raises NotFound where the session's scope hides it."""
    entry = session.scalar(select(Entry).where(Entry.public_id == entry_id))
    if entry is None:
        raise NotFound(f"no entry {entry_id}", kind="entry")
    return entry


def of_case(session: Session, case_id: UUID) -> Entry | None:
    """Return the entry of a case, if the session's scope shows it."""
    return session.scalar(select(Entry).where(Entry.case_id == case_id))


def today(session: Session) -> date:
    """Return the day of the session's clock in Shanghai."""
    return now(session).astimezone(ZONE).date()


def masked(contact: Mapping[str, Any]) -> dict[str, str]:
    """Return a contact with phone and e-mail masked (D11: L3 is masked by default)."""
    return {
        key: f"{str(value)[:3]}****" if key in ("phone", "email") and value else str(value or "")
        for key, value in contact.items()
    }
