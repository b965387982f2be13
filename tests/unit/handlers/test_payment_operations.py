"""The operations of an order and its money, through a provider inside the process."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from app.doubles.inside import ProviderInside
from app.scenario_world import make_world
from domain import payments
from domain.booking import bookings
from domain.payments import provider
from domain.payments.models import Payment, Refund, ServiceOrder
from domain.payments.provider import Demand, PaymentState, instead
from engine import operations
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.contract import BusinessError, Job
from engine.db import set_scope
from handlers.cancel_order import Params as CancelOrder
from handlers.cancel_order import cancel_order
from handlers.check_payment import Params as CheckPayment
from handlers.check_payment import check_payment
from handlers.close_payment import Params as ClosePayment
from handlers.close_payment import close_payment
from handlers.expire_order import Params as ExpireOrder
from handlers.expire_order import expire_order
from handlers.open_payment import Params as OpenPayment
from handlers.open_payment import Result as Opened
from handlers.open_payment import open_payment
from handlers.price_use import Params as PriceUse
from handlers.price_use import price_use
from handlers.quote_booking import Params as QuoteBooking
from handlers.quote_booking import Result as Quoted
from handlers.quote_booking import quote_booking
from handlers.refund_payment import Params as RefundPayment
from handlers.refund_payment import refund_payment
from handlers.settle_order import Params as SettleOrder
from handlers.settle_order import settle_order

TEN = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
PRICES = {"internal": 10_000, "enterprise": 40_000}
GIVEN: dict[str, Any] = {
    "units": {"大学": {"region": "330106"}, "企业": {"region": "330109", "kind": "enterprise"}},
    "people": {"用户": {"unit": "企业"}, "机主": {"unit": "大学", "roles": ["instrument_manager"]}},
    "instruments": {
        name: {"unit": "大学", "managers": ["机主"], "hour_fen": PRICES}
        for name in ("快付仪", "不付仪", "迟付仪", "弃付仪", "拒退仪")
    },
}


class Habitual(ProviderInside):
    """Its payers act by the instrument that the payment's subject begins with."""

    def create(self, demand: Demand) -> PaymentState:
        state = super().create(demand)
        habit = demand.subject[:2]
        if state.status == "pending" and habit in ("快付", "拒退"):
            self.pay(demand.number)
        if state.status == "pending" and habit == "弃付":
            self.decline(demand.number)
        if habit == "拒退":
            self.refusing.add(demand.number)
        self.late = habit == "迟付"
        return state

    def close(self, number: str) -> PaymentState:
        if self.late and self.query(number).status == "pending":
            self.pay(number)
        return super().close(number)


@dataclass
class Place:
    sessions: sessionmaker[Session]
    clock: FixedClock
    user: UUID
    instruments: dict[str, UUID]
    keys: int = 0

    def job(self, session: Session | None = None, key: str = "") -> Job:
        self.keys += 1
        return Job(
            "any", key or f"case:{self.keys}", UUID(int=7), "YY-1", "any", 1, self.clock.at, session
        )

    def inline(self, operation: Any, params: Any) -> Any:
        with self.sessions.begin() as session:
            set_scope(session, SYSTEM)
            return operation(params, self.job(session))

    def book(self, name: str, start: datetime = TEN) -> UUID:
        with self.sessions.begin() as session:
            set_scope(session, SYSTEM)
            wish = bookings.Request(
                self.instruments[name], self.user, start, start + timedelta(hours=2)
            )
            return bookings.hold(session, wish).public_id

    def quoted(self, name: str = "快付仪") -> Quoted:
        return self.inline(quote_booking, QuoteBooking(self.book(name), "enterprise"))

    def opened(self, order_id: UUID, purpose: str = "booking", key: str = "") -> Opened:
        return open_payment(OpenPayment(order_id, purpose, 30), self.job(key=key))

    def order(self, order_id: UUID) -> ServiceOrder:
        with self.sessions() as session:
            set_scope(session, SYSTEM)
            return payments.read(session, order_id)


@pytest.fixture
def place(sessions: sessionmaker[Session], clock: FixedClock):
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        world = make_world(session, GIVEN)
    before = operations.wire(sessions)
    names = GIVEN["instruments"]
    ids = {name: UUID(world.values[name]) for name in names}
    with instead(Habitual(lambda: clock.at)):
        yield Place(sessions, clock, world.people["用户"].id, ids)
    operations.wire(before)


def test_an_order_is_priced_paid_and_settled(place: Place) -> None:
    quoted = place.quoted()
    assert (quoted.gross_fen, quoted.payable_fen) == (80_000, 80_000)
    assert quoted.price_text == "企业价：400.00元/小时 × 2小时 = 800.00元"
    opened = place.opened(quoted.order_id)
    assert opened.amount_fen == 80_000
    assert opened.pay_by == place.clock.at + timedelta(minutes=30)
    assert opened.payment_number == "ZF-2026-000001"
    assert check_payment(CheckPayment(opened.payment_id), place.job()).payment_status == "paid"
    assert place.order(quoted.order_id).status == "paid"
    assert place.inline(settle_order, SettleOrder(quoted.order_id)).order_status == "settled"


def test_a_booking_without_a_price_is_the_foreseen_error(place: Place) -> None:
    with pytest.raises(BusinessError) as refused:
        place.inline(quote_booking, QuoteBooking(place.book("快付仪"), "public_research"))
    assert refused.value.code == "no_tariff"


def test_a_repeated_opening_opens_one_payment(place: Place) -> None:
    order_id = place.quoted().order_id
    assert place.opened(order_id, key="k") == place.opened(order_id, key="k")
    with place.sessions() as session:
        set_scope(session, SYSTEM)
        assert session.scalar(select(func.count(Payment.id))) == 1


def test_nothing_is_collected_for_an_order_that_needs_nothing(place: Place) -> None:
    order_id = place.quoted().order_id
    place.inline(expire_order, ExpireOrder(order_id))
    with pytest.raises(BusinessError) as refused:
        place.opened(order_id)
    assert refused.value.code == "order_closed"


@pytest.mark.parametrize(
    ("name", "asked", "closed"),
    [
        ("不付仪", "pending", "closed"),
        ("弃付仪", "failed", "closed"),
        ("迟付仪", "pending", "paid"),
    ],
)
def test_a_payment_is_asked_for_and_given_up(
    place: Place, name: str, asked: str, closed: str
) -> None:
    quoted = place.quoted(name)
    payment = place.opened(quoted.order_id).payment_id
    assert check_payment(CheckPayment(payment), place.job()).payment_status == asked
    for _ in range(2):
        assert close_payment(ClosePayment(payment), place.job()).payment_status == closed
    assert place.order(quoted.order_id).paid_fen == (80_000 if closed == "paid" else 0)


def test_the_measured_use_is_charged_and_its_difference_collected(place: Place) -> None:
    booking = place.book("快付仪")
    order_id = place.inline(quote_booking, QuoteBooking(booking, "enterprise")).order_id
    check_payment(CheckPayment(place.opened(order_id).payment_id), place.job())
    with place.sessions.begin() as session:
        set_scope(session, SYSTEM)
        bookings.confirm(session, booking)
        place.clock.at = TEN
        bookings.check_in(session, booking)
        place.clock.at = TEN + timedelta(minutes=141)
        bookings.check_out(session, booking)
    found = place.inline(price_use, PriceUse(order_id, booking, rounding_minutes=30))
    assert (found.final_gross_fen, found.extra_fen, found.refund_fen) == (100_000, 20_000, 0)
    extra = place.opened(order_id, "difference")
    assert extra.amount_fen == 20_000
    assert check_payment(CheckPayment(extra.payment_id), place.job()).payment_status == "paid"
    assert place.order(order_id).due_fen == 0


def test_a_cancelled_order_is_refunded_once_however_often_it_is_asked(place: Place) -> None:
    order_id = place.quoted().order_id
    check_payment(CheckPayment(place.opened(order_id).payment_id), place.job())
    done = place.inline(cancel_order, CancelOrder(order_id, 30, None, "改期"))
    assert (done.fee_fen, done.refund_fen) == (24_000, 56_000)
    params = RefundPayment(order_id, done.refund_fen, "取消预约")
    for _ in range(2):
        result = refund_payment(params, place.job(key="refund"))
        assert (result.refunded_fen, result.refund_status) == (56_000, "succeeded")
    order = place.order(order_id)
    assert (order.refunded_fen, order.kept_fen, order.excess_fen) == (56_000, 24_000, 0)
    with pytest.raises(BusinessError) as refused:
        refund_payment(RefundPayment(order_id, 24_001), place.job())
    assert refused.value.code == "refund_refused"


def test_a_refund_of_nothing_asks_nobody(place: Place) -> None:
    order_id = place.quoted().order_id
    assert refund_payment(RefundPayment(order_id, 0), place.job()).refund_status == "none"


def test_a_refused_refund_can_be_tried_again(place: Place) -> None:
    order_id = place.quoted("拒退仪").order_id
    check_payment(CheckPayment(place.opened(order_id).payment_id), place.job())
    with pytest.raises(BusinessError) as refused:
        refund_payment(RefundPayment(order_id, 80_000), place.job())
    assert (refused.value.code, refused.value.data) == (
        "refund_refused", {"reason": "account_closed"},
    )  # fmt: skip
    assert refund_payment(RefundPayment(order_id, 80_000), place.job()).refunded_fen == 80_000
    with place.sessions() as session:
        set_scope(session, SYSTEM)
        assert list(session.scalars(select(Refund.status).order_by(Refund.id))) == [
            "refused", "succeeded",
        ]  # fmt: skip


def test_a_world_that_is_played_never_reaches_the_real_provider(
    sessions: sessionmaker[Session],
) -> None:
    class Real:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"the real provider was asked to {name}")

    provider.wire(Real())
    try:
        with sessions.begin() as session:
            set_scope(session, SYSTEM)
            with make_world(session, GIVEN).around():
                assert isinstance(provider.of(session), ProviderInside)
            assert isinstance(provider.of(session), Real)
    finally:
        provider.wire(None)
