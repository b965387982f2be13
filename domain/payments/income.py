"""What instruments earn: money in and out by month and instrument, for the payee's people."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from domain.instruments.models import Instrument
from domain.payments.models import Payment, Refund, ServiceOrder
from engine.actors import Actor
from engine.values import ZONE

_WHOLE_UNIT = frozenset({"unit_finance", "unit_administrator", "unit_leader"})
_MONTHS = 12


@dataclass(frozen=True)
class Row:
    """One instrument in one month (first day, Shanghai's calendar); amounts in fen.

    ``vouchers_fen`` is what vouchers took over of the orders settled in that month; it is paid by
    the voucher's own redemption and no part of ``net_fen``.
    """

    month: date
    instrument_id: int
    name_zh: str
    name_en: str
    payments: int
    received_fen: int
    refunded_fen: int
    vouchers_fen: int

    @property
    def net_fen(self) -> int:
        """Return what remained of the month's money (fen)."""
        return self.received_fen - self.refunded_fen


def reaches(actor: Actor) -> ColumnElement[bool]:
    """Return the condition that an order's income is an actor's business.

    A manager's own instruments; the whole unit for its finance, administrators and leaders.
    """
    own = [Instrument.manager_ids.contains([actor.id])]
    units = [ServiceOrder.unit_id == g.unit_id for g in actor.grants if g.role in _WHOLE_UNIT]
    return or_(false(), *own, *units)


def by_month(session: Session, actor: Actor, *, last: date) -> list[Row]:
    """Return the rows of the twelve months that end with the month of a day, the latest first."""
    first = _month_before(last, _MONTHS - 1)
    since = datetime.combine(first, time(), ZONE)
    moves = union_all(
        _moves(Payment.succeeded_at, Payment.amount_fen, "received", since, actor)
        .select_from(Payment)
        .join(ServiceOrder, ServiceOrder.id == Payment.order_id)
        .join(Instrument, Instrument.id == ServiceOrder.instrument_id)
        .where(Payment.status == "succeeded"),
        _moves(Refund.ended_at, Refund.amount_fen, "refunded", since, actor)
        .select_from(Refund)
        .join(ServiceOrder, ServiceOrder.id == Refund.order_id)
        .join(Instrument, Instrument.id == ServiceOrder.instrument_id)
        .where(Refund.status == "succeeded"),
        _moves(ServiceOrder.closed_at, ServiceOrder.offset_fen, "vouchers", since, actor)
        .select_from(ServiceOrder)
        .join(Instrument, Instrument.id == ServiceOrder.instrument_id)
        .where(ServiceOrder.status == "settled"),
    ).subquery()
    return [_row(*found) for found in session.execute(_summed(moves))]


def _moves(
    at: Any,  # noqa: ANN401 - a column that may be null
    amount: Any,  # noqa: ANN401 - a column
    kind: str,
    since: datetime,
    actor: Actor,
) -> Select[Any]:
    month = func.date_trunc("month", func.timezone(ZONE.key, at))
    return select(
        month.label("month"),
        ServiceOrder.instrument_id,
        literal(kind).label("kind"),
        amount.label("fen"),
    ).where(and_(at >= since, reaches(actor)))


def _summed(moves: Any) -> Select[Any]:  # noqa: ANN401 - a subquery
    def total(kind: str) -> ColumnElement[int]:
        of_kind = func.sum(moves.c.fen).filter(moves.c.kind == kind)
        return func.coalesce(of_kind, 0)

    return (
        select(
            moves.c.month,
            moves.c.instrument_id,
            Instrument.name_zh,
            Instrument.name_en,
            func.count().filter(moves.c.kind == "received"),
            total("received"),
            total("refunded"),
            total("vouchers"),
        )
        .join(Instrument, Instrument.id == moves.c.instrument_id)
        .group_by(moves.c.month, moves.c.instrument_id, Instrument.name_zh, Instrument.name_en)
        .order_by(moves.c.month.desc(), Instrument.name_zh, moves.c.instrument_id)
    )


def _row(month: datetime, instrument_id: int, zh: str, en: str, *figures: Any) -> Row:  # noqa: ANN401
    return Row(month.date(), instrument_id, zh, en, *(int(figure) for figure in figures))


def _month_before(day: date, count: int) -> date:
    months = day.year * 12 + day.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


def months(last: date) -> list[date]:
    """Return the first days of the twelve months that end with the month of a day."""
    return [_month_before(last, count) for count in range(_MONTHS - 1, -1, -1)]
