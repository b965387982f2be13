"""Uses that a unit declares beside the bookings: kept once each, with who declared them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from domain.errors import UseRefused
from domain.instruments.models import Instrument
from domain.measures.models import DeclaredUse
from domain.organisations.models import Unit
from engine.actors import Actor
from engine.clock import now
from engine.db import as_system
from engine.errors import NotAllowed, NotFound
from engine.identity import uuid7

_DECLARERS = frozenset({"instrument_manager", "unit_administrator"})


@dataclass(frozen=True)
class Declared:
    """A row of a unit's usage log: preparation and post-processing lie within the times."""

    row_key: str
    started_at: datetime
    ended_at: datetime | None
    user_unit_id: UUID | None = None
    user_name: str = ""
    enterprise: bool = False
    outside: bool = False
    prepare_minutes: int = 0
    post_minutes: int = 0
    content: str = ""
    charge_fen: int = 0


def declare(session: Session, instrument_id: UUID, use: Declared, *, by: Actor) -> bool:
    """Keep a declared use; tell whether it is new. The same ``row_key`` changes nothing.

    Raises NotFound, NotAllowed (not the owning unit's people) or UseRefused (reason: times,
    future, minutes, user).
    """
    instrument = session.scalar(select(Instrument).where(Instrument.public_id == instrument_id))
    if instrument is None:
        raise NotFound(f"no instrument {instrument_id}", kind="instrument")
    _check_declarer(instrument, by)
    _check(use, now(session))
    with as_system(session):
        user = _user(session, use)
        values = {
            "public_id": uuid7(),
            "instrument_id": instrument.id,
            "row_key": use.row_key,
            "user_unit_id": user.id if user else None,
            "user_name": use.user_name,
            "enterprise": use.enterprise or (user is not None and user.kind == "enterprise"),
            "external": user.id != instrument.unit_id if user else use.outside,
            "started_at": use.started_at,
            "ended_at": use.ended_at,
            "prepare_minutes": use.prepare_minutes,
            "post_minutes": use.post_minutes,
            "content": use.content,
            "charge_fen": use.charge_fen,
            "declared_by": by.id,
            "declared_at": now(session),
            "unit_id": instrument.unit_id,
            "region_path": instrument.region_path,
        }
        kept = session.execute(
            insert(DeclaredUse).values(values).on_conflict_do_nothing().returning(DeclaredUse.id)
        ).first()
    return kept is not None


def _check_declarer(instrument: Instrument, by: Actor) -> None:
    own = any(g.role in _DECLARERS and g.unit_id == instrument.unit_id for g in by.grants)
    if not (by.is_system or own):
        raise NotAllowed("only the owning unit declares uses")


def _check(use: Declared, at: datetime) -> None:
    end = use.ended_at or at
    if end <= use.started_at:
        raise UseRefused("ends before it begins", reason="times")
    if end > at:
        raise UseRefused("has not ended yet", reason="future")
    if min(use.prepare_minutes, use.post_minutes, use.charge_fen) < 0 or timedelta(
        minutes=use.prepare_minutes + use.post_minutes
    ) > (end - use.started_at):
        raise UseRefused("longer than the whole", reason="minutes")
    if use.user_unit_id is None and not use.user_name:
        raise UseRefused("nobody used it", reason="user")


def _user(session: Session, use: Declared) -> Unit | None:
    if use.user_unit_id is None:
        return None
    unit = session.scalar(select(Unit).where(Unit.public_id == use.user_unit_id))
    if unit is None:
        raise UseRefused("unknown unit", reason="user")
    return unit
