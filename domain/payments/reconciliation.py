"""Our books against the provider's signed statement of a day: every difference becomes a row.

The provider's day is the provider's own calendar (Shanghai, real time), so both sides are
compared by the time that the provider itself gave a movement.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, exists, not_, select, text
from sqlalchemy.orm import Session, joinedload

from domain.payments.models import Payment, Refund, ServiceOrder
from domain.payments.provider import Statement, StatementLine
from domain.payments.records import Reconciliation, ReconciliationDifference
from engine.actors import SYSTEM, Actor
from engine.clock import now
from engine.db import as_system
from engine.values import ZONE

Kind = Literal["missing_here", "missing_there", "amount", "status"]
KIND_NAMES: dict[str, tuple[str, str]] = {
    "missing_here": ("本平台缺", "Missing here"),
    "missing_there": ("支付机构缺", "Missing there"),
    "amount": ("金额不符", "Different amount"),
    "status": ("状态不符", "Different state"),
}
SUBJECT_NAMES = {"payment": ("收款", "Payment"), "refund": ("退款", "Refund")}
#: From this hour of Shanghai's real time on, yesterday's statement is complete.
READY_AT = time(2, 0)

_Key = tuple[str, str]


@dataclass(frozen=True)
class _Ours:
    """One movement of our books."""

    amount_fen: int
    status: str
    order: ServiceOrder


@dataclass(frozen=True)
class _Found:
    """One difference, before it is a row."""

    kind: Kind
    key: _Key
    ours: _Ours | None
    theirs: StatementLine | None


def reconcile(session: Session, statement: Statement, *, by: Actor = SYSTEM) -> Reconciliation:
    """Compare a day and keep the result; the same day again brings the one result up to date.

    A difference that is found again stays as it was found first; one that is gone is marked so.
    """
    with as_system(session):
        _wait_for_turn(session, statement.day)
        ours = _ours(session, statement.day)
        theirs = {(line.subject, line.number): line for line in statement.lines}
        extra = _elsewhere(session, set(theirs) - set(ours))
        result = _result(session, statement, ours, by)
        _keep(session, result, list(_compare(ours | extra, theirs)))
        session.flush()
        session.refresh(result, ["differences"])
    return result


def _wait_for_turn(session: Session, day: date) -> None:
    """Let two runs for one day follow each other."""
    session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"reconciliation {day.isoformat()}"},
    )


def _bounds(day: date) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time(), ZONE)
    return start, start + timedelta(days=1)


def _ours(session: Session, day: date) -> dict[_Key, _Ours]:
    """Return what our books hold for a day, by subject and number."""
    start, end = _bounds(day)
    return _movements(
        session,
        and_(Payment.provider_paid_at >= start, Payment.provider_paid_at < end),
        and_(Refund.provider_paid_at >= start, Refund.provider_paid_at < end),
    )


def _elsewhere(session: Session, keys: set[_Key]) -> dict[_Key, _Ours]:
    """Return what we know of movements that the statement has and our day has not."""
    return _movements(
        session,
        Payment.number.in_([number for kind, number in keys if kind == "payment"]),
        Refund.number.in_([number for kind, number in keys if kind == "refund"]),
    )


def _movements(
    session: Session, payments: ColumnElement[bool], refunds: ColumnElement[bool]
) -> dict[_Key, _Ours]:
    came = select(Payment).where(payments).options(joinedload(Payment.order))
    went = select(Refund).where(refunds).options(joinedload(Refund.order))
    found = {("payment", row.number): _movement(row) for row in session.scalars(came)}
    found |= {("refund", row.number): _movement(row) for row in session.scalars(went)}
    return found


def _movement(row: Payment | Refund) -> _Ours:
    return _Ours(row.amount_fen, row.status, row.order)


def _compare(ours: Mapping[_Key, _Ours], theirs: Mapping[_Key, StatementLine]) -> Iterator[_Found]:
    for key in sorted(set(ours) | set(theirs)):
        mine, line = ours.get(key), theirs.get(key)
        kind = _kind(mine, line)
        if kind is not None:
            yield _Found(kind, key, mine, line)


def _kind(mine: _Ours | None, line: StatementLine | None) -> Kind | None:
    if mine is None:
        return "missing_here"
    if line is None:
        return "missing_there"
    if mine.amount_fen != line.amount_fen:
        return "amount"
    return "status" if mine.status != line.status else None


def _result(
    session: Session, statement: Statement, ours: Mapping[_Key, _Ours], by: Actor
) -> Reconciliation:
    result = session.scalar(select(Reconciliation).where(Reconciliation.day == statement.day))
    values: dict[str, Any] = {
        "statement_sha256": statement.sha256,
        "lines": len(statement.lines),
        "in_fen": _sum(statement, "payment"),
        "out_fen": _sum(statement, "refund"),
        "ours_in_fen": sum(o.amount_fen for (kind, _), o in ours.items() if kind == "payment"),
        "ours_out_fen": sum(o.amount_fen for (kind, _), o in ours.items() if kind == "refund"),
        "ran_at": now(session),
        "ran_by": by.id,
    }
    if result is None:
        result = Reconciliation(day=statement.day, runs=1, **values)
        session.add(result)
    else:
        result.runs += 1
        for name, value in values.items():
            setattr(result, name, value)
    session.flush()
    return result


def _sum(statement: Statement, subject: str) -> int:
    return sum(
        line.amount_fen
        for line in statement.lines
        if line.subject == subject and line.status == "succeeded"
    )


def _keep(session: Session, result: Reconciliation, found: list[_Found]) -> None:
    query = select(ReconciliationDifference).where(
        ReconciliationDifference.reconciliation_id == result.id
    )
    known = {(row.kind, row.subject, row.number): row for row in session.scalars(query)}
    for difference in found:
        row = known.pop((difference.kind, *difference.key), None)
        if row is None:
            session.add(_row(result, difference, now(session)))
        else:
            _measure(row, difference)
    for row in known.values():
        row.gone_at = row.gone_at or now(session)


def _row(result: Reconciliation, found: _Found, at: datetime) -> ReconciliationDifference:
    order = found.ours.order if found.ours else None
    row = ReconciliationDifference(
        reconciliation_id=result.id,
        kind=found.kind,
        subject=found.key[0],
        number=found.key[1],
        order_id=order.public_id if order else None,
        found_at=at,
        unit_id=order.unit_id if order else None,
        region_path=list(order.region_path) if order else [],
    )
    _measure(row, found)
    return row


def _measure(row: ReconciliationDifference, found: _Found) -> None:
    row.ours_fen = found.ours.amount_fen if found.ours else None
    row.ours_status = found.ours.status if found.ours else ""
    row.theirs_fen = found.theirs.amount_fen if found.theirs else None
    row.theirs_status = found.theirs.status[:12] if found.theirs else ""
    row.gone_at = None


def missing_days(session: Session, *, at: datetime, back: int = 7) -> list[date]:
    """Return the days before a real moment, at most ``back``, that are to be compared now.

    Days not compared yet, and once a day again those that still differ. None before READY_AT:
    yesterday's statement may still grow. Nothing is compared for days before the first payment.
    """
    local = at.astimezone(ZONE)
    if local.time() < READY_AT:
        return []
    days = [local.date() - timedelta(days=n) for n in range(1, back + 1)]
    differs = exists().where(
        ReconciliationDifference.reconciliation_id == Reconciliation.id,
        ReconciliationDifference.gone_at.is_(None),
    )
    again = and_(differs, Reconciliation.ran_at <= now(session) - timedelta(days=1))
    settled = select(Reconciliation.day).where(Reconciliation.day.in_(days), not_(again))
    with as_system(session):
        done = set(session.scalars(settled))
        first = session.scalar(select(Payment.created_at).order_by(Payment.id).limit(1))
    begun = first.astimezone(ZONE).date() if first else local.date()
    return sorted(day for day in days if day not in done and day >= begun)


def listed(session: Session, *, limit: int = 60) -> list[Reconciliation]:
    """Return the latest days with their differences, as far as the session's scope shows them."""
    query = (
        select(Reconciliation)
        .options(joinedload(Reconciliation.differences))
        .order_by(Reconciliation.day.desc())
        .limit(limit)
    )
    return list(session.scalars(query).unique())
