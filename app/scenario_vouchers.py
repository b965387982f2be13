"""Pools, vouchers and registers of enterprises that a scenario's world holds already."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from domain import vouchers
from domain.organisations import regions
from domain.organisations.models import Unit
from domain.vouchers import Claim, EnterpriseEntry, Pool, Voucher, register
from engine.actors import SYSTEM
from engine.clock import now
from engine.identity import uuid7
from engine.scenario_file import BadScenario

#: A cap that no scenario reaches; decisions bring their own.
_NO_CAP = 10**12
_FOREVER = date(2000, 1, 1)


def add_pools(session: Session, said: Mapping[str, Any]) -> dict[str, Pool]:
    """Open pools: name → ``{region, budget_fen, year}`` (this year unless said)."""
    found = {}
    for name, what in said.items():
        year = what.get("year", vouchers.today(session).year)
        pool = vouchers.open_pool(session, region=str(what["region"]), year=year, name=name)
        found[name] = vouchers.change_budget(
            session,
            pool.public_id,
            by_fen=what["budget_fen"],
            reason="scenario",
            key=str(uuid7()),
        )
    return found


def add_vouchers(
    session: Session, said: Mapping[str, Any], pools: Mapping[str, Pool], units: Mapping[str, Unit]
) -> dict[str, Voucher]:
    """Issue vouchers: name → ``{pool, unit, face_fen, until, frozen}``; ``until`` is exclusive."""
    found = {}
    for name, what in said.items():
        claim = Claim(
            pool_id=pools[what["pool"]].public_id,
            unit_id=units[what["unit"]].id,
            face_fen=what["face_fen"],
            valid_until=what.get("until", date(vouchers.today(session).year + 1, 1, 1)),
            cap_fen=_NO_CAP,
        )
        voucher = vouchers.issue(session, claim, key=str(uuid7()))
        if what.get("frozen"):
            vouchers.freeze(
                session, voucher.public_id, by=SYSTEM, reason="scenario", key=str(uuid7())
            )
        found[name] = voucher
    return found


def add_registers(session: Session, said: Mapping[str, Any], units: Mapping[str, Unit]) -> None:
    """Enter units in lists: list → unit names. Raises BadScenario for an unknown list."""
    unknown = set(said) - set(register.REGISTERS)
    if unknown:
        raise BadScenario(f"registers: unknown {', '.join(sorted(unknown))}")
    for name, members in said.items():
        for member in members:
            unit = units[member]
            # A scenario's credit codes are not real ones, so they are not imported but written.
            session.add(
                EnterpriseEntry(
                    register=name,
                    uscc=unit.uscc,
                    name=unit.name_zh,
                    region=unit.region,
                    region_path=regions.path(unit.region),
                    valid_from=_FOREVER,
                    source="scenario",
                    imported_at=now(session),
                    imported_by=SYSTEM.id,
                )
            )
    session.flush()
