"""Orders: their sums and states, who reads them, what a cancellation or a measured use does."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from domain import payments
from domain.booking import Booking, bookings
from domain.organisations import Person
from domain.payments import orders, quotes, tariffs
from domain.payments import payments as attempts
from domain.payments.errors import AmountRefused, NoTariff, OrderClosed
from domain.payments.models import ServiceOrder
from domain.payments.provider import PaymentState
from domain.payments.tariffs import Price
from engine.actors import SYSTEM, Actor, Grant
from engine.clock import FixedClock
from engine.db import set_scope
from engine.errors import NotFound
from tests.payment_desk import AskingClock

TODAY = date(2026, 11, 23)
TEN = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


@dataclass
class Desk:
    """A priced instrument and somebody who books it."""

    world: object
    booking: Booking

    @property
    def session(self):
        return self.world.session

    def place(self, percent: int = 100) -> ServiceOrder:
        quoted = quotes.quote(
            self.session, self.world.instrument, tier="enterprise", minutes=120,
            time_percent=percent, on=TODAY,
        )  # fmt: skip
        return orders.place(
            self.session, booking_id=self.booking.public_id, case_id=None, quote=quoted
        )

    def pay(self, order: ServiceOrder, purpose: str = "booking") -> ServiceOrder:
        payment = attempts.open_attempt(
            self.session, order.public_id, purpose=purpose, minutes=30, key=str(uuid4())
        )
        said = PaymentState(payment.number, "succeeded", payment.amount_fen, "", str(uuid4()), TEN)
        attempts.take_in(self.session, payment.public_id, said)
        return order


def price(world, fen: int, item: str = "hour", minimum: int = 0) -> None:
    tariffs.publish(
        world.session, world.instrument, Price(item, "enterprise", fen, minimum),
        valid_from=TODAY, by=SYSTEM,
    )  # fmt: skip


def book(world, person: Person | None = None, start: datetime = TEN) -> Booking:
    person = person or world.outsider
    wish = bookings.Request(
        world.instrument.public_id, person.public_id, start, start + timedelta(hours=2)
    )
    return bookings.hold(world.session, wish)


@pytest.fixture
def clock(clock: FixedClock) -> FixedClock:
    return AskingClock(clock.at)


@pytest.fixture
def desk(world) -> Desk:
    price(world, 40_000)
    return Desk(world, book(world))


def sums(session) -> None:
    """Ask the database now what it asks at every commit."""
    session.execute(text("set constraints all immediate"))
    session.execute(text("set constraints all deferred"))


def test_an_order_keeps_its_number_its_lines_and_its_price(desk: Desk) -> None:
    order = desk.place(percent=80)
    assert order.number == "DD-2026-000001"
    assert (order.gross_fen, order.payable_fen, order.status) == (64_000, 64_000, "open")
    assert [(n.kind, n.minutes, n.percent, n.amount_fen) for n in order.lines] == [
        ("hours", 120, 80, 64_000)
    ]
    assert (order.price["tier"], order.price["percent"]) == ("enterprise", 80)
    assert order.payer_unit_id == desk.world.other.id
    assert order.unit_id == desk.world.unit.id
    sums(desk.session)


def test_a_booking_has_one_order_however_often_it_is_placed(desk: Desk) -> None:
    assert desk.place() is desk.place(percent=50)


def test_the_words_say_how_the_price_came_about(desk: Desk) -> None:
    quoted = quotes.quote(
        desk.session, desk.world.instrument, tier="enterprise", minutes=90, time_percent=80,
        on=TODAY,
    )  # fmt: skip
    assert quoted.text_zh == "企业价：400.00元/小时 × 1.5小时 × 80% = 480.00元"
    assert quoted.text_en == "Enterprises: ¥400.00/h × 1.5 h × 80% = ¥480.00"


def test_a_minimum_and_a_charge_for_each_use_are_lines_of_their_own(world) -> None:
    price(world, 10_000, minimum=50_000)
    price(world, 3_000, item="time")
    quoted = quotes.quote(world.session, world.instrument, tier="enterprise", minutes=60, on=TODAY)
    assert [(n.kind, n.amount_fen) for n in quoted.lines] == [
        ("hours", 10_000), ("minimum", 40_000), ("use", 3_000),
    ]  # fmt: skip
    assert quoted.gross_fen == 53_000


@given(st.integers(0, 10**8), st.integers(0, 10**7), st.integers(1, 10_000), st.integers(1, 300))
def test_the_lines_of_a_price_add_up_to_it(
    fen: int, minimum: int, minutes: int, percent: int
) -> None:
    rate = {"id": str(uuid4()), "item": "hour", "price_fen": fen, "minimum_fen": minimum}
    lines = quotes.lines_of({"percent": percent, "tariffs": [rate]}, minutes)
    exact = fen * minutes * percent / 6000
    assert quotes.total(lines) >= minimum
    assert abs(lines[0].amount_fen - exact) <= 0.5 + exact * 1e-9
    assert all(line.amount_fen >= 0 for line in lines)


def test_nothing_is_priced_without_a_tariff(world) -> None:
    with pytest.raises(NoTariff):
        quotes.quote(world.session, world.instrument, tier="internal", minutes=60, on=TODAY)


def test_a_free_order_is_paid_at_once(world) -> None:
    price(world, 0)
    assert Desk(world, book(world)).place().status == "paid"


def test_a_later_tariff_changes_no_accepted_order(desk: Desk) -> None:
    order = desk.pay(desk.place())
    tariffs.publish(
        desk.session, desk.world.instrument, Price("hour", "enterprise", 90_000),
        valid_from=TODAY + timedelta(days=1), by=SYSTEM,
    )  # fmt: skip
    found = orders.final_price(desk.session, order.public_id, minutes=180)
    assert found == orders.Difference(120_000, 40_000, 0)


def test_a_voucher_lowers_what_is_payable_until_somebody_pays(desk: Desk) -> None:
    order = desk.place()
    orders.set_offset(desk.session, order.public_id, 30_000)
    assert (order.offset_fen, order.payable_fen, order.status) == (30_000, 50_000, "open")
    orders.set_offset(desk.session, order.public_id, 80_000)
    assert (order.payable_fen, order.status) == (0, "paid")
    orders.set_offset(desk.session, order.public_id, 0)
    assert (order.payable_fen, order.status) == (80_000, "open")
    with pytest.raises(AmountRefused):
        orders.set_offset(desk.session, order.public_id, 80_001)
    attempts.open_attempt(desk.session, order.public_id, purpose="booking", minutes=30, key="k")
    with pytest.raises(OrderClosed) as refused:
        orders.set_offset(desk.session, order.public_id, 1)
    assert refused.value.params["reason"] == "payment_pending"
    orders.set_offset(desk.session, order.public_id, 0)  # what it is already
    sums(desk.session)


@pytest.mark.parametrize(
    ("minutes", "gross", "extra", "refund"),
    [(120, 80_000, 0, 0), (150, 100_000, 20_000, 0), (60, 40_000, 0, 40_000)],
)
def test_the_measured_use_is_priced_and_corrected(
    desk: Desk, minutes: int, gross: int, extra: int, refund: int
) -> None:
    order = desk.pay(desk.place())
    for _ in range(2):
        found = orders.final_price(desk.session, order.public_id, minutes=minutes)
        assert found == orders.Difference(gross, extra, refund)
    assert sum(line.amount_fen for line in order.lines) == order.gross_fen == gross
    sums(desk.session)


def test_an_offset_never_exceeds_the_measured_price(desk: Desk) -> None:
    order = desk.place()
    orders.set_offset(desk.session, order.public_id, 60_000)
    desk.pay(order)
    found = orders.final_price(desk.session, order.public_id, minutes=60)
    assert (order.offset_fen, found) == (40_000, orders.Difference(40_000, 0, 20_000))


def test_an_unpaid_order_has_no_final_price(desk: Desk) -> None:
    with pytest.raises(OrderClosed):
        orders.final_price(desk.session, desk.place().public_id, minutes=60)


@pytest.mark.parametrize(
    ("percent", "most", "fee"), [(0, None, 0), (30, None, 24_000), (100, 60, 40_000),
                                 (100, 600, 80_000)]
)  # fmt: skip
def test_a_cancellation_keeps_its_share_of_what_was_paid(
    desk: Desk, percent: int, most: int | None, fee: int
) -> None:
    order = desk.pay(desk.place())
    for _ in range(2):
        done = orders.cancel(
            desk.session, order.public_id, penalty_percent=percent, most_minutes=most, reason="取消"
        )
        assert done == orders.Cancelled(fee, 80_000 - fee)
    assert (order.status, order.payable_fen, order.gross_fen) == ("cancelled", fee, fee)
    sums(desk.session)


def test_nobody_owes_a_fee_for_what_was_never_paid(desk: Desk) -> None:
    order = desk.place()
    orders.set_offset(desk.session, order.public_id, 30_000)
    done = orders.cancel(desk.session, order.public_id, penalty_percent=50, reason="")
    assert done == orders.Cancelled(0, 0)
    assert order.offset_fen == 0
    orders.set_offset(desk.session, order.public_id, 0)  # the voucher's release changes nothing


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 10**6), st.integers(0, 100), st.integers(0, 100))
def test_a_fee_lies_between_nothing_and_what_was_paid(
    desk: Desk, paid: int, percent: int, share: int
) -> None:
    order = ServiceOrder(
        status="paid", payable_fen=paid, paid_fen=paid * share // 100, refunded_fen=0,
        price={"minutes": 120},
    )  # fmt: skip
    assert 0 <= orders._fee(order, percent, None) <= order.paid_fen


def test_an_order_that_was_not_paid_in_time_expires(desk: Desk) -> None:
    order = desk.place()
    orders.set_offset(desk.session, order.public_id, 30_000)
    assert orders.expire(desk.session, order.public_id).status == "expired"
    assert orders.expire(desk.session, order.public_id).offset_fen == 0
    with pytest.raises(OrderClosed):
        orders.cancel(desk.session, order.public_id, penalty_percent=0, reason="")


def test_a_paid_order_never_expires(desk: Desk) -> None:
    order = desk.pay(desk.place())
    with pytest.raises(OrderClosed):
        orders.expire(desk.session, order.public_id)


def test_an_order_is_settled_once_nothing_is_due(desk: Desk) -> None:
    order = desk.pay(desk.place())
    orders.final_price(desk.session, order.public_id, minutes=150)
    with pytest.raises(OrderClosed) as refused:
        orders.settle(desk.session, order.public_id)
    assert refused.value.params["reason"] == "due"
    desk.pay(order, "difference")
    assert orders.settle(desk.session, order.public_id).status == "settled"
    assert orders.settle(desk.session, order.public_id).kept_fen == 100_000
    sums(desk.session)


def spoil(session, statement: str) -> None:
    with session.begin_nested():
        session.execute(text(statement))
        sums(session)


def test_the_database_itself_refuses_sums_that_do_not_hold(desk: Desk) -> None:
    order = desk.place()
    for change in ("gross_fen = 1, payable_fen = 1", "paid_fen = 5"):
        with pytest.raises(DatabaseError, match="is not the sum"):
            spoil(desk.session, f"update service_order set {change} where id = {order.id}")
    with pytest.raises(DatabaseError, match="ck_service_order_refunded"):
        desk.session.execute(text("update service_order set refunded_fen = 1"))


READERS = [
    ("payer", (), True),
    ("other", (), False),
    ("other", (("unit_finance", "payer"),), True),
    ("other", (("unit_administrator", "payer"),), True),
    ("other", (("instrument_manager", "payer"),), False),
    ("other", (("unit_finance", "payee"),), True),
    ("other", (("instrument_manager", "payee"),), True),
    ("other", (("auditor", "33"),), True),
    ("other", (("auditor", "3302"),), False),
    ("other", (("department_officer", "33"),), False),
]


@pytest.mark.parametrize(("who", "grants", "may"), READERS)
def test_an_order_is_read_by_those_whom_it_concerns(
    desk: Desk, who: str, grants: tuple, may: bool
) -> None:
    order, world = desk.place(), desk.world
    units = {"payer": world.other.id, "payee": world.unit.id}
    held = tuple(
        Grant(role, unit_id=units[where]) if where in units else Grant(role, region=where)
        for role, where in grants
    )
    person: UUID = world.outsider.public_id if who == "payer" else uuid4()
    session = desk.session
    set_scope(session, Actor(person, "某人", held))
    try:
        if may:
            assert payments.read(session, order.public_id) is order
            assert orders.listed(session) == [order]
            assert orders.order_of_booking(session, desk.booking.public_id) is order
        else:
            with pytest.raises(NotFound):
                payments.read(session, order.public_id)
            assert orders.listed(session) == []
    finally:
        set_scope(session, SYSTEM)


def test_row_security_hides_orders_and_their_parts_from_strangers(desk: Desk) -> None:
    desk.pay(desk.place())
    set_scope(desk.session, Actor(uuid4(), "某人", ()))
    for table in ("service_order", "order_line", "payment", "refund", "reconciliation"):
        assert desk.session.scalar(text(f"select count(*) from {table}")) == 0
    with pytest.raises(DatabaseError, match="row-level security"):
        desk.session.execute(
            text(
                "insert into reconciliation (public_id, day, statement_sha256, lines, in_fen, "
                "out_fen, ours_in_fen, ours_out_fen, runs, ran_at, ran_by) values "
                "(gen_random_uuid(), now(), '', 0, 0, 0, 0, 0, 1, now(), gen_random_uuid())"
            )
        )
