"""Is this the same physical machine as one that is entered already? (handbook D12, assumption)

Not the question of the purchase review: the same model in two units is normal there and here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain.entries.models import Entry
from domain.instruments.models import Instrument
from engine.db import as_system
from engine.values import untag

_NEAR = timedelta(days=90)
_WORTH_SHARE = 0.02
_FEN_PER_WAN = 1_000_000
_WEIGHTS = {"name": 0.35, "model": 0.25, "maker": 0.15, "date": 0.1, "worth": 0.1, "place": 0.05}


@dataclass(frozen=True)
class Twin:
    """A record that may be the same machine; ``because`` are the traits that agree."""

    public_id: UUID
    kind: str
    name: str
    score: float
    because: tuple[str, ...]


def twins(session: Session, entry: Entry, *, least: float) -> list[Twin]:
    """Return the records of the same unit that may be this machine, the likeliest first.

    The same asset number, or the same serial number and maker, of any unit is certain (1.0).
    """
    with as_system(session):
        found = [*_certain(session, entry), *_likely(session, entry, least)]
    return sorted(found, key=lambda twin: (-twin.score, twin.name))


def _certain(session: Session, entry: Entry) -> list[Twin]:
    maker = str(entry.fields.get("maker", "")).strip()
    same_serial = (Entry.serial_no == entry.serial_no) & (Entry.serial_no != "")
    query = select(Entry).where(
        Entry.id != entry.id,
        Entry.status.in_(("open", "registered", "exempt")),
        or_((Entry.asset_no == entry.asset_no) & (Entry.unit_id == entry.unit_id), same_serial),
    )
    found = []
    for other in session.scalars(query):
        if other.asset_no == entry.asset_no and other.unit_id == entry.unit_id:
            found.append(Twin(other.public_id, "entry", other.name, 1.0, ("asset_no",)))
        elif str(other.fields.get("maker", "")).strip() == maker:
            found.append(Twin(other.public_id, "entry", other.name, 1.0, ("serial", "maker")))
    return found


def _likely(session: Session, entry: Entry, least: float) -> list[Twin]:
    query = select(Instrument).where(
        Instrument.unit_id == entry.unit_id,
        Instrument.lifecycle != "retired",
        Instrument.id.is_distinct_from(entry.instrument_id),
    )
    found = []
    for other in session.scalars(query):
        because = _agreeing(entry.fields, other)
        score = round(sum(_WEIGHTS[trait] for trait in because), 2)
        if score >= least:
            found.append(Twin(other.public_id, "instrument", other.name_zh, score, because))
    return found


def _agreeing(fields: Mapping[str, Any], other: Instrument) -> tuple[str, ...]:
    agree = {
        "name": _same(fields.get("cname"), other.name_zh),
        "model": _same(fields.get("model"), other.model),
        "maker": _same(fields.get("maker"), other.maker),
        "date": _near(untag(fields.get("begin_date")), other.begin_date),
        "worth": _close(fields.get("worth_wan"), other.worth_fen),
        "place": _same(fields.get("street"), other.address),
    }
    return tuple(trait for trait, is_so in agree.items() if is_so)


def _same(mine: object, theirs: str) -> bool:
    own = "".join(str(mine or "").casefold().split())
    return bool(own) and own == "".join(theirs.casefold().split())


def _near(mine: object, theirs: date) -> bool:
    return isinstance(mine, date) and abs(mine - theirs) <= _NEAR


def _close(mine: object, theirs: int) -> bool:
    if not isinstance(mine, int | float):
        return False
    own = mine * _FEN_PER_WAN
    return abs(own - theirs) <= _WORTH_SHARE * max(own, theirs, 1)
