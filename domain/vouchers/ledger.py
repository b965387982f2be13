"""Writing in the ledger: one move with its entries, locks in one order, each request once.

Locks are taken in the order of the house: the holder's year, the pool, the voucher. Everything
here needs system scope.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from domain.vouchers.errors import KeyReused
from domain.vouchers.models import Entry, Move, Pool, Voucher, VoucherYear
from engine.actors import SYSTEM, Actor
from engine.clock import now
from engine.errors import NotFound
from engine.identity import uuid7

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: Accounts that count against the yearly cap of use.
USED = ("reserved", "settled", "redeemed")


@dataclass(frozen=True)
class Draft:
    """What a move is to say: see ``models.Move``. ``voucher`` is None for a budget."""

    kind: str
    key: str
    actor: UUID
    pool_id: int
    voucher_id: int | None = None
    order_id: UUID | None = None
    carrier_unit_id: int | None = None
    amount_fen: int = 0
    cap_fen: int | None = None
    reason: str = ""


def who(session: Session) -> UUID:
    """Return for whom the session works; asked before a verb takes system scope."""
    actor: Actor = session.info.get("actor") or SYSTEM
    return actor.id


def today(session: Session) -> date:
    """Return the calendar day in Shanghai, by which vouchers begin and end."""
    return now(session).astimezone(SHANGHAI).date()


def earlier(session: Session, draft: Draft) -> Move | None:
    """Return the move that this request made before, if it did.

    Raises KeyReused when the key stands for something else: the same key is the same request.
    """
    move = session.scalar(select(Move).where(Move.request_key == draft.key))
    if move is None:
        return None
    same = (move.kind, move.order_id) == (draft.kind, draft.order_id)
    if not same or draft.voucher_id not in (None, move.voucher_id):
        raise KeyReused("this key made another move", key=draft.key)
    return move


def write(session: Session, draft: Draft, entries: Mapping[str, int]) -> Move:
    """Add a move and its entries (account → signed fen); amounts of nought are left out.

    The database refuses at the end of the transaction what is not zero in sum.
    """
    move = session.scalars(
        insert(Move)
        .values(
            public_id=uuid7(),
            kind=draft.kind,
            request_key=draft.key,
            pool_id=draft.pool_id,
            voucher_id=draft.voucher_id,
            order_id=draft.order_id,
            carrier_unit_id=draft.carrier_unit_id,
            amount_fen=draft.amount_fen,
            cap_fen=draft.cap_fen,
            actor=draft.actor,
            at=now(session),
            reason=draft.reason,
        )
        .returning(Move)
    ).one()
    rows = [
        {
            "move_id": move.id,
            "voucher_id": draft.voucher_id,
            "account": account,
            "amount_fen": amount,
        }
        for account, amount in entries.items()
        if amount
    ]
    if rows:
        session.execute(insert(Entry).values(rows))
    return move


def lock_year(session: Session, unit_id: int, year: int) -> None:
    """Lock a holder's calendar year: nobody else weighs its caps until this transaction ends."""
    weighed = {"weighed_at": now(session)}
    session.execute(
        upsert(VoucherYear)
        .values(unit_id=unit_id, year=year, **weighed)
        .on_conflict_do_update(index_elements=[VoucherYear.unit_id, VoucherYear.year], set_=weighed)
    )


def lock_pool(session: Session, pool_id: UUID) -> Pool:
    """Lock a pool and return it as it is now; raises NotFound."""
    pool = session.scalar(
        select(Pool)
        .where(Pool.public_id == pool_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if pool is None:
        raise NotFound(f"no pool {pool_id}", kind="voucher_pool")
    return pool


def lock_voucher(session: Session, voucher_id: int) -> Voucher:
    """Lock a voucher by its inner id and return it as it is now."""
    return session.scalars(
        select(Voucher)
        .where(Voucher.id == voucher_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def find(session: Session, voucher_id: UUID) -> Voucher:
    """Return a voucher that the session's scope shows; raises NotFound."""
    voucher = session.scalar(select(Voucher).where(Voucher.public_id == voucher_id))
    if voucher is None:
        raise NotFound(f"no voucher {voucher_id}", kind="voucher")
    return voucher


def used_in_year(session: Session, unit_id: int, year: int) -> int:
    """Return the fen that a holder's orders have taken of vouchers in a calendar year."""
    query = (
        select(func.coalesce(func.sum(Entry.amount_fen), 0))
        .join(Move, Move.id == Entry.move_id)
        .where(Move.unit_id == unit_id, Move.year == year, Entry.account.in_(USED))
    )
    return int(session.scalar(query) or 0)


def issued_in_year(session: Session, unit_id: int, year: int) -> int:
    """Return the fen that a holder was given in a calendar year, spent or not."""
    query = select(func.coalesce(func.sum(Move.amount_fen), 0)).where(
        Move.unit_id == unit_id, Move.year == year, Move.kind == "issue"
    )
    return int(session.scalar(query) or 0)


def free_in_pool(session: Session, pool: Pool) -> int:
    """Return what a pool has left: its budget less what is out and not expired or taken back."""
    query = select(
        func.coalesce(func.sum(Voucher.face_fen - Voucher.expired_fen - Voucher.revoked_fen), 0)
    ).where(Voucher.pool_id == pool.id)
    return pool.budget_fen - int(session.scalar(query) or 0)


def for_voucher(draft: Draft, voucher: Voucher) -> Draft:
    """Return the draft of a move that concerns this voucher."""
    return replace(draft, voucher_id=voucher.id, pool_id=voucher.pool_id)


def closing(draft: Draft, voucher: Voucher, amount_fen: int, carrier: int | None) -> Draft:
    """Return the draft of a move that ends a reservation of this voucher."""
    return replace(for_voucher(draft, voucher), amount_fen=amount_fen, carrier_unit_id=carrier)
