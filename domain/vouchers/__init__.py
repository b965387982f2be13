"""Innovation vouchers (创新券): pools, vouchers, and the ledger of what becomes of them."""

from domain.vouchers.ending import (
    expire,
    expire_due,
    freeze,
    may_decide,
    note_reminder,
    revoke,
    unfreeze,
)
from domain.vouchers.issuing import Claim, change_budget, issue, open_pool, pool_for
from domain.vouchers.ledger import today
from domain.vouchers.models import ACCOUNTS, EnterpriseEntry, Entry, Move, Pool, Voucher
from domain.vouchers.offsetting import offset
from domain.vouchers.reading import (
    Figures,
    Line,
    cap_left,
    held_by_order,
    last_day,
    moves_of_order,
    of_pool,
    of_unit,
    pool_figures,
    read,
    statement,
    usable,
)
from domain.vouchers.spending import Reservation, Wish, release, reservation, reserve, settle

__all__ = [
    "ACCOUNTS",
    "Claim",
    "EnterpriseEntry",
    "Entry",
    "Figures",
    "Line",
    "Move",
    "Pool",
    "Reservation",
    "Voucher",
    "Wish",
    "cap_left",
    "change_budget",
    "expire",
    "expire_due",
    "freeze",
    "held_by_order",
    "issue",
    "last_day",
    "may_decide",
    "moves_of_order",
    "note_reminder",
    "of_pool",
    "of_unit",
    "offset",
    "open_pool",
    "pool_figures",
    "pool_for",
    "read",
    "release",
    "reservation",
    "reserve",
    "revoke",
    "settle",
    "statement",
    "today",
    "unfreeze",
    "usable",
]
