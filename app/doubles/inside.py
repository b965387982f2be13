"""A payment provider within this process: for scenarios, demo data and tests, without a network.

It keeps its money as a real one does: a payment is made once, before it lapses or is closed, and
no more goes back than came in.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count

from domain.payments.errors import ProviderRefused
from domain.payments.provider import (
    Demand,
    PaymentState,
    RefundState,
    Statement,
    StatementLine,
)
from engine.values import ZONE


@dataclass
class _Kept:
    """A payment as the provider keeps it."""

    state: PaymentState
    lapses_at: datetime
    returned_fen: int = 0


@dataclass
class ProviderInside:
    """The provider of one little world; ``now`` tells that world's time (UTC).

    ``pay`` and ``decline`` are what a payer does on the provider's page; ``refusing`` are the
    payments whose next refund is refused. ``base`` is the address of a provider at which what is
    left open can be paid afterwards.
    """

    now: Callable[[], datetime]
    base: str = "https://pay.invalid"
    payments: dict[str, _Kept] = field(default_factory=dict)
    refunds: dict[str, RefundState] = field(default_factory=dict)
    refusing: set[str] = field(default_factory=set)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def create(self, demand: Demand) -> PaymentState:
        """Have an amount collected; the same number and amount again change nothing."""
        known = self.payments.get(demand.number)
        if known is None:
            address = f"{self.base}/pay/{secrets.token_urlsafe(24)}"
            state = PaymentState(demand.number, "pending", demand.amount_fen, address)
            lapses_at = self.now() + timedelta(seconds=demand.valid_seconds)
            known = self.payments[demand.number] = _Kept(state, lapses_at)
        elif known.state.amount_fen != demand.amount_fen:
            raise ProviderRefused("another amount", reason="amount_differs")
        return known.state

    def query(self, number: str) -> PaymentState:
        """Tell how a payment stands."""
        return self._kept(number).state

    def close(self, number: str) -> PaymentState:
        """Give a payment up unless it was made already."""
        kept = self._kept(number)
        if kept.state.status == "pending":
            kept.state = replace(kept.state, status="closed")
        return kept.state

    def refund(self, number: str, payment: str, amount_fen: int, reason: str) -> RefundState:  # noqa: ARG002
        """Send money of a payment back; the same number again changes nothing."""
        known = self.refunds.get(number)
        if known is not None:
            return known
        if payment in self.refusing:
            self.refusing.remove(payment)
            return RefundState(number, "refused", amount_fen, reason="account_closed")
        kept = self._kept(payment)
        paid = kept.state.amount_fen if kept.state.status == "succeeded" else 0
        if not 0 < amount_fen <= paid - kept.returned_fen:
            raise ProviderRefused("more than was paid", reason="refund_exceeds_payment")
        kept.returned_fen += amount_fen
        done = RefundState(number, "succeeded", amount_fen, self._transaction("R"), self.now())
        self.refunds[number] = done
        return done

    def statement(self, day: date) -> Statement:
        """List what happened on a day of Shanghai."""
        lines = [
            StatementLine(
                "payment", each.state.number, each.state.amount_fen, each.state.status,
                each.state.transaction_id, each.state.paid_at,
            )
            for each in self.payments.values()
            if each.state.transaction_id and each.state.paid_at
        ] + [
            StatementLine(
                "refund", each.number, each.amount_fen, each.status,
                each.transaction_id, each.refunded_at,
            )
            for each in self.refunds.values()
            if each.transaction_id and each.refunded_at
        ]  # fmt: skip
        of_day = [line for line in lines if line.at.astimezone(ZONE).date() == day]
        return Statement(day, of_day, "")

    def pay(self, number: str) -> PaymentState:
        """Let the payer pay. Raises ProviderRefused for a payment that is over."""
        return self._ended(number, "succeeded")

    def decline(self, number: str) -> PaymentState:
        """Let the payer's bank refuse. Raises ProviderRefused for a payment that is over."""
        return self._ended(number, "failed")

    def _ended(self, number: str, status: "str") -> PaymentState:
        kept = self._kept(number)
        if kept.state.status != "pending":
            raise ProviderRefused("the payment is over", reason=kept.state.status)
        if status == "succeeded":
            kept.state = replace(
                kept.state,
                status="succeeded",
                transaction_id=self._transaction("T"),
                paid_at=self.now(),
            )
        else:
            kept.state = replace(kept.state, status="failed")
        return kept.state

    def _kept(self, number: str) -> _Kept:
        kept = self.payments.get(number)
        if kept is None:
            raise ProviderRefused("unknown", reason="unknown_payment")
        if kept.state.status == "pending" and self.now() >= kept.lapses_at:
            kept.state = replace(kept.state, status="closed")
        return kept

    def _transaction(self, kind: str) -> str:
        return f"{kind}{next(self._numbers):012d}"
