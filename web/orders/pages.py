"""A person's orders: the list, one order with what happens next, its receipt."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, render_template, request
from flask_babel import gettext

from domain import payments
from domain.organisations import names, people
from domain.payments import receipts, states
from domain.payments.models import Payment, ServiceOrder
from domain.payments.quotes import hours_text
from engine.errors import NotFound
from web import database
from web.access import current_actor, requires
from web.formats import language, when, yuan
from web.orders.room import blueprint

_FOR_UNIT = ("unit_finance", "unit_administrator")
_MOST = 200
_FULL = 100


@dataclass(frozen=True)
class Next:
    """What happens next: a sentence, how it is marked, and where to pay if that is it."""

    text: str
    tone: str = ""
    pay_url: str = ""
    pay_fen: int = 0
    pay_by: datetime | None = None


@blueprint.get("/orders")
@requires()
def order_list() -> str:
    """Show my orders, or those of my unit to its finance, by state."""
    session, actor = database.session(), current_actor()
    own_unit = people.read(session, actor.id).unit_id
    for_unit = actor.has(*_FOR_UNIT) and own_unit is not None
    whose = "unit" if for_unit and request.args.get("whose") == "unit" else "mine"
    status = request.args.get("status", "")
    status = status if status in states.STATUS_NAMES else ""
    scope = {"payer_unit_id": own_unit} if whose == "unit" else {"payer_id": actor.id}
    every = payments.listed(session, limit=_MOST, **scope)
    counts = {key: sum(o.status == key for o in every) for key in states.STATUS_NAMES}
    found = [order for order in every if not status or order.status == status]
    return render_template(
        "orders/list.html",
        orders=found,
        total=len(every),
        counts=counts,
        status=status,
        whose=whose,
        for_unit=for_unit,
        people=names(session, {order.payer_id for order in found}) if whose == "unit" else {},
        sums=_sums(found),
        is_cut=len(every) == _MOST,
        **_names(),
    )


def _sums(orders: list[ServiceOrder]) -> dict[str, int]:
    return {
        "payable": sum(order.payable_fen for order in orders),
        "kept": sum(order.kept_fen for order in orders),
        "due": sum(order.due_fen for order in orders),
    }


def _names() -> dict[str, Any]:
    return {
        "STATUS_NAMES": states.STATUS_NAMES,
        "PAYMENT_NAMES": states.PAYMENT_NAMES,
        "REFUND_NAMES": states.REFUND_NAMES,
        "PURPOSES": states.PURPOSES,
        "LINE_NAMES": states.LINE_NAMES,
        "TIER_NAMES": states.TIER_NAMES,
        "TONES": {"open": "warn", "paid": "good", "settled": "good"},
        "pick": 0 if language() == "zh" else 1,
    }


@blueprint.get("/orders/<uuid:public_id>")
@requires()
def order_page(public_id: UUID) -> str:
    """Show one order: its lines, its money, its state and what happens next."""
    session, actor = database.session(), current_actor()
    order = payments.read(session, public_id)
    return render_template(
        "orders/order.html",
        order=order,
        payer=names(session, [order.payer_id]).get(order.payer_id, ""),
        is_payer=order.payer_id == actor.id,
        next_step=next_step(order, is_payer=order.payer_id == actor.id),
        how=_how,
        has_receipt=receipts.is_due(order),
        is_waiting=bool(open_payments(order)),
        **_names(),
    )


def open_payments(order: ServiceOrder) -> list[Payment]:
    """Return the payments of an order that can still be paid."""
    return [one for one in order.payments if one.status == "pending" and order.due_fen]


def next_step(order: ServiceOrder, *, is_payer: bool) -> Next:
    """Say what happens next with an order."""
    if order.excess_fen:
        text = gettext("%(amount)s is on its way back to the payer.", amount=yuan(order.excess_fen))
        return Next(text, "warn")
    if order.due_fen:
        return _to_be_paid(order, is_payer=is_payer)
    texts = {
        "paid": gettext(
            "Paid. After the use the measured time is charged: what is missing is asked for, "
            "what is too much goes back."
        ),
        "settled": gettext("Settled: nothing is due any more."),
        "cancelled": gettext("Cancelled: nothing is due any more."),
        "expired": gettext("Not paid in time: the time was given back and nothing was charged."),
    }
    tone = "good" if order.status in ("paid", "settled") else ""
    return Next(texts.get(order.status, ""), tone)


def _to_be_paid(order: ServiceOrder, *, is_payer: bool) -> Next:
    waiting = open_payments(order)
    if not waiting:
        return Next(gettext("The payment is being prepared; you are told when to pay."), "warn")
    payment = waiting[-1]
    text = gettext(
        "%(amount)s is to be paid by %(when)s.",
        amount=yuan(payment.amount_fen),
        when=when(payment.expires_at),
    )
    url = payment.pay_url if is_payer and payment.pay_url.startswith("http") else ""
    return Next(text, "warn", url, payment.amount_fen, payment.expires_at)


def _how(line: payments.OrderLine) -> str:
    """Say how the amount of a line came about."""
    hours = hours_text(line.minutes or 0)
    if line.kind == "hours":
        text = gettext("%(price)s an hour × %(hours)s h", price=yuan(line.unit_fen), hours=hours)
        return f"{text} × {line.percent}%" if line.percent != _FULL else text
    if line.kind == "measured":
        return str(gettext("%(hours)s h were measured", hours=hours))
    return ""


@blueprint.get("/orders/<uuid:public_id>/receipt.pdf")
@requires()
def receipt(public_id: UUID) -> Response:
    """Give out the receipt of an order's money as PDF."""
    session = database.session()
    order = payments.read(session, public_id)
    if not receipts.is_due(order):
        raise NotFound(f"no receipt for {order.number}", kind="receipt")
    return Response(
        receipts.pdf(session, order),
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{order.number}.pdf"'},
    )
