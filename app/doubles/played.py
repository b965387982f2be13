"""The payment provider where time is played: scenarios, drafts in the studio, the demo's month.

It lives in memory and lets payers behave as told: ``pays`` (as soon as asked), ``waits`` (never
pays), ``pays_late`` (only once the payment is being closed), ``gives_up`` (the payment fails),
``refund_refused`` (pays, and the first refund is refused).
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from domain.payments.errors import ProviderRefused
from domain.payments.provider import Demand, PaymentState, PaymentStatus, RefundState, Statement

HABITS = frozenset({"pays", "waits", "pays_late", "gives_up", "refund_refused"})
#: habit → how a pending payment stands when it is asked for, and when it is closed.
_ASKED: dict[str, PaymentStatus] = {
    "pays": "succeeded",
    "refund_refused": "succeeded",
    "gives_up": "failed",
}
_CLOSED: dict[str, PaymentStatus] = {"pays_late": "succeeded"}


@dataclass
class PlayedProvider:
    """``habits`` maps the beginning of a payment's subject (the instrument) to a habit."""

    habits: Mapping[str, str] = field(default_factory=dict)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    #: The sandbox's address, where payments that are left open can be paid afterwards.
    base: str = ""
    payments: dict[str, PaymentState] = field(default_factory=dict)
    refunds: dict[str, RefundState] = field(default_factory=dict)
    _subjects: dict[str, str] = field(default_factory=dict)
    _refused: set[str] = field(default_factory=set)

    def create(self, demand: Demand) -> PaymentState:
        """Take a demand; what an earlier play knew under this number is forgotten."""
        known = self.payments.get(demand.number)
        if known is not None and known.amount_fen == demand.amount_fen:
            return known
        page = f"{self.base}/pay/{secrets.token_urlsafe(24)}"
        state = PaymentState(demand.number, "pending", demand.amount_fen, page)
        self._subjects[demand.number] = demand.subject
        return self._keep(state)

    def query(self, number: str) -> PaymentState:
        return self._move(number, _ASKED.get(self._habit(number), "pending"))

    def close(self, number: str) -> PaymentState:
        return self._move(number, _CLOSED.get(self._habit(number), "closed"))

    def refund(self, number: str, payment: str, amount_fen: int, reason: str) -> RefundState:  # noqa: ARG002 - the port's shape
        if self._habit(payment) == "refund_refused" and payment not in self._refused:
            self._refused.add(payment)
            return RefundState(number, "refused", amount_fen, reason="account_closed")
        state = RefundState(number, "succeeded", amount_fen, f"PR{number}", self.clock())
        self.refunds[number] = state
        return state

    def statement(self, day: date) -> Statement:
        return Statement(day, (), "0" * 64)

    def _habit(self, number: str) -> str:
        subject = self._subjects.get(number, "")
        found = (habit for name, habit in self.habits.items() if subject.startswith(name))
        return next(found, "pays")

    def _move(self, number: str, status: PaymentStatus) -> PaymentState:
        if number not in self.payments:
            raise ProviderRefused(number, reason="unknown_payment")
        state = self.payments[number]
        if state.status != "pending" or status == "pending":
            return state
        if status == "succeeded":
            mark = f"PX{secrets.token_hex(12)}"
            return self._keep(
                replace(state, status=status, transaction_id=mark, paid_at=self.clock())
            )
        return self._keep(replace(state, status=status))

    def _keep(self, state: PaymentState) -> PaymentState:
        self.payments[state.number] = state
        return state
