"""The words of the ledger as people read them."""

from dataclasses import dataclass

from flask_babel import gettext

from domain import vouchers
from domain.vouchers import Line, Voucher
from web.formats import yuan


@dataclass(frozen=True)
class State:
    """A voucher's state in a word, and the colour that goes with it."""

    text: str
    look: str


def state(voucher: Voucher) -> State:
    """Return how a voucher stands: ended, frozen, spent or usable."""
    if voucher.status == "expired":
        return State(gettext("Expired"), "")
    if voucher.status == "revoked":
        return State(gettext("Taken back"), "bad")
    if voucher.frozen:
        return State(gettext("Frozen"), "warn")
    if voucher.available_fen == 0:
        return State(gettext("Used up"), "")
    return State(gettext("Usable"), "good")


def account_name(account: str) -> str:
    """Return what the money on an account is called."""
    text: str = {
        "available": gettext("Available"),
        "reserved": gettext("Reserved by orders"),
        "settled": gettext("Used"),
        "redeemed": gettext("Paid out to providers"),
        "expired": gettext("Expired"),
        "revoked": gettext("Taken back"),
    }[account]
    return text


def balances(voucher: Voucher) -> list[tuple[str, int]]:
    """Return the accounts of a voucher with their fen; they add up to its face value."""
    return [
        (account_name(account), getattr(voucher, f"{account}_fen"))
        for account in vouchers.ACCOUNTS[1:]
    ]


def sentence(line: Line, orders: dict[str, str]) -> str:
    """Return what a move did, in a sentence; ``orders`` maps public ids to numbers."""
    kind, order = line.move.kind, orders.get(str(line.move.order_id), "")
    if order:
        told = {
            "reserve": gettext("Reserved for order %(order)s", order=order),
            "settle": gettext("Used for order %(order)s", order=order),
            "release": gettext("Given back by order %(order)s", order=order),
        }
        if kind in told:
            return str(told[kind])
    text: str = {
        "issue": gettext("Issued"),
        "reserve": gettext("Reserved for an order"),
        "settle": gettext("Used for an order"),
        "release": gettext("Given back by an order"),
        "expire": gettext("Validity ended; the rest returned to the pool"),
        "freeze": gettext("Frozen"),
        "unfreeze": gettext("Released from freezing"),
        "revoke": gettext("Taken back"),
    }[kind]
    return text


def details(line: Line) -> list[str]:
    """Return where the money of a move went, account by account."""
    return [
        gettext("%(account)s +%(amount)s", account=account_name(account), amount=yuan(amount))
        if amount > 0
        else gettext("%(account)s −%(amount)s", account=account_name(account), amount=yuan(-amount))
        for account, amount in line.changes.items()
        if account != "pool"
    ]
