"""The port to the payment provider, and what travels over it. Amounts are fen, times UTC.

Everything is named by our own numbers, so a repeated request means the same thing again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.orm import Session

from domain.payments.errors import ProviderUnavailable
from engine.contract import RetryLater

#: Under this name a session's own ``info`` may carry a provider that goes before the process's.
SESSION_KEY = "payment_provider"

#: When a provider that did not answer is asked again.
AGAIN_AFTER = timedelta(seconds=20)

PaymentStatus = Literal["pending", "succeeded", "closed", "failed"]
RefundStatus = Literal["pending", "succeeded", "refused"]


@dataclass(frozen=True)
class Demand:
    """What the provider is asked to collect; ``valid_seconds`` runs on the provider's clock."""

    number: str
    amount_fen: int
    subject: str
    valid_seconds: int
    return_url: str = ""


@dataclass(frozen=True)
class PaymentState:
    """What the provider says of a payment; ``paid_at`` is its own time of success."""

    number: str
    status: PaymentStatus
    amount_fen: int
    pay_url: str = ""
    transaction_id: str | None = None
    paid_at: datetime | None = None


@dataclass(frozen=True)
class RefundState:
    """What the provider says of a refund; ``reason`` is its code where it refuses."""

    number: str
    status: RefundStatus
    amount_fen: int
    transaction_id: str | None = None
    refunded_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class StatementLine:
    """One movement of a day as the provider booked it; ``subject`` is payment or refund."""

    subject: str
    number: str
    amount_fen: int
    status: str
    transaction_id: str
    at: datetime


@dataclass(frozen=True)
class Statement:
    """The provider's signed list of a day (Shanghai's calendar)."""

    day: date
    lines: Sequence[StatementLine]
    sha256: str


class Provider(Protocol):
    """What the platform needs of a payment provider.

    Every verb raises ProviderUnavailable when the provider cannot be reached or does not know the
    answer now, ProviderRefused when it says no, and BadSignature for an answer that is not its own.
    """

    def create(self, demand: Demand) -> PaymentState:
        """Have an amount collected; the same number and amount again change nothing."""

    def query(self, number: str) -> PaymentState:
        """Ask how a payment stands."""

    def close(self, number: str) -> PaymentState:
        """Give a payment up; a payment made already stays made, and the answer says so."""

    def refund(self, number: str, payment: str, amount_fen: int, reason: str) -> RefundState:
        """Send money of a payment back; the same number again changes nothing."""

    def statement(self, day: date) -> Statement:
        """Fetch the list of a day."""


@dataclass(frozen=True)
class Seal:
    """By what the provider's notices are known: our merchant id and the provider's public key."""

    merchant: str
    key: Ed25519PublicKey


@dataclass
class _Wiring:
    provider: Provider | None = None
    seal: Seal | None = None
    return_url: str = ""


_wiring = _Wiring()
_here: ContextVar[Provider | None] = ContextVar("provider", default=None)


def wire(provider: Provider | None, *, seal: Seal | None = None, return_url: str = "") -> None:
    """Give this process its provider, and by what its notices are known.

    ``return_url`` is where the provider sends the payer afterwards; ``{order}`` stands for the
    order's public id.
    """
    _wiring.provider, _wiring.seal, _wiring.return_url = provider, seal, return_url


@contextmanager
def instead(provider: Provider) -> Iterator[None]:
    """Let this thread alone use another provider: where time is played, money is played too."""
    token = _here.set(provider)
    try:
        yield
    finally:
        _here.reset(token)


def of(session: Session) -> Provider:
    """Return the provider that a session's money goes through.

    Raises ProviderUnavailable where none is set up.
    """
    found = _here.get() or session.info.get(SESSION_KEY) or _wiring.provider
    if found is None:
        raise ProviderUnavailable("no payment provider is set up", reason="not_set_up")
    chosen: Provider = found
    return chosen


def seal() -> Seal | None:
    """Return by what notices are known; None where no provider is set up."""
    return _wiring.seal


def return_url(order: object) -> str:
    """Return where the payer comes back to after paying an order."""
    return _wiring.return_url.replace("{order}", str(order))


@contextmanager
def patiently() -> Iterator[None]:
    """Let a job-mode operation wait for a provider that does not answer now."""
    try:
        yield
    except ProviderUnavailable as error:
        if error.params.get("reason") == "not_set_up":
            # Waiting helps nobody: the operator reads it in the incident.
            raise
        raise RetryLater(str(error), AGAIN_AFTER) from error
