"""What an order does with a voucher: reserve, settle, give back.

A reservation is what an order holds of a voucher. An order holds of one voucher at a time; when
its work is done the offset is settled, and whatever it did not need goes back to where it may be
spent again, or, after the voucher's end, to what has expired.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.vouchers import ledger, register
from domain.vouchers.errors import SettledTooMuch, VoucherUnavailable
from domain.vouchers.models import Entry, Move, Voucher
from engine.db import as_system


@dataclass(frozen=True)
class Wish:
    """What an order wants of a voucher, in fen; the units are inner ids.

    ``payer_unit_id`` must hold the voucher; ``payee_unit_id`` does the work and must not be
    related to it. ``cap_fen`` is what a holder may use in a calendar year.
    """

    voucher_id: UUID
    order_id: UUID
    payer_unit_id: int
    payee_unit_id: int
    amount_fen: int
    cap_fen: int


@dataclass(frozen=True)
class Reservation:
    """What an order holds of a voucher now; ``voucher_id`` is the inner id."""

    voucher_id: int
    amount_fen: int
    carrier_unit_id: int | None


def reserve(session: Session, wish: Wish, *, key: str) -> Voucher:
    """Hold an amount of a voucher for an order; a repeated request changes nothing.

    Raises VoucherUnavailable with its reason, NotFound, KeyReused.
    """
    actor = ledger.who(session)
    with as_system(session):
        seen = ledger.find(session, wish.voucher_id)
        year = ledger.today(session).year
        ledger.lock_year(session, seen.unit_id, year)
        voucher = ledger.lock_voucher(session, seen.id)
        draft = ledger.Draft(
            "reserve",
            key,
            actor,
            voucher.pool_id,
            voucher_id=voucher.id,
            order_id=wish.order_id,
            carrier_unit_id=wish.payee_unit_id,
            amount_fen=wish.amount_fen,
            cap_fen=wish.cap_fen,
        )
        if ledger.earlier(session, draft) is not None:
            return voucher
        _check(session, voucher, wish, year)
        ledger.write(session, draft, {"available": -wish.amount_fen, "reserved": wish.amount_fen})
        session.refresh(voucher)
    return voucher


def _check(session: Session, voucher: Voucher, wish: Wish, year: int) -> None:
    if voucher.unit_id != wish.payer_unit_id:
        raise VoucherUnavailable("another unit's", reason="other_unit")
    state = unusable(session, voucher)
    if state:
        raise VoucherUnavailable(state, reason=state, status=voucher.status)
    if register.related(session, wish.payer_unit_id, wish.payee_unit_id):
        raise VoucherUnavailable("payer and carrier are related", reason="related_party")
    if not 0 < wish.amount_fen <= voucher.available_fen:
        raise VoucherUnavailable(
            "not that much", reason="insufficient", left_fen=voucher.available_fen
        )
    left = wish.cap_fen - ledger.used_in_year(session, voucher.unit_id, year)
    if wish.amount_fen > left:
        raise VoucherUnavailable("over the year's cap", reason="cap", left_fen=max(0, left))
    if reservation(session, wish.order_id) is not None:
        raise VoucherUnavailable("the order holds a voucher already", reason="already_used")


def unusable(session: Session, voucher: Voucher) -> str:
    """Return why a voucher cannot be used today whatever the amount, or an empty text."""
    day = ledger.today(session)
    if voucher.status != "open":
        return voucher.status
    if voucher.frozen:
        return "frozen"
    if day >= voucher.valid_until:
        return "expired"
    return "not_begun" if day < voucher.valid_from else ""


def reservation(session: Session, order_id: UUID) -> Reservation | None:
    """Return what an order holds now; needs system scope, and the voucher's lock to be sure."""
    row = session.execute(
        select(Entry.voucher_id, func.sum(Entry.amount_fen), func.max(Move.carrier_unit_id))
        .join(Move, Move.id == Entry.move_id)
        .where(Move.order_id == order_id, Entry.account == "reserved")
        .group_by(Entry.voucher_id)
        .having(func.sum(Entry.amount_fen) > 0)
    ).one_or_none()
    return Reservation(row[0], int(row[1]), row[2]) if row else None


def settle(session: Session, *, order_id: UUID, amount_fen: int, key: str) -> int:
    """Fix the offset of an order whose work is done; return the fen settled.

    What is left of the reservation is released. Without a reservation nothing happens and 0 comes
    back. Raises SettledTooMuch, KeyReused.
    """
    return _end(session, "settle", order_id, amount_fen, key)


def release(session: Session, *, order_id: UUID, key: str) -> int:
    """Give back what an order holds of a voucher; return the fen given back, 0 if it held none.

    A voucher that is still open gets it back; after its end day it goes to what has expired, and
    to what was taken back when the voucher was: neither steals an offset that is reserved.
    """
    return _end(session, "release", order_id, 0, key)


def _end(session: Session, kind: str, order_id: UUID, settled_fen: int, key: str) -> int:
    actor = ledger.who(session)
    with as_system(session):
        held = reservation(session, order_id)
        voucher = ledger.lock_voucher(session, held.voucher_id) if held else None
        draft = ledger.Draft(kind, key, actor, 0, order_id=order_id)
        before = ledger.earlier(session, draft)
        if before is not None:
            return _amount(session, before)
        # Asked again under the lock: another request may have been faster.
        held = reservation(session, order_id)
        if held is None or voucher is None:
            return 0
        if settled_fen > held.amount_fen or settled_fen < 0:
            raise SettledTooMuch(
                "more than reserved", reserved_fen=held.amount_fen, wanted_fen=settled_fen
            )
        rest = held.amount_fen - settled_fen
        draft = ledger.closing(draft, voucher, held.amount_fen, held.carrier_unit_id)
        ledger.write(
            session,
            draft,
            {"reserved": -held.amount_fen, "settled": settled_fen, _home(session, voucher): rest},
        )
        session.refresh(voucher)
        return settled_fen if kind == "settle" else rest


def _home(session: Session, voucher: Voucher) -> str:
    if voucher.status != "open":
        return voucher.status
    return "expired" if ledger.today(session) >= voucher.valid_until else "available"


def _amount(session: Session, move: Move) -> int:
    """Return what an earlier settlement settled, or an earlier release gave back."""
    if move.kind == "release":
        return move.amount_fen
    settled = select(Entry.amount_fen).where(Entry.move_id == move.id, Entry.account == "settled")
    return int(session.scalar(settled) or 0)
