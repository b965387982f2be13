"""The states of a booking and the only ways between them."""

from domain.errors import WrongStatus

#: A booking in one of these states keeps its time; the database excludes overlaps among them.
KEEPS_TIME = frozenset({"held", "confirmed", "in_use"})

#: state → the states that may follow; whatever is not here is refused.
TRANSITIONS: dict[str, frozenset[str]] = {
    "held": frozenset({"confirmed", "cancelled", "rejected", "expired"}),
    "confirmed": frozenset({"in_use", "cancelled", "no_show"}),
    "in_use": frozenset({"finished"}),
    "finished": frozenset({"settled"}),
    "settled": frozenset(),
    "cancelled": frozenset(),
    "rejected": frozenset(),
    "no_show": frozenset(),
    "expired": frozenset(),
}

#: state → its name in Chinese and in English.
STATUS_NAMES = {
    "held": ("待审", "Held"),
    "confirmed": ("已确认", "Confirmed"),
    "in_use": ("使用中", "In use"),
    "finished": ("已完成", "Finished"),
    "settled": ("已结算", "Settled"),
    "cancelled": ("已取消", "Cancelled"),
    "rejected": ("已拒绝", "Rejected"),
    "no_show": ("爽约", "No-show"),
    "expired": ("已过期", "Expired"),
}

#: way of use → its name in Chinese and in English (national service record: 服务方式).
MODE_NAMES = {
    "occupy": ("自主上机", "Self-operated"),
    "technical": ("技术支持", "With technical support"),
    "commission": ("委托检测", "Commissioned test"),
    "remote": ("远程使用", "Remote use"),
}


def check(status: str, wanted: str) -> None:
    """Raise WrongStatus unless a booking may go from one state to another."""
    if wanted not in TRANSITIONS.get(status, frozenset()):
        raise WrongStatus(f"from {status} to {wanted}", status=status, wanted=wanted)
