"""The books against the provider's statement: every kind of difference, once; gone when mended."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from app.database import Database
from app.demo.payments import teach_sandbox
from domain.payments import orders, reconciliation, refunds
from domain.payments.models import Payment
from domain.payments.records import Reconciliation, ReconciliationDifference
from engine.actors import SYSTEM, Actor, Grant
from engine.clock import FixedClock
from engine.db import set_scope
from engine.values import ZONE
from handlers.refund_payment import Params as RefundPayment
from handlers.refund_payment import refund_payment
from tests.integration.test_payment_provider import _Settings
from tests.payment_desk import AskingClock, Desk, open_desk, until
from web.application import make_app
from web.database import db


@pytest.fixture
def clock(clock: FixedClock) -> FixedClock:
    return AskingClock(clock.at)


@pytest.fixture
def desk(
    database: Database, sessions: sessionmaker[Session], clock: FixedClock, tmp_path: Path
) -> Iterator[Desk]:
    app = make_app(_Settings(tmp_path), app_url=database.app_url, clock=clock)
    with open_desk(app, sessions, clock, tmp_path) as open_one:
        yield open_one
    with app.app_context():
        db.engine.dispose()


def today() -> Any:
    """Return the provider's day, which is the real one."""
    return datetime.now(ZONE).date()


def pay(desk: Desk) -> tuple[UUID, str]:
    order_id = desk.order()
    opened = desk.open(order_id)
    desk.press(opened.pay_url)
    assert until(lambda: desk.read(order_id).paid_fen)
    return order_id, opened.payment_number


def run(desk: Desk) -> Reconciliation:
    statement = desk.provider.statement(today())
    with desk.session() as session:
        return reconciliation.reconcile(session, statement)


def open_differences(result: Reconciliation) -> list[tuple[str, str, str]]:
    return [(d.kind, d.subject, d.number) for d in result.differences if d.gone_at is None]


def test_books_that_agree_show_the_same_sums_and_no_difference(desk: Desk) -> None:
    order_id, _ = pay(desk)
    pay(desk)
    refund_payment(RefundPayment(order_id, 30_000, "多付"), desk.job())
    result = run(desk)
    assert open_differences(result) == []
    assert (result.in_fen, result.out_fen) == (160_000, 30_000)
    assert (result.ours_in_fen, result.ours_out_fen) == (160_000, 30_000)
    assert result.lines == 3


def check_differences(desk: Desk) -> None:
    """Demand that each kind of difference is found, with both sides' figures."""
    (_, missing), (_, changed), (_, failed) = pay(desk), pay(desk), pay(desk)
    line = {
        "subject": "payment", "number": "ZF-2026-999999", "amount_fen": 7, "status": "succeeded",
        "transaction_id": "SX1", "at": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    desk.faults(
        statement={
            "drop": [missing],
            "change": {changed: {"amount_fen": 1}, failed: {"status": "failed"}},
            "add": [line],
        }
    )
    result = run(desk)
    assert sorted(open_differences(result)) == [
        ("amount", "payment", changed),
        ("missing_here", "payment", "ZF-2026-999999"),
        ("missing_there", "payment", missing),
        ("status", "payment", failed),
    ]
    by_kind = {d.kind: d for d in result.differences}
    assert (by_kind["amount"].ours_fen, by_kind["amount"].theirs_fen) == (80_000, 1)
    assert (by_kind["status"].ours_status, by_kind["status"].theirs_status) == (
        "succeeded", "failed",
    )  # fmt: skip
    assert (by_kind["missing_here"].ours_fen, by_kind["missing_here"].theirs_fen) == (None, 7)


def test_each_kind_of_difference_is_found(desk: Desk) -> None:
    check_differences(desk)


def test_a_comparison_that_looks_at_our_side_only_is_caught(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = reconciliation._compare

    def one_eyed(ours: Any, theirs: Any) -> Any:
        return real(ours, {key: line for key, line in theirs.items() if key in ours})

    monkeypatch.setattr(reconciliation, "_compare", one_eyed)
    with pytest.raises(AssertionError):
        check_differences(desk)


def test_the_same_day_again_changes_nothing_and_a_mended_difference_is_gone(desk: Desk) -> None:
    _, number = pay(desk)
    desk.faults(statement={"drop": [number]})
    first, second = run(desk), run(desk)
    assert first.public_id == second.public_id
    assert [d.public_id for d in first.differences] == [d.public_id for d in second.differences]
    desk.faults()
    third = run(desk)
    assert (third.runs, open_differences(third), len(third.differences)) == (3, [], 1)
    desk.faults(statement={"drop": [number]})
    assert open_differences(run(desk)) == [("missing_there", "payment", number)]
    with desk.session() as session:
        assert session.scalar(select(func.count(ReconciliationDifference.id))) == 1


def test_two_runs_of_one_day_at_once_leave_one_result(desk: Desk) -> None:
    _, number = pay(desk)
    desk.faults(statement={"drop": [number]})
    statement = desk.provider.statement(today())
    barrier = threading.Barrier(4)

    def one() -> None:
        with desk.session() as session:
            barrier.wait()
            reconciliation.reconcile(session, statement)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with desk.session() as session:
        (result,) = reconciliation.listed(session)
        assert (result.runs, len(result.differences)) == (4, 1)


def test_a_lost_notice_shows_as_a_difference_of_state(desk: Desk) -> None:
    desk.faults(drop=True)
    opened = desk.open(desk.order())
    desk.press(opened.pay_url)
    result = run(desk)
    assert open_differences(result) == [("status", "payment", opened.payment_number)]
    assert result.differences[0].ours_status == "pending"


def test_a_refund_by_hand_is_no_difference(desk: Desk) -> None:
    order_id, _ = pay(desk)
    with desk.session() as session:
        for _ in range(2):
            refunds.by_hand(
                session, order_id, amount_fen=80_000, reference="HZ-1", reason="", key="k"
            )
    assert desk.read(order_id).refunded_fen == 80_000
    assert open_differences(run(desk)) == []


def test_finance_sees_the_differences_of_its_own_unit_only(desk: Desk) -> None:
    order_id, number = pay(desk)
    extra = {
        "subject": "refund", "number": "TK-2026-999999", "amount_fen": 1, "status": "succeeded",
        "transaction_id": "SR1", "at": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    desk.faults(statement={"drop": [number], "add": [extra]})
    run(desk)
    unit = desk.read(order_id).unit_id
    for actor, seen in (
        (SYSTEM, 2),
        (desk.people["财务"], 1),
        (Actor(UUID(int=5), "别处", (Grant("unit_finance", unit_id=unit + 1000),)), 0),
        (Actor(UUID(int=6), "审计", (Grant("auditor", region="33"),)), 1),
    ):
        with desk.sessions() as session:
            set_scope(session, actor)
            (result,) = reconciliation.listed(session)
            assert len(result.differences) == seen
    with desk.sessions() as session:
        set_scope(session, desk.people["用户"])
        assert reconciliation.listed(session) == []


def test_days_are_compared_once_they_are_complete(desk: Desk) -> None:
    with desk.session() as session:
        assert reconciliation.missing_days(session, at=datetime.now(UTC)) == []
        order = orders.read(session, desk.order())
        session.add(
            Payment(
                number="ZF-2026-000900", request_key="k", order_id=order.id, purpose="booking",
                amount_fen=1, expires_at=desk.clock.at, created_at=desk.clock.at,
                created_by=SYSTEM.id,
            )
        )  # fmt: skip
        session.flush()
        begun = desk.clock.at.astimezone(ZONE)
        early = begun.replace(hour=1, minute=59) + timedelta(days=2)
        assert reconciliation.missing_days(session, at=early) == []
        later = early + timedelta(minutes=1)
        days = reconciliation.missing_days(session, at=later)
        assert days == [begun.date(), begun.date() + timedelta(days=1)]
        session.rollback()


def test_a_day_that_differs_is_compared_again_once_a_day(desk: Desk) -> None:
    order_id, number = pay(desk)
    tomorrow = datetime.now(ZONE).replace(hour=3) + timedelta(days=1)
    with desk.session() as session:
        assert today() in reconciliation.missing_days(session, at=tomorrow)
    desk.faults(statement={"drop": [number]})
    run(desk)
    with desk.session() as session:
        assert today() not in reconciliation.missing_days(session, at=tomorrow)
        desk.clock.at += timedelta(days=1)
        assert today() in reconciliation.missing_days(session, at=tomorrow)
    desk.faults()
    run(desk)
    with desk.session() as session:
        desk.clock.at += timedelta(days=1)
        assert today() not in reconciliation.missing_days(session, at=tomorrow)
    assert desk.read(order_id).paid_fen


def test_the_days_figures_are_json(desk: Desk) -> None:
    from app.commands.payments import _facts, _sentences

    _, number = pay(desk)
    desk.faults(statement={"change": {number: {"amount_fen": 5}}})
    facts = [_facts(run(desk))]
    assert json.loads(json.dumps(facts))[0]["differences"][0]["kind"] == "amount"
    assert f"金额不符 收款 {number}: 800.00 / 0.05" in _sentences(facts)
    assert "没有" in _sentences([])


def test_a_sandbox_that_was_taught_the_demos_month_agrees_with_it(desk: Desk) -> None:
    order_id, _ = pay(desk)
    refund_payment(RefundPayment(order_id, 30_000, "多付"), desk.job())
    with desk.sandbox._transaction() as books:
        books.execute("delete from refund")
        books.execute("delete from payment")
    assert len(open_differences(run(desk))) == 2
    for _ in range(2):
        assert teach_sandbox(desk.sessions, desk.sandbox.file) == 2
    assert open_differences(run(desk)) == []
