"""The receipt of an order: the same state of the order always gives the same bytes."""

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from domain.booking import bookings
from domain.documents import typeset
from domain.organisations import names
from domain.payments.amounts import capitals, yuan
from domain.payments.errors import OrderClosed
from domain.payments.models import OrderLine, ServiceOrder
from domain.payments.quotes import hours_text
from domain.payments.states import LINE_NAMES, TIER_NAMES
from engine.db import as_system
from engine.values import ZONE

TEMPLATE = Path(__file__).parent / "receipt.typ"


def is_due(order: ServiceOrder) -> bool:
    """Tell whether there is money that a receipt can be given for."""
    return order.kept_fen > 0 and order.paid_at is not None


def pdf(session: Session, order: ServiceOrder) -> bytes:
    """Return the receipt of an order's money; raises OrderClosed where none was kept.

    Its date is the order's own (closed, or else paid), never the day of printing.
    """
    if not is_due(order) or order.paid_at is None:
        raise OrderClosed("nothing to acknowledge", status=order.status, reason="receipt")
    at = order.closed_at or order.paid_at
    return typeset.pdf(TEMPLATE, values(session, order, at), at=at)


def values(session: Session, order: ServiceOrder, at: datetime) -> dict[str, Any]:
    """Return what stands on a receipt, as texts."""
    with as_system(session):
        payer = names(session, [order.payer_id]).get(order.payer_id, "")
        unit = order.payer_unit.name_zh if order.payer_unit else ""
        return {
            "number": order.number,
            "issued": _day(at),
            "payer": f"{unit} {payer}".strip(),
            "payee": order.unit.name_zh,
            "payee_code": order.unit.uscc,
            "instrument": f"{order.instrument.name_zh}（{order.instrument.model}）",
            "used": _time(session, order),
            "tier": TIER_NAMES.get(order.price.get("tier", ""), ("", ""))[0],
            "lines": [_line(line) for line in order.lines],
            "gross": yuan(order.gross_fen),
            "discount": yuan(order.discount_fen),
            "offset": yuan(order.offset_fen),
            "paid": yuan(order.paid_fen),
            "refunded": yuan(order.refunded_fen),
            "kept": yuan(order.kept_fen),
            "capitals": capitals(order.kept_fen),
            "payments": [p.number for p in order.payments if p.status == "succeeded"],
        }


def _time(session: Session, order: ServiceOrder) -> str:
    if order.booking_id is None:
        return ""
    booking = bookings.read(session, order.booking_id)
    start, end = booking.start.astimezone(ZONE), booking.end.astimezone(ZONE)
    last = end.strftime("%H:%M") if start.date() == end.date() else end.strftime("%m-%d %H:%M")
    return f"{start:%Y-%m-%d %H:%M}–{last}"


def _line(line: OrderLine) -> dict[str, str]:
    how = ""
    if line.kind == "hours":
        how = f"{yuan(line.unit_fen)} 元/小时 × {hours_text(line.minutes or 0)} 小时"
        how += f" × {line.percent}%" if line.percent != 100 else ""  # noqa: PLR2004 - per cent
    elif line.kind == "measured":
        how = f"实际 {hours_text(line.minutes or 0)} 小时"
    return {"name": LINE_NAMES[line.kind][0], "how": how, "amount": yuan(line.amount_fen)}


def _day(at: datetime) -> str:
    local = at.astimezone(ZONE)
    return f"{local.year}年{local.month}月{local.day}日"
