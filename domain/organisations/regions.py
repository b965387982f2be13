"""Regions by GB/T 2260 code: prefixes for scopes, and names."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.organisations.models import Region

_CITY_DIGITS = 4
_CODE_DIGITS = 6


def prefix(code: str) -> str:
    """Return the shortest prefix that stands for the whole region: ``330100`` → ``3301``."""
    if code.endswith("0000"):
        return code[:2]
    return code[:_CITY_DIGITS] if code.endswith("00") else code


def path(code: str) -> list[str]:
    """Return the prefixes of a region from the province down: ``33``, ``3301``, ``330106``."""
    whole = prefix(code)
    return [whole[:digits] for digits in (2, _CITY_DIGITS, _CODE_DIGITS) if len(whole) >= digits]


def full_code(prefix_or_code: str) -> str:
    """Return the six-digit code of a prefix: ``3301`` → ``330100``."""
    return prefix_or_code.ljust(_CODE_DIGITS, "0")


def listed(session: Session, level: str | None = None) -> list[Region]:
    """Return the regions in the order of their codes, of one level or all."""
    query = select(Region).order_by(Region.code)
    return list(session.scalars(query.where(Region.level == level) if level else query))


def names(session: Session) -> dict[str, tuple[str, str]]:
    """Return the Chinese and the English name of every region by code."""
    rows = session.execute(select(Region.code, Region.name_zh, Region.name_en))
    return {code: (zh, en) for code, zh, en in rows}
