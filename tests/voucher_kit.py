"""A small voucher world: a pool, a holder, a carrier, and an order of each asking."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from domain import vouchers
from domain.organisations.models import Unit
from domain.vouchers import Claim, Pool, Voucher, Wish
from engine.identity import uuid7

CAP = 10_000_000


@dataclass
class Wallet:
    """A pool of 1,000 yuan and what is asked of it."""

    session: Session
    holder: Unit
    carrier: Unit
    pool: Pool
    keys: int = 0
    orders: list[UUID] = field(default_factory=list)

    def key(self) -> str:
        self.keys += 1
        return f"test:{self.keys}"

    def issue(self, face_fen: int = 20_000, **values) -> Voucher:
        until = values.pop("until", None) or vouchers.today(self.session) + timedelta(days=38)
        key = values.pop("key", None) or self.key()
        unit = values.pop("unit", self.holder)
        claim = Claim(
            pool_id=values.pop("pool", self.pool).public_id,
            unit_id=unit.id,
            face_fen=face_fen,
            valid_until=until,
            cap_fen=values.pop("cap_fen", CAP),
        )
        return vouchers.issue(self.session, claim, key=key, **values)

    def reserve(self, voucher: Voucher, amount_fen: int, **values) -> UUID:
        """Reserve for an order (a new one unless given) and return the order's id."""
        order = values.pop("order", None) or uuid7()
        wish = Wish(
            voucher_id=voucher.public_id,
            order_id=order,
            payer_unit_id=values.pop("payer", self.holder).id,
            payee_unit_id=values.pop("payee", self.carrier).id,
            amount_fen=amount_fen,
            cap_fen=values.pop("cap_fen", CAP),
        )
        vouchers.reserve(self.session, wish, key=values.pop("key", None) or self.key())
        return order

    def settle(self, order: UUID, amount_fen: int, key: str | None = None) -> int:
        return vouchers.settle(
            self.session, order_id=order, amount_fen=amount_fen, key=key or self.key()
        )

    def release(self, order: UUID, key: str | None = None) -> int:
        return vouchers.release(self.session, order_id=order, key=key or self.key())

    def checked(self) -> None:
        """Let the database check now what it checks at the end of a transaction."""
        self.session.execute(text("set constraints all immediate"))
        self.session.execute(text("set constraints all deferred"))


def balances(voucher: Voucher) -> dict[str, int]:
    """The balances of a voucher that are not nought."""
    found = {name: getattr(voucher, f"{name}_fen") for name in vouchers.ACCOUNTS[1:]}
    return {name: amount for name, amount in found.items() if amount}


def a_pool(session: Session, region: str, budget_fen: int, name: str = "本级创新券") -> Pool:
    """A pool of this year with a budget."""
    year = vouchers.today(session).year
    pool = vouchers.open_pool(session, region=region, year=year, name=name)
    return vouchers.change_budget(
        session,
        pool.public_id,
        by_fen=budget_fen,
        reason="年度预算",
        key=f"budget:{region}:{year}:{name}",
    )


def new_year(session: Session) -> date:
    """The first day of next year."""
    return date(vouchers.today(session).year + 1, 1, 1)
