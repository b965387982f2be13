"""From wish to service, as it happened: nothing is kept here, so nothing can contradict.

The line grows with what happens to the instrument and not inside any case.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.entries import Entry
from domain.instruments.models import Instrument
from domain.purchases import Purchase
from domain.sharing import SharingPlan
from engine.models import Instance


@dataclass(frozen=True)
class Milestone:
    """Something that happened; ``kind`` is a stable word, ``case_id`` where it is told in full.

    Kinds: applied, concluded, accepted, approved, registered, shared, not_shared.
    """

    kind: str
    at: datetime
    case_id: UUID
    by: UUID | None = None
    note: str = ""


@dataclass(frozen=True)
class Line:
    """An instrument's life: what happened in order, and its cases with number and state."""

    milestones: tuple[Milestone, ...]
    cases: tuple[Instance, ...]
    purchases: tuple[Purchase, ...]
    entries: tuple[Entry, ...]
    plans: tuple[SharingPlan, ...]


def of_instrument(session: Session, instrument: Instrument) -> Line:
    """Return the life of an instrument as far as the session's scope shows it."""
    entries = list(
        session.scalars(
            select(Entry).where(Entry.instrument_id == instrument.id).order_by(Entry.id)
        )
    )
    purchases = [entry.purchase for entry in entries if entry.purchase is not None]
    plans = list(
        session.scalars(
            select(SharingPlan)
            .where(SharingPlan.instrument_id == instrument.id)
            .order_by(SharingPlan.id)
        )
    )
    found = [
        *(one for purchase in purchases for one in _of_purchase(purchase)),
        *(one for entry in entries for one in _of_entry(entry)),
        *(one for plan in plans for one in _of_plan(plan)),
    ]
    ids = {one.case_id for one in found}
    cases = session.scalars(
        select(Instance).where(Instance.public_id.in_(ids)).order_by(Instance.started_at)
    )
    return Line(
        tuple(sorted(found, key=lambda one: one.at)),
        tuple(cases),
        tuple(purchases),
        tuple(entries),
        tuple(plans),
    )


def _of_purchase(purchase: Purchase) -> Iterator[Milestone]:
    yield Milestone("applied", purchase.created_at, purchase.case_id, purchase.applicant_id)
    if purchase.published_at is not None:
        yield Milestone(
            "concluded", purchase.published_at, purchase.case_id, note=purchase.conclusion or ""
        )


def _of_entry(entry: Entry) -> Iterator[Milestone]:
    yield Milestone("accepted", entry.created_at, entry.case_id, entry.manager_id, entry.asset_no)
    if entry.approved_at is not None:
        yield Milestone("approved", entry.approved_at, entry.case_id, entry.approved_by)
    if entry.status == "registered" and entry.closed_at is not None:
        yield Milestone("registered", entry.closed_at, entry.case_id, note=entry.giai or "")


def _of_plan(plan: SharingPlan) -> Iterator[Milestone]:
    if plan.status == "published" and plan.published_at is not None:
        kind = "not_shared" if plan.share_mode == "none" else "shared"
        yield Milestone(kind, plan.published_at, plan.case_id, plan.approved_by)
