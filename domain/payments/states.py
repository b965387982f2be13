"""The states of orders and payments, the only ways between them, and their names."""

from domain.payments.errors import OrderClosed

#: state of an order → the states that may follow.
TRANSITIONS: dict[str, frozenset[str]] = {
    "open": frozenset({"paid", "cancelled", "expired"}),
    "paid": frozenset({"open", "settled", "cancelled"}),
    "settled": frozenset(),
    "cancelled": frozenset(),
    "expired": frozenset(),
}

STATUS_NAMES = {
    "open": ("待支付", "To be paid"),
    "paid": ("已支付", "Paid"),
    "settled": ("已结算", "Settled"),
    "cancelled": ("已取消", "Cancelled"),
    "expired": ("已过期", "Expired"),
}
PAYMENT_NAMES = {
    "created": ("准备中", "Being prepared"),
    "pending": ("等待付款", "Waiting for the payer"),
    "succeeded": ("已付款", "Paid"),
    "closed": ("已关闭", "Closed"),
    "failed": ("未成功", "Failed"),
}
REFUND_NAMES = {
    "created": ("准备中", "Being prepared"),
    "pending": ("办理中", "On its way"),
    "succeeded": ("已退款", "Refunded"),
    "refused": ("被拒绝", "Refused"),
}
PURPOSES = {"booking": ("预约费用", "Booking"), "difference": ("补差", "Difference")}
TIER_NAMES = {
    "internal": ("本单位", "Own unit"),
    "public_research": ("其他科研单位", "Other research units"),
    "enterprise": ("企业", "Enterprises"),
}
ITEM_NAMES = {"hour": ("机时", "An hour"), "sample": ("样品", "A sample"), "time": ("次", "A use")}
LINE_NAMES = {
    "hours": ("机时费", "Instrument time"),
    "use": ("每次使用费", "Charge for each use"),
    "minimum": ("起收价补足", "Lifted to the minimum"),
    "measured": ("按实际机时调整", "Corrected to the measured time"),
    "cancellation": ("取消减免", "Not charged after cancellation"),
}


def check(status: str, wanted: str) -> None:
    """Raise OrderClosed unless an order may go from one state to another."""
    if wanted not in TRANSITIONS.get(status, frozenset()):
        raise OrderClosed(f"from {status} to {wanted}", status=status, reason=wanted)
