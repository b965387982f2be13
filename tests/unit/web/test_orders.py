"""Orders, receipts, income and reconciliation: who sees what, and that the figures are the same."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from domain.booking import Booking
from domain.instruments import Instrument
from domain.organisations import Person
from domain.payments import orders, payments, quotes, reconciliation, refunds
from domain.payments.models import ServiceOrder
from domain.payments.provider import PaymentState, RefundState, Statement, StatementLine
from domain.payments.records import PaymentNotice
from engine import definitions, operations
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.db import set_scope
from engine.definitions import Resource
from engine.values import ZONE
from web.orders.books import _plain
from web.orders.pages import next_step

START = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


@dataclass
class Shop:
    """Two units, an instrument of each manager, and people on both sides of an order."""

    world: object
    clock: FixedClock
    people: dict[str, Person]
    instruments: dict[str, Instrument]

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self.world.sessions.begin() as session:
            set_scope(session, SYSTEM)
            yield session

    def order(self, session: Session, name: str = "电镜") -> ServiceOrder:
        instrument = session.get_one(Instrument, self.instruments[name].id)
        payer = self.people["payer"]
        booking = Booking(
            instrument_id=instrument.id, person_id=payer.public_id, person_unit_id=payer.unit_id,
            external=True, during=Range(START, START + timedelta(hours=2), bounds="[)"),
            status="settled", created_at=self.clock.at, unit_id=instrument.unit_id,
            region_path=instrument.region_path,
        )  # fmt: skip
        session.add(booking)
        session.flush()
        quote = quotes.quote(
            session, instrument, tier="enterprise", minutes=120, on=self.clock.at.date()
        )
        return orders.place(session, booking_id=booking.public_id, case_id=None, quote=quote)

    def pay(self, session: Session, order: ServiceOrder, *, done: bool = True) -> None:
        payment = payments.open_attempt(
            session, order.public_id, purpose="booking", minutes=30, key=str(uuid4())
        )
        state = PaymentState(payment.number, "pending", payment.amount_fen, "https://pay.test/1")
        payments.note_opened(session, payment.public_id, state)
        if done:
            paid = PaymentState(
                payment.number, "succeeded", payment.amount_fen, "", str(uuid4()), self.clock.at
            )
            payments.take_in(session, payment.public_id, paid)

    def paid(self, name: str = "电镜") -> UUID:
        with self.session() as session:
            order = self.order(session, name)
            self.pay(session, order)
            return order.public_id

    def refund(self, order_id: UUID, fen: int) -> None:
        with self.session() as session:
            for each in refunds.plan(session, order_id, amount_fen=fen, reason="", key=uuid4().hex):
                state = RefundState(
                    each.number, "succeeded", each.amount_fen, uuid4().hex, self.clock.at
                )
                refunds.take_in(session, each.number, state)


@pytest.fixture
def shop(world, clock: FixedClock) -> Shop:
    owner, firm = world.unit("东海大学", kind="university"), world.unit("甲公司", kind="enterprise")
    people = {
        "payer": world.person("payer", "applicant", unit=firm),
        "colleague": world.person("colleague", "applicant", unit=firm),
        "firm_finance": world.person("firm_finance", "unit_finance", unit=firm),
        "manager": world.person("manager", "instrument_manager", unit=owner),
        "other_manager": world.person("other_manager", "instrument_manager", unit=owner),
        "finance": world.person("finance", "unit_finance", unit=owner),
        "operator": world.person("operator", "operator"),
        "auditor": world.person("auditor", "auditor", region="33"),
        "elsewhere": world.person("elsewhere", "auditor", region="3302"),
    }
    instruments = {
        "电镜": world.instrument(owner, "电镜", manager_ids=[people["manager"].public_id]),
        "质谱": world.instrument(owner, "质谱", manager_ids=[people["other_manager"].public_id]),
    }
    return Shop(world, clock, people, instruments)


@pytest.mark.parametrize(
    ("login", "status"),
    [
        ("payer", 200), ("colleague", 404), ("firm_finance", 200), ("manager", 200),
        ("finance", 200), ("operator", 200), ("auditor", 200), ("elsewhere", 404),
    ],
)  # fmt: skip
def test_an_order_and_its_receipt_are_for_those_whom_they_concern(
    shop: Shop, signed_in: Callable, login: str, status: int
) -> None:
    order_id = shop.paid()
    visitor = signed_in(login)
    assert visitor.get(f"/orders/{order_id}").status_code == status
    assert visitor.get(f"/orders/{order_id}/receipt.pdf").status_code == status


@pytest.mark.parametrize("path", ["/orders", "/income", "/income.csv", "/reconciliation"])
def test_nobody_sees_money_without_signing_in(shop: Shop, visitor, path: str) -> None:
    assert visitor.get(path).status_code == 302


@pytest.mark.parametrize(
    ("path", "logins"),
    [
        ("/income", {"manager", "other_manager", "finance", "firm_finance"}),
        ("/income.csv", {"manager", "other_manager", "finance", "firm_finance"}),
        ("/reconciliation", {"finance", "firm_finance", "operator"}),
    ],
)
def test_the_books_are_for_those_who_keep_them(
    shop: Shop, signed_in: Callable, path: str, logins: set[str]
) -> None:
    shop.paid()
    let_in = {login for login in shop.people if signed_in(login).get(path).status_code == 200}
    assert let_in == logins


def test_the_same_order_gives_the_same_receipt_on_any_day(shop: Shop, signed_in: Callable) -> None:
    order_id = shop.paid()
    visitor = signed_in("payer")
    first = visitor.get(f"/orders/{order_id}/receipt.pdf")
    assert first.data.startswith(b"%PDF-")
    assert "DD-2026-000001.pdf" in first.headers["Content-Disposition"]
    shop.clock.at += timedelta(days=40)
    again = signed_in("payer").get(f"/orders/{order_id}/receipt.pdf")
    assert again.data == first.data


def test_there_is_no_receipt_for_money_that_did_not_stay(shop: Shop, signed_in: Callable) -> None:
    with shop.session() as session:
        unpaid = shop.order(session).public_id
    returned = shop.paid()
    shop.refund(returned, 60_000)
    visitor = signed_in("payer")
    for order_id in (unpaid, returned):
        assert visitor.get(f"/orders/{order_id}/receipt.pdf").status_code == 404


def test_what_happens_next_is_said_in_every_state(shop: Shop, app) -> None:
    def said(order: ServiceOrder, *, is_payer: bool = True) -> tuple[str, str]:
        with app.test_request_context("/"):
            found = next_step(order, is_payer=is_payer)
            return str(found.text), found.pay_url

    with shop.session() as session:
        order = shop.order(session)
        assert said(order) == ("正在准备付款；可以付款时会通知您。", "")
        shop.pay(session, order, done=False)
        session.refresh(order, ["payments"])
        assert said(order) == (
            "请在2026年11月23日 09:30前支付 600.00 元。", "https://pay.test/1",
        )  # fmt: skip
        assert said(order, is_payer=False)[1] == ""
        order.payments[0].pay_url = "javascript:alert(1)"
        assert said(order)[1] == ""
        session.rollback()
    with shop.session() as session:
        order = shop.order(session)
        shop.pay(session, order)
        assert "按实际机时结算" in said(order)[0]
        orders.cancel(session, order.public_id, penalty_percent=30, reason="")
        assert said(order)[0] == "420.00 元正在退还付款人。"
        other = shop.order(session)
        orders.expire(session, other.public_id)
        assert "逾期未付" in said(other)[0]


def test_my_orders_are_mine_and_my_units_are_for_its_finance(
    shop: Shop, signed_in: Callable
) -> None:
    shop.paid()
    assert "DD-2026-000001" in signed_in("payer").get("/orders").text
    assert "DD-2026-000001" not in signed_in("colleague").get("/orders?whose=unit").text
    finance = signed_in("firm_finance")
    assert "DD-2026-000001" not in finance.get("/orders").text
    assert "DD-2026-000001" in finance.get("/orders?whose=unit").text
    assert "DD-2026-000001" not in signed_in("payer").get("/orders?status=open").text


def rows(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def test_income_is_what_came_and_went_in_its_month(shop: Shop, signed_in: Callable) -> None:
    first = shop.paid()
    shop.paid("质谱")
    shop.clock.at += timedelta(days=10)  # December in Shanghai
    shop.refund(first, 10_000)
    found = rows(signed_in("manager").get("/income.csv").text)
    assert found[0][:3] == ["月份", "仪器", "笔数"]
    assert found[1:] == [
        ["2026-12", "电镜", "0", "0.00", "100.00", "-100.00", "0.00"],
        ["2026-11", "电镜", "1", "600.00", "0.00", "600.00", "0.00"],
    ]
    whole = rows(signed_in("finance").get("/income.csv").text)
    assert {row[1] for row in whole[1:]} == {"电镜", "质谱"}
    assert rows(signed_in("firm_finance").get("/income.csv").text)[1:] == []
    page = signed_in("manager").get("/income").text
    assert "500.00 元" in page
    assert '"values": [0.0' in page or '"values":[0.0' in page


def test_no_name_becomes_a_formula_in_a_spreadsheet() -> None:
    assert [_plain(text) for text in ("=1+1", "@x", "-x", "电镜")] == [
        "'=1+1",
        "'@x",
        "'-x",
        "电镜",
    ]


def test_finance_sees_differences_and_notices_of_its_own_unit(
    shop: Shop, signed_in: Callable
) -> None:
    shop.paid()
    day = shop.clock.at.astimezone(ZONE).date()
    stray = StatementLine("payment", "ZF-2026-999999", 5, "succeeded", "x", shop.clock.at)
    with shop.session() as session:
        reconciliation.reconcile(session, Statement(day, [stray], "0" * 64))
        session.add(
            PaymentNotice(received_at=shop.clock.at, body="", outcome="forged", detail="stale")
        )
    finance = signed_in("finance").get("/reconciliation").text
    assert "ZF-2026-000001" in finance
    assert "ZF-2026-999999" not in finance
    assert "不予采信" not in finance
    operator = signed_in("operator").get("/reconciliation").text
    assert "ZF-2026-999999" in operator
    assert "时间过旧或过新" in operator
    assert "对账单 1 笔" in operator


TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
  <decision id="booking_price" name="费用档次与折扣">
    <decisionTable id="t" hitPolicy="FIRST">
      <input id="i" label="本单位用户"><inputExpression id="e" typeRef="boolean">
        <text>internal</text></inputExpression></input>
      <output id="o1" name="tier" typeRef="string"/>
      <output id="o2" name="time_percent" typeRef="number"/>
      <output id="o3" name="pay_minutes" typeRef="number"/>
      <output id="o4" name="least_pay_minutes" typeRef="number"/>
      <output id="o5" name="difference_minutes" typeRef="number"/>
      <output id="o6" name="rounding_minutes" typeRef="number"/>
      <output id="o7" name="tolerance_minutes" typeRef="number"/>
      <output id="o8" name="text" typeRef="string"/>
      <rule id="r1"><inputEntry id="r1i"><text>false</text></inputEntry>
        <outputEntry id="r1a"><text>"enterprise"</text></outputEntry>
        <outputEntry id="r1b"><text>70</text></outputEntry>
        <outputEntry id="r1c"><text>30</text></outputEntry>
        <outputEntry id="r1d"><text>15</text></outputEntry>
        <outputEntry id="r1e"><text>10080</text></outputEntry>
        <outputEntry id="r1f"><text>1</text></outputEntry>
        <outputEntry id="r1g"><text>15</text></outputEntry>
        <outputEntry id="r1h"><text>"价"</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="r2i"><text></text></inputEntry>
        <outputEntry id="r2a"><text>"internal"</text></outputEntry>
        <outputEntry id="r2b"><text>100</text></outputEntry>
        <outputEntry id="r2c"><text>30</text></outputEntry>
        <outputEntry id="r2d"><text>15</text></outputEntry>
        <outputEntry id="r2e"><text>10080</text></outputEntry>
        <outputEntry id="r2f"><text>1</text></outputEntry>
        <outputEntry id="r2g"><text>15</text></outputEntry>
        <outputEntry id="r2h"><text>"价"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""


def test_the_price_before_commitment_follows_the_published_table(
    shop: Shop, signed_in: Callable
) -> None:
    instrument = shop.instruments["电镜"].public_id
    span = "start=2026-11-25T10:00%2B08:00&end=2026-11-25T12:00%2B08:00"
    address = f"/instruments/{instrument}/book?{span}"
    operations.discover("handlers")
    with shop.session() as session:
        folder = definitions.read_folder(Path("processes/booking"))
        definitions.publish(session, folder, actor=SYSTEM, note="")
        resource = Resource("dmn", "booking_price", "booking_price.dmn", TABLE)
        definitions.publish(session, [resource], actor=SYSTEM, note="")
    visitor = signed_in("payer")
    page = visitor.get(address)
    assert "420.00 元" in page.text  # 300 × 2 h × 70 %
    assert "× 70%" in page.text


def test_prices_of_an_instrument_are_shown_by_tier_and_mine_is_marked(
    shop: Shop, signed_in: Callable, visitor
) -> None:
    address = f"/instruments/{shop.instruments['电镜'].public_id}"
    assert "适用于您" not in visitor.get(address).text
    page = signed_in("payer").get(address).text
    assert page.index("企业") < page.index("适用于您")
    assert page.count("适用于您") == 1
