"""The port to the national platform: push a record, get a return code (handbook 2.6).

100 ok · 101 data · 200 unit code · 201 type · 202 format · 203 validation · 204 other · 301
their database. 101 and 200 to 204 are for people to correct; 301 is worth another try.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from sqlalchemy.orm import Session

from domain.entries.entries import lock_open
from domain.entries.fields import CONTACT, FIELDS, FUNDS, KINDS, SOURCES, subjects
from domain.entries.models import Entry
from domain.organisations import regions
from engine.clock import FixedClock, now
from engine.db import as_system
from engine.values import untag

OK, DATABASE = 100, 301
#: National object type 4: 单台套仪器.
SINGLE_INSTRUMENT = 4


@dataclass(frozen=True)
class Answer:
    """The national platform's return code and its words."""

    code: int
    message: str = ""


class NationalPlatform(Protocol):
    """What the platform needs of the national one."""

    def push(self, unit_code: str, kind: int, record: Mapping[str, Any], *, key: str) -> Answer:
        """Send a record; the same key again changes nothing. Raises NationalUnavailable."""


@dataclass
class _Wiring:
    real: NationalPlatform | None = None
    played: NationalPlatform | None = None


_wiring = _Wiring()


def wire(platform: NationalPlatform | None) -> None:
    """Give this process the national platform; None where the province has no line to it."""
    _wiring.real = platform


def wire_played(platform: NationalPlatform | None) -> NationalPlatform | None:
    """Give this process the national platform of played time; return the one before."""
    before, _wiring.played = _wiring.played, platform
    return before


def of(session: Session) -> NationalPlatform:
    """Return the national platform for a session: played time never reaches the real one."""
    is_played = isinstance(session.info.get("clock"), FixedClock)
    platform = _wiring.played if is_played else _wiring.real
    if platform is None:
        raise RuntimeError("domain.entries.national.wire was not called in this process")
    return platform


def record_of(session: Session, entry: Entry) -> dict[str, Any]:
    """Return an entry in the national platform's names and words."""
    names = regions.names(session)
    place = [names[regions.full_code(part)][0] for part in entry.region_path]
    record = {rule.wire: entry.fields.get(key) for key, rule in FIELDS.items()}
    record |= {rule.wire: entry.contact.get(key) for key, rule in CONTACT.items()}
    begin = untag(entry.fields.get("begin_date"))
    return record | {
        "insCode": entry.unit.uscc,
        "instrBelongsType": "4",
        "instrBelongsName": "无",
        "instrSource": SOURCES[entry.fields["source"]][0],
        "instrSupervise": "是" if entry.fields.get("customs") else "否",
        "type": KINDS[entry.fields["kind"]][0],
        "beginDate": begin.isoformat() if isinstance(begin, date) else "",
        "subject": subjects(entry.fields["subjects"]),
        "funds": [FUNDS[one][0] for one in entry.fields["funds"]],
        **dict(zip(("province", "city", "county"), place, strict=False)),
        "status": "正常",
        "shareMode": "不共享",
        "assetCode": entry.giai,
        "auditStatus": 1,
    }


def note(session: Session, entry: Entry, answer: Answer) -> None:
    """Keep the national platform's answer with the entry."""
    with as_system(session):
        current = lock_open(session, entry.public_id)
        current.national_code, current.pushed_at = answer.code, now(session)
        session.flush()
