"""Asset codes: the Global Individual Asset Identifier of GS1 (application identifier 8004).

A GIAI has no check digit, so the rules here are all there is: the characters of GS1's set 82, at
most 30 of them, a numeric company prefix in front that is registered for the unit, and something
after it. The platform writes capital letters only, because capital and small letters would be
different codes. That no code stands twice and none is ever used again is the database's own rule:
it keeps a register of every code that an instrument ever had (``GiaiCode``).
"""

import re

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.errors import InvalidValue
from domain.instruments.models import GiaiCode, Instrument
from domain.organisations.models import Unit
from engine.clock import now
from engine.db import as_system

_SET_82 = re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{8,30}""")
#: The company prefixes of GS1 China have seven to ten digits.
_PREFIX = re.compile(r"[0-9]{7,10}")
_SHORTEST_PREFIX = 7


def _refused(text: str, reason: str) -> InvalidValue:
    return InvalidValue(text, field="giai", reason=reason)


def check_form(code: str) -> None:
    """Raise InvalidValue (reason: characters, prefix, reference) unless GS1 would take the code."""
    if not _SET_82.fullmatch(code):
        raise _refused("8 to 30 characters of GS1 set 82", "characters")
    if not code[:_SHORTEST_PREFIX].isdigit() or code[0] == "0":
        # 8003 codes of returnable assets begin with a padding zero: they are no GIAI of China.
        raise _refused("a company prefix of at least seven digits in front", "prefix")


def check(code: str, prefix: str) -> None:
    """Raise InvalidValue (reason: characters, case, prefix, reference) for a wrong code."""
    if not _SET_82.fullmatch(code):
        raise _refused("8 to 30 characters of GS1 set 82", "characters")
    if code != code.upper():
        raise _refused("capital letters only", "case")
    if not _PREFIX.fullmatch(prefix) or not code.startswith(prefix):
        raise _refused("not the unit's company prefix", "prefix")
    if len(code) == len(prefix):
        raise _refused("no asset reference", "reference")


def make(prefix: str, unit_code: str, year: int, serial: int) -> str:
    """Return the code of a unit's asset: prefix, ZJ, unit's four digits, year, six digits."""
    code = f"{prefix}ZJ{unit_code}{year:04d}{serial:06d}"
    check(code, prefix)
    return code


def register_prefix(session: Session, unit: Unit, prefix: str) -> None:
    """Register a unit's company prefix; raises InvalidValue (reason: prefix, taken).

    No unit's prefix may begin with another's: their codes could not be told apart.
    """
    if not _PREFIX.fullmatch(prefix):
        raise InvalidValue("seven to ten digits", field="gs1_prefix", reason="prefix")
    with as_system(session):
        others = session.scalars(
            select(Unit.gs1_prefix).where(Unit.gs1_prefix.is_not(None), Unit.id != unit.id)
        )
        for other in others:
            if other and (other.startswith(prefix) or prefix.startswith(other)):
                raise InvalidValue(f"meets {other}", field="gs1_prefix", reason="taken")
        unit.gs1_prefix = prefix
        session.flush()


def issue(session: Session, instrument: Instrument) -> str:
    """Give an instrument its code, the next of its unit and year; one that it has stays.

    Raises InvalidValue (reason: prefix) where no company prefix is registered for the unit.
    """
    with as_system(session):
        # Two at once would count the same codes; the unit's row makes them wait for each other.
        unit = session.scalars(
            select(Unit).where(Unit.id == instrument.unit_id).with_for_update()
        ).one()
        session.refresh(instrument, ["giai"])
        if instrument.giai is None:
            instrument.giai = following(session, unit, year=now(session).year)
            session.flush()
        return instrument.giai


def following(session: Session, unit: Unit, *, year: int) -> str:
    """Return the code after the last one that the unit ever had in a year, also a retired one.

    The caller holds the unit's row, so that nobody else counts at the same time.
    """
    if not unit.gs1_prefix:
        raise _refused("no company prefix is registered for the unit", "prefix")
    first = make(unit.gs1_prefix, unit.code, year, 0)
    front = first[:-6]
    last = session.scalar(
        select(func.max(GiaiCode.code)).where(
            GiaiCode.code.startswith(front, autoescape=True),
            func.length(GiaiCode.code) == len(first),
        )
    )
    serial = int(last[-6:]) + 1 if last and last[-6:].isdigit() else 1
    return make(unit.gs1_prefix, unit.code, year, serial)


def retire(session: Session, instrument: Instrument) -> None:
    """Take the code from an instrument that leaves; it is never given out again."""
    with as_system(session):
        instrument.giai = None
        session.flush()
