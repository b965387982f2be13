"""Whatever happens to an order, in whatever sequence: its money adds up, says the database too."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range

from domain.booking import Booking
from domain.payments import orders, payments, quotes, refunds, tariffs
from domain.payments.errors import PaymentError
from domain.payments.models import Payment, Refund, ServiceOrder
from domain.payments.provider import PaymentState, RefundState
from domain.payments.tariffs import Price
from engine.actors import SYSTEM

TODAY = date(2026, 11, 23)
TEN = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("offset"), st.integers(0, 90_000)),
        st.tuples(st.just("open"), st.sampled_from(["booking", "difference"])),
        st.tuples(st.just("succeed"), st.integers(0, 4)),
        st.tuples(st.just("close"), st.integers(0, 4)),
        st.tuples(st.just("fail"), st.integers(0, 4)),
        st.tuples(st.just("wrong"), st.integers(0, 4)),
        st.tuples(st.just("measure"), st.integers(0, 300)),
        st.tuples(st.just("cancel"), st.integers(0, 100)),
        st.tuples(st.just("refund"), st.integers(1, 100_000)),
        st.tuples(st.just("refunded"), st.integers(0, 4)),
        st.tuples(st.just("refused"), st.integers(0, 4)),
        st.tuples(st.just("expire"), st.just(0)),
        st.tuples(st.just("settle"), st.just(0)),
    ),
    max_size=14,
)


class Walk:
    """One order and everything that may be done to it."""

    def __init__(self, world: Any) -> None:
        self.session = world.session
        booking = Booking(
            instrument_id=world.instrument.id, person_id=world.outsider.public_id,
            person_unit_id=world.other.id, external=True, status="settled", created_at=TEN,
            during=Range(TEN, TEN + timedelta(hours=2), bounds="[)"), unit_id=world.unit.id,
            region_path=["33"],
        )  # fmt: skip
        self.session.add(booking)
        self.session.flush()
        quote = quotes.quote(
            self.session, world.instrument, tier="enterprise", minutes=120, on=TODAY
        )
        self.order = orders.place(
            self.session, booking_id=booking.public_id, case_id=None, quote=quote
        )

    def step(self, what: str, value: Any) -> None:
        """Do one thing; what the rules refuse is refused and changes nothing."""
        try:
            with self.session.begin_nested():
                getattr(self, what)(value)
        except PaymentError:
            self.session.refresh(self.order)

    def offset(self, fen: int) -> None:
        orders.set_offset(self.session, self.order.public_id, fen)

    def open(self, purpose: str) -> None:
        payments.open_attempt(
            self.session, self.order.public_id, purpose=purpose, minutes=30, key=uuid4().hex
        )

    def _say(self, number: int, status: str, more: int = 0) -> None:
        found = self.session.scalars(
            select(Payment).where(Payment.order_id == self.order.id).order_by(Payment.id)
        ).all()
        if number < len(found):
            payment = found[number]
            mark = f"t{payment.id}" if status == "succeeded" else None
            state = PaymentState(payment.number, status, payment.amount_fen + more, "", mark, TEN)
            payments.take_in(self.session, payment.public_id, state)

    def succeed(self, number: int) -> None:
        self._say(number, "succeeded")

    def close(self, number: int) -> None:
        self._say(number, "closed")

    def fail(self, number: int) -> None:
        self._say(number, "failed")

    def wrong(self, number: int) -> None:
        self._say(number, "succeeded", 1)

    def measure(self, minutes: int) -> None:
        orders.final_price(self.session, self.order.public_id, minutes=minutes)

    def cancel(self, percent: int) -> None:
        orders.cancel(self.session, self.order.public_id, penalty_percent=percent, reason="")

    def refund(self, fen: int) -> None:
        refunds.plan(self.session, self.order.public_id, amount_fen=fen, reason="", key=uuid4().hex)

    def _answer(self, number: int, status: str) -> None:
        found = self.session.scalars(
            select(Refund).where(Refund.order_id == self.order.id).order_by(Refund.id)
        ).all()
        if number < len(found):
            refund = found[number]
            mark = f"r{refund.id}" if status == "succeeded" else None
            state = RefundState(refund.number, status, refund.amount_fen, mark, TEN)
            refunds.take_in(self.session, refund.number, state)

    def refunded(self, number: int) -> None:
        self._answer(number, "succeeded")

    def refused(self, number: int) -> None:
        self._answer(number, "refused")

    def expire(self, _: int) -> None:
        orders.expire(self.session, self.order.public_id)

    def settle(self, _: int) -> None:
        orders.settle(self.session, self.order.public_id)

    def hold(self) -> None:
        """Demand what must hold at every moment."""
        order: ServiceOrder = self.order
        assert order.payable_fen == order.gross_fen - order.discount_fen - order.offset_fen >= 0
        assert 0 <= order.refunded_fen <= order.paid_fen
        assert not (order.due_fen and order.excess_fen)
        found = self.session.scalars(select(Payment).where(Payment.order_id == order.id)).all()
        counted = [(p.purpose, p.late) for p in found if p.status == "succeeded"]
        assert counted.count(("booking", False)) <= 1
        assert counted.count(("difference", False)) <= 1
        assert all(0 <= p.returned_fen <= p.amount_fen for p in found)
        self.session.execute(text("set constraints all immediate"))
        self.session.execute(text("set constraints all deferred"))


@pytest.fixture
def priced(world: Any) -> Any:
    price = Price("hour", "enterprise", 40_000)
    tariffs.publish(world.session, world.instrument, price, valid_from=TODAY, by=SYSTEM)
    return world


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_money_adds_up_after_every_sequence_of_events(priced: Any, steps: list[Any]) -> None:
    scene = priced.session.begin_nested()
    walk = Walk(priced)
    for what, value in steps:
        walk.step(what, value)
        walk.hold()
    scene.rollback()
    priced.session.expire_all()


def test_a_second_difference_is_never_counted_beside_the_first(priced: Any) -> None:
    walk = Walk(priced)
    for step in (
        ("open", "booking"), ("succeed", 0), ("measure", 150), ("open", "difference"),
        ("open", "difference"), ("succeed", 1), ("measure", 300), ("succeed", 2),
        ("open", "difference"),
    ):  # fmt: skip
        walk.step(*step)
        walk.hold()
    late = walk.session.scalars(
        select(Payment.late).where(Payment.order_id == walk.order.id).order_by(Payment.id)
    ).all()
    assert late == [False, False, True]


def test_a_walk_that_counts_money_twice_is_caught(
    priced: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sabotage twin: a success that is told twice is counted twice."""
    real = payments._succeed

    def naive(session: Any, order: Any, payment: Any, state: Any) -> Any:
        taken = real(session, order, payment, state)
        if taken == "duplicate":
            order.paid_fen += payment.amount_fen
        return taken

    monkeypatch.setattr(payments, "_succeed", naive)
    walk = Walk(priced)
    for what, value in (("open", "booking"), ("succeed", 0), ("succeed", 0)):
        walk.step(what, value)
    with pytest.raises(Exception, match="is not the sum"):
        walk.hold()
