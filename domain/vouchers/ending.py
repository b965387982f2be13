"""How a voucher ends or is held: its last day, and what officers decide, each with a reason."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.vouchers import ledger
from domain.vouchers.errors import ReasonMissing, VoucherClosed
from domain.vouchers.models import Pool, Voucher
from engine.actors import Actor, Scope, covers
from engine.clock import now
from engine.db import as_system
from engine.errors import NotAllowed


def expire(session: Session, voucher_id: UUID) -> int:
    """Let an ended voucher's unspent rest go back to its pool; return the fen, 0 if not due.

    What orders have reserved stays with them (it expires when they give it back). A frozen
    voucher ends on the same day: freezing does not prolong it.
    """
    actor = ledger.who(session)
    with as_system(session):
        voucher = ledger.lock_voucher(session, ledger.find(session, voucher_id).id)
        return _expire(session, voucher, actor)


def expire_due(session: Session, *, at_most: int = 500) -> int:
    """Let up to so many vouchers end whose day has come; return how many did."""
    actor = ledger.who(session)
    with as_system(session):
        due = session.scalars(
            select(Voucher)
            .where(Voucher.status == "open", Voucher.valid_until <= ledger.today(session))
            .order_by(Voucher.id)
            .limit(at_most)
            .with_for_update(skip_locked=True, key_share=True)
            .execution_options(populate_existing=True)
        ).all()
        for voucher in due:
            _expire(session, voucher, actor)
    return len(due)


def _expire(session: Session, voucher: Voucher, actor: UUID) -> int:
    if voucher.status != "open" or ledger.today(session) < voucher.valid_until:
        return 0
    rest = voucher.available_fen
    draft = ledger.Draft(
        "expire",
        f"expire:{voucher.public_id}",
        actor,
        voucher.pool_id,
        voucher_id=voucher.id,
        amount_fen=rest,
    )
    ledger.write(session, draft, {"available": -rest, "expired": rest})
    session.refresh(voucher)
    return rest


def freeze(session: Session, voucher_id: UUID, *, by: Actor, reason: str, key: str) -> Voucher:
    """Stop new reservations of a voucher until it is unfrozen; reserved amounts stay reserved.

    Raises NotFound, NotAllowed, ReasonMissing, VoucherClosed, KeyReused.
    """
    return _decide(session, "freeze", voucher_id, by, (reason, key))


def unfreeze(session: Session, voucher_id: UUID, *, by: Actor, reason: str, key: str) -> Voucher:
    """Let a frozen voucher be used again; refusals as for ``freeze``."""
    return _decide(session, "unfreeze", voucher_id, by, (reason, key))


def revoke(session: Session, voucher_id: UUID, *, by: Actor, reason: str, key: str) -> Voucher:
    """Take back for good what a voucher has available; refusals as for ``freeze``.

    What orders have reserved may still be settled; what they give back is taken back too.
    """
    return _decide(session, "revoke", voucher_id, by, (reason, key))


def _decide(
    session: Session, kind: str, voucher_id: UUID, by: Actor, said: tuple[str, str]
) -> Voucher:
    reason, key = (text.strip() for text in said)
    if not reason:
        raise ReasonMissing(f"no reason to {kind}")
    seen = ledger.find(session, voucher_id)
    with as_system(session):
        check_officer(by, session.get_one(Pool, seen.pool_id))
        voucher = ledger.lock_voucher(session, seen.id)
        rest = voucher.available_fen if kind == "revoke" else 0
        draft = ledger.Draft(
            kind, key, by.id, voucher.pool_id, voucher.id, amount_fen=rest, reason=reason
        )
        if ledger.earlier(session, draft) is not None:
            return voucher
        if voucher.status != "open":
            raise VoucherClosed("it has ended", status=voucher.status)
        ledger.write(session, draft, {"available": -rest, "revoked": rest})
        session.refresh(voucher)
    return voucher


def check_officer(by: Actor, pool: Pool) -> None:
    """Raise NotAllowed unless the actor looks after vouchers in the region of a pool."""
    if not may_decide(by, pool):
        raise NotAllowed("only voucher officers of the pool's region decide")


def may_decide(by: Actor, pool: Pool) -> bool:
    """Tell whether an actor is a voucher officer at or above the region of a pool."""
    scope = Scope(region=pool.region, department="science")
    return by.is_system or any(
        grant.role == "voucher_officer" and covers(grant, scope) for grant in by.grants
    )


def note_reminder(session: Session, voucher_id: UUID) -> Voucher:
    """Note that the holder was reminded of the voucher's end; raises NotFound."""
    with as_system(session):
        voucher = ledger.find(session, voucher_id)
        voucher.reminded_at = now(session)
        session.flush()
    return voucher
