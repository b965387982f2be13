"""Pools and their budgets, and giving vouchers out of them."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from domain.errors import InvalidValue
from domain.organisations import regions
from domain.organisations.models import Unit
from domain.vouchers import ledger
from domain.vouchers.errors import CapReached, PoolExhausted, ReasonMissing
from domain.vouchers.models import Pool, Voucher
from engine.clock import now
from engine.db import as_system
from engine.errors import NotFound
from engine.identity import uuid7
from engine.models import CaseNumber

#: Whose officers look after vouchers in a region (科技局与财政局); auditors see every department.
DEPARTMENTS = ("science", "finance")
#: The series of voucher numbers (创新券).
SERIES = "CXQ"


@dataclass(frozen=True)
class Claim:
    """What is to be issued: fen, and the first day on which it no longer counts.

    ``unit_id`` is the unit's inner id. ``cap_fen`` is what a holder may get in a calendar year.
    """

    pool_id: UUID
    unit_id: int
    face_fen: int
    valid_until: date
    cap_fen: int
    case_id: UUID | None = None


def end_of(day: date, months: int) -> date:
    """Return the first day on which a voucher of a day no longer counts.

    So many months later, on the same day or the month's last; 0 months is the end of the year.
    """
    if months <= 0:
        return date(day.year + 1, 1, 1)
    years, month = divmod(day.month - 1 + months, 12)
    last = monthrange(day.year + years, month + 1)[1]
    return date(day.year + years, month + 1, min(day.day, last))


def places(*codes: str) -> list[str]:
    """Return the ``region_path`` of vouchers of these regions: the departments that see them."""
    prefixes = dict.fromkeys(prefix for code in codes for prefix in regions.path(code))
    return [f"{prefix}/{department}" for prefix in prefixes for department in DEPARTMENTS]


def open_pool(session: Session, *, region: str, year: int, name: str) -> Pool:
    """Open an empty pool of a region and a calendar year; the same one when it is there."""
    actor = ledger.who(session)
    same = (Pool.region == region, Pool.year == year, Pool.name == name)
    with as_system(session):
        session.execute(
            upsert(Pool)
            .values(
                public_id=uuid7(),
                region=region,
                region_path=places(region),
                year=year,
                name=name,
                created_at=now(session),
                created_by=actor,
            )
            .on_conflict_do_nothing(index_elements=[Pool.region, Pool.year, Pool.name])
        )
        return session.scalars(select(Pool).where(*same)).one()


def change_budget(session: Session, pool_id: UUID, *, by_fen: int, reason: str, key: str) -> Pool:
    """Give a pool more money, or take back what it has not given out; a repeat changes nothing.

    Raises PoolExhausted when less than the issued vouchers would be left, ReasonMissing, NotFound.
    """
    if not reason.strip():
        raise ReasonMissing("a budget changes for a reason")
    actor = ledger.who(session)
    with as_system(session):
        pool = ledger.lock_pool(session, pool_id)
        draft = ledger.Draft("budget", key, actor, pool.id, amount_fen=by_fen, reason=reason)
        if ledger.earlier(session, draft) is not None:
            return pool
        free = ledger.free_in_pool(session, pool)
        if free + by_fen < 0:
            raise PoolExhausted("more is out than would be left", free_fen=free, wanted_fen=-by_fen)
        ledger.write(session, draft, {})
        session.refresh(pool)
    return pool


def issue(session: Session, claim: Claim, *, key: str, actor: UUID | None = None) -> Voucher:
    """Give a unit a voucher out of a pool, valid from today; a repeat returns the first one.

    Raises PoolExhausted, CapReached (both under lock), InvalidValue, NotFound.
    """
    actor = actor or ledger.who(session)
    with as_system(session):
        unit = session.get(Unit, claim.unit_id)
        if unit is None:
            raise NotFound(f"no unit {claim.unit_id}", kind="unit")
        day = ledger.today(session)
        ledger.lock_year(session, unit.id, day.year)
        pool = ledger.lock_pool(session, claim.pool_id)
        draft = ledger.Draft(
            "issue", key, actor, pool.id, amount_fen=claim.face_fen, cap_fen=claim.cap_fen
        )
        before = ledger.earlier(session, draft)
        if before is not None and before.voucher_id is not None:
            return session.get_one(Voucher, before.voucher_id)
        if claim.face_fen <= 0 or claim.valid_until <= day:
            raise InvalidValue("it has a worth and an end", field="face_fen", reason="range")
        _check_cap(session, unit.id, day.year, claim)
        _check_pool(session, pool, claim.face_fen)
        voucher = _new_voucher(session, pool, unit, claim)
        draft = ledger.for_voucher(draft, voucher)
        ledger.write(session, draft, {"pool": -claim.face_fen, "available": claim.face_fen})
        session.refresh(voucher)
    return voucher


def _check_cap(session: Session, unit_id: int, year: int, claim: Claim) -> None:
    left = claim.cap_fen - ledger.issued_in_year(session, unit_id, year)
    if claim.face_fen > left:
        raise CapReached("over the year's cap", left_fen=max(0, left), cap_fen=claim.cap_fen)


def _check_pool(session: Session, pool: Pool, face_fen: int) -> None:
    # A pool is the money of one calendar year; what it has left then is not given out later.
    over = pool.closed_at is not None or pool.year != ledger.today(session).year
    free = 0 if over else ledger.free_in_pool(session, pool)
    if face_fen > free:
        raise PoolExhausted("the pool has less left", free_fen=free, wanted_fen=face_fen)


def _new_voucher(session: Session, pool: Pool, unit: Unit, claim: Claim) -> Voucher:
    voucher = Voucher(
        number=_number(session, ledger.today(session).year),
        pool_id=pool.id,
        unit_id=unit.id,
        region_path=places(unit.region, pool.region),
        case_id=claim.case_id,
        face_fen=claim.face_fen,
        valid_from=ledger.today(session),
        valid_until=claim.valid_until,
        issued_at=now(session),
    )
    session.add(voucher)
    session.flush()
    return voucher


def _number(session: Session, year: int) -> str:
    statement = (
        upsert(CaseNumber)
        .values(series=SERIES, year=year, last=1)
        .on_conflict_do_update(
            index_elements=[CaseNumber.series, CaseNumber.year],
            set_={"last": CaseNumber.last + 1},
        )
        .returning(CaseNumber.last)
    )
    return f"{SERIES}-{year}-{session.scalar(statement):06d}"


def pool_for(session: Session, *, region: str, year: int) -> Pool | None:
    """Return the open pool of a region and year with the most left in it, if there is one.

    The region is that of the money, as the decision names it: a county's own or the province's.
    """
    spent = (
        select(
            func.coalesce(func.sum(Voucher.face_fen - Voucher.expired_fen - Voucher.revoked_fen), 0)
        )
        .where(Voucher.pool_id == Pool.id)
        .scalar_subquery()
    )
    query = (
        select(Pool)
        .where(Pool.region == region, Pool.year == year, Pool.closed_at.is_(None))
        .order_by((Pool.budget_fen - spent).desc(), Pool.id)
        .limit(1)
    )
    with as_system(session):
        return session.scalar(query)
