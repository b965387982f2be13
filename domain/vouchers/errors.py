"""What the voucher rules refuse, each with a stable code that pages translate."""

from domain.errors import DomainError


class VoucherError(DomainError):
    """Root of what the voucher rules refuse."""

    code = "voucher_error"


class PoolExhausted(VoucherError):
    """The pool has less left than is asked of it; params: free_fen, wanted_fen."""

    code = "pool_exhausted"


class CapReached(VoucherError):
    """The holder would get more in the calendar year than the cap; params: left_fen, cap_fen."""

    code = "cap_reached"


class VoucherUnavailable(VoucherError):
    """The voucher cannot pay this.

    params: reason (not_begun, expired, frozen, revoked, other_unit, insufficient, cap,
    related_party, already_used).
    """

    code = "voucher_unavailable"


class SettledTooMuch(VoucherError):
    """More is to be settled than was reserved; params: reserved_fen, wanted_fen."""

    code = "settled_too_much"


class ReasonMissing(VoucherError):
    """Whoever freezes, releases or takes back a voucher says why."""

    code = "voucher_reason_missing"


class VoucherClosed(VoucherError):
    """The voucher has expired or was taken back, so this changes nothing; params: status."""

    code = "voucher_closed"


class KeyReused(VoucherError):
    """The request key belongs to another move of the ledger; params: key."""

    code = "voucher_key_reused"
