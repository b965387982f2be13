"""Callbacks at the same moment: a barrier starts all of them; the naive twin shows the race."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from app.database import Database
from domain.payments import orders, payments
from domain.payments.errors import OrderClosed
from domain.payments.models import Payment, ServiceOrder
from domain.payments.provider import SESSION_KEY, PaymentState
from engine.clock import FixedClock
from tests.integration.test_payment_provider import _Settings
from tests.payment_desk import AskingClock, Desk, open_desk
from web.application import make_app
from web.database import db

AT_ONCE = 6


@pytest.fixture
def clock(clock: FixedClock) -> FixedClock:
    return AskingClock(clock.at)


@pytest.fixture
def desk(
    database: Database, sessions: sessionmaker[Session], clock: FixedClock, tmp_path: Path
) -> Iterator[Desk]:
    app = make_app(_Settings(tmp_path), app_url=database.app_url, clock=clock)
    with open_desk(app, sessions, clock, tmp_path) as open_one:
        open_one.faults(drop=True)
        yield open_one
    with app.app_context():
        db.engine.dispose()


def all_at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Let everybody act at the same moment; return what each got."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = []

    def one(act: Callable[[], Any]) -> None:
        barrier.wait()
        results.append(act())

    threads = [threading.Thread(target=one, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def success(desk: Desk, number: str, mark: int = 0) -> tuple[bytes, dict[str, str]]:
    """Return a signed notice that a payment has succeeded, with an id of its own."""
    return desk.courier.signed(
        {
            "id": f"N-{number}-{mark}", "kind": "payment.succeeded", "number": number,
            "amount_fen": 80_000, "status": "succeeded", "transaction_id": f"T-{number}",
            "at": "2026-11-25T10:00:00+08:00",
        }
    )  # fmt: skip


def check_together(desk: Desk, rounds: int = 3) -> None:
    """Demand that of many notices of one success at the same moment exactly one is applied."""
    for _ in range(rounds):
        order_id = desk.order()
        number = desk.open(order_id).payment_number
        ready = [success(desk, number, mark) for mark in range(AT_ONCE)]
        answers = all_at_once([lambda one=one: desk.post(*one) for one in ready])
        found = Counter(answer.json()["code"] for answer in answers)
        assert found == {"applied": 1, "duplicate": AT_ONCE - 1}, found
        assert desk.read(order_id).paid_fen == 80_000


def test_many_notices_of_one_success_at_once_count_once(desk: Desk) -> None:
    check_together(desk)


def test_a_callback_that_takes_no_locks_is_caught(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sabotage twin: everybody reads before anybody writes."""
    everybody = threading.Barrier(AT_ONCE)

    def naive(session: Session, payment_id: Any) -> tuple[ServiceOrder, Payment]:
        payment = payments.read(session, payment_id)
        order = session.get_one(ServiceOrder, payment.order_id)
        if SESSION_KEY not in session.info:  # a request at the door, not the test's own session
            everybody.wait(timeout=10)
        return order, payment

    monkeypatch.setattr(payments, "_locked", naive)
    with pytest.raises((AssertionError, KeyError, json.JSONDecodeError)):
        check_together(desk, rounds=1)


def test_money_and_the_end_of_its_order_at_once_leave_no_money_behind(desk: Desk) -> None:
    """Either the money was first and the order stays paid, or it is late and goes back."""
    seen = Counter()
    for _ in range(6):
        order_id = desk.order()
        number = desk.open(order_id).payment_number

        def end(order_id: Any = order_id) -> str:
            try:
                with desk.session() as session:
                    return orders.expire(session, order_id).status
            except OrderClosed:
                return "refused"

        ready = success(desk, number)
        results = all_at_once([end, lambda one=ready: desk.post(*one).json()["code"]])
        order = desk.read(order_id)
        assert set(results) in ({"refused", "applied"}, {"expired", "late"})
        assert order.paid_fen == 80_000
        assert order.excess_fen == (80_000 if order.status == "expired" else 0)
        assert (order.payments[0].refund_case_id is not None) == (order.status == "expired")
        seen[order.status] += 1
    assert sum(seen.values()) == 6


def test_the_query_and_the_notice_at_once_count_once(desk: Desk) -> None:
    order_id = desk.order()
    opened = desk.open(order_id)
    desk.press(opened.pay_url)
    state: PaymentState = desk.provider.query(opened.payment_number)
    said = json.loads(success(desk, opened.payment_number)[0])
    ready = desk.courier.signed({**said, "transaction_id": state.transaction_id})

    def ask() -> str:
        with desk.session() as session:
            return payments.take_in(session, opened.payment_id, state).taken

    results = all_at_once([ask, lambda: desk.post(*ready).json()["code"]])
    assert sorted(results) == ["applied", "duplicate"]
    assert desk.read(order_id).paid_fen == 80_000
