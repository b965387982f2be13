"""Reading the ledger: a unit's wallet, what is usable, statements, and the figures of pools."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.vouchers import ledger
from domain.vouchers.models import Entry, Move, Pool, Voucher
from engine.db import as_system


@dataclass(frozen=True)
class Line:
    """One line of a statement: the move, and what it changed on which account (signed fen)."""

    move: Move
    changes: dict[str, int]
    available_fen: int


@dataclass(frozen=True)
class Figures:
    """A pool and where its money is, in fen; the six amounts and ``free_fen`` make the budget.

    ``face_fen`` is what was issued in all; ``vouchers`` how many pieces.
    """

    pool: Pool
    vouchers: int
    face_fen: int
    available_fen: int
    reserved_fen: int
    settled_fen: int
    redeemed_fen: int
    expired_fen: int
    revoked_fen: int

    @property
    def free_fen(self) -> int:
        """Return what can still be issued: what expired or was taken back counts again."""
        return self.pool.budget_fen - self.face_fen + self.expired_fen + self.revoked_fen

    @property
    def used_fen(self) -> int:
        """Return what was spent on finished work."""
        return self.settled_fen + self.redeemed_fen


def read(session: Session, voucher_id: UUID) -> Voucher:
    """Return a voucher; raises NotFound where the session's scope hides it."""
    return ledger.find(session, voucher_id)


def last_day(voucher: Voucher) -> date:
    """Return the last day on which a voucher counts, as people read it."""
    return voucher.valid_until - timedelta(days=1)


def of_unit(session: Session, unit_id: int) -> list[Voucher]:
    """Return a unit's vouchers that the session's scope shows, those that end first first."""
    query = (
        select(Voucher)
        .where(Voucher.unit_id == unit_id)
        .order_by(Voucher.status != "open", Voucher.valid_until, Voucher.id)
    )
    return list(session.scalars(query))


def usable(session: Session, *, unit_id: int, on: date) -> list[Voucher]:
    """Return the vouchers that a unit can spend on a day, those that end first first.

    Reads with the platform's eyes: callers offer them to the unit's own people.
    """
    query = (
        select(Voucher)
        .where(
            Voucher.unit_id == unit_id,
            Voucher.status == "open",
            Voucher.frozen.is_(False),
            Voucher.available_fen > 0,
            Voucher.valid_from <= on,
            Voucher.valid_until > on,
        )
        .order_by(Voucher.valid_until, Voucher.id)
    )
    with as_system(session):
        return list(session.scalars(query))


def statement(session: Session, voucher: Voucher) -> list[Line]:
    """Return the moves of a voucher in order, with what was available after each."""
    moves = session.scalars(
        select(Move).where(Move.voucher_id == voucher.id).order_by(Move.id)
    ).all()
    entries = session.execute(
        select(Entry.move_id, Entry.account, Entry.amount_fen).where(Entry.voucher_id == voucher.id)
    ).all()
    changes: dict[int, dict[str, int]] = {move.id: {} for move in moves}
    for move_id, account, amount in entries:
        changes[move_id][account] = amount
    lines, available = [], 0
    for move in moves:
        available += changes[move.id].get("available", 0)
        lines.append(Line(move, changes[move.id], available))
    return lines


def pool_figures(session: Session, *, year: int | None = None) -> list[Figures]:
    """Return the pools that the session's scope shows, with their figures, by region.

    The sums are over all vouchers of a pool, so they are read with the platform's eyes.
    """
    query = select(Pool).order_by(Pool.year.desc(), Pool.region, Pool.name)
    pools = session.scalars(query if year is None else query.where(Pool.year == year)).all()
    columns = [
        func.coalesce(func.sum(getattr(Voucher, name)), 0)
        for name in ("face_fen", *(f"{account}_fen" for account in _BALANCES))
    ]
    with as_system(session):
        rows = session.execute(
            select(Voucher.pool_id, func.count(), *columns)
            .where(Voucher.pool_id.in_([pool.id for pool in pools]))
            .group_by(Voucher.pool_id)
        ).all()
    sums = {row[0]: [int(value) for value in row[1:]] for row in rows}
    return [Figures(pool, *sums.get(pool.id, [0] * (2 + len(_BALANCES)))) for pool in pools]


_BALANCES = ("available", "reserved", "settled", "redeemed", "expired", "revoked")


def of_pool(session: Session, pool: Pool) -> list[Voucher]:
    """Return the vouchers of a pool that the session's scope shows, the latest first."""
    query = select(Voucher).where(Voucher.pool_id == pool.id).order_by(Voucher.id.desc())
    return list(session.scalars(query))


def moves_of_order(session: Session, order_id: UUID) -> list[Move]:
    """Return what an order did with vouchers, as far as the session's scope shows it."""
    query = select(Move).where(Move.order_id == order_id).order_by(Move.id)
    return list(session.scalars(query))


def held_by_order(session: Session, order_id: UUID) -> dict[str, int]:
    """Return what an order holds and has settled of vouchers: account → fen.

    Reads with the platform's eyes: callers show it to those who may read the order.
    """
    query = (
        select(Entry.account, func.sum(Entry.amount_fen))
        .join(Move, Move.id == Entry.move_id)
        .where(Move.order_id == order_id, Entry.account.in_(("reserved", "settled")))
        .group_by(Entry.account)
    )
    with as_system(session):
        return {account: int(amount) for account, amount in session.execute(query)}


def cap_left(session: Session, *, unit_id: int, year: int, cap_fen: int) -> int:
    """Return what a holder may still use in a calendar year, in every region together."""
    with as_system(session):
        return max(0, cap_fen - ledger.used_in_year(session, unit_id, year))
