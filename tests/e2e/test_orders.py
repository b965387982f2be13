"""Orders, income and reconciliation, as payers, managers and finance see them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from app.demo.accounts import BY_LOGIN
from app.doubles.payment_provider import Institution, make_sandbox
from app.doubles.store import Store, now
from domain.booking import Booking
from domain.instruments import Instrument
from domain.organisations import people
from domain.payments import orders, payments, quotes, reconciliation, refunds, tariffs
from domain.payments.models import ServiceOrder
from domain.payments.provider import PaymentState, RefundState, Statement, StatementLine
from domain.payments.records import PaymentNotice
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.db import connect, make_sessions, set_scope
from engine.values import ZONE
from tests.e2e.conftest import DESK, NOW, PHONE, Platform, Visit
from tests.payment_desk import serving

Begin = Callable[..., Visit]
EVERYWHERE = pytest.mark.parametrize(
    ("size", "language"),
    [(DESK, "zh"), (PHONE, "zh"), (DESK, "en"), (PHONE, "en")],
    ids=["desk-zh", "phone-zh", "desk-en", "phone-en"],
)


@dataclass
class Books:
    """The orders that the tests look at, by what happened to them."""

    open: UUID
    settled: UUID
    returned: UUID


@dataclass
class Clerk:
    """Places orders of one person and moves their money, month by month."""

    session: Session
    clock: FixedClock
    person: UUID

    def place(self, instrument: Instrument) -> ServiceOrder:
        start = self.clock.at + timedelta(days=2, hours=2)
        person = people.read(self.session, self.person)
        booking = Booking(
            instrument_id=instrument.id, person_id=self.person, person_unit_id=person.unit_id,
            external=True, during=Range(start, start + timedelta(hours=2), bounds="[)"),
            status="settled", created_at=self.clock.at, unit_id=instrument.unit_id,
            region_path=instrument.region_path,
        )  # fmt: skip
        self.session.add(booking)
        self.session.flush()
        quote = quotes.quote(
            self.session, instrument, tier=tariffs.tier_of(person.unit, instrument), minutes=120,
            time_percent=80, on=tariffs.today(self.session),
        )  # fmt: skip
        return orders.place(self.session, booking_id=booking.public_id, case_id=None, quote=quote)

    def open(self, order: ServiceOrder, purpose: str = "booking") -> UUID:
        payment = payments.open_attempt(
            self.session, order.public_id, purpose=purpose, minutes=30, key=str(uuid4())
        )
        page = PaymentState(
            payment.number, "pending", payment.amount_fen, "http://127.0.0.1:9/pay/demo"
        )
        payments.note_opened(self.session, payment.public_id, page)
        return payment.public_id

    def pay(self, order: ServiceOrder, purpose: str = "booking") -> None:
        payment_id = self.open(order, purpose)
        payment = payments.read(self.session, payment_id)
        state = PaymentState(
            payment.number, "succeeded", payment.amount_fen, "", uuid4().hex, self.clock.at
        )
        payments.take_in(self.session, payment_id, state)

    def refund(self, order: ServiceOrder, fen: int) -> None:
        for refund in refunds.plan(
            self.session, order.public_id, amount_fen=fen, reason="实际机时较短", key=uuid4().hex
        ):
            state = RefundState(
                refund.number, "succeeded", refund.amount_fen, uuid4().hex, self.clock.at
            )
            refunds.take_in(self.session, refund.number, state)


@pytest.fixture(scope="module")
def books(platform: Platform) -> Books:
    """Half a year of orders of Zhejiang University's instruments, and a day that disagrees."""
    engine = connect(platform.database.app_url)
    clock = FixedClock(NOW)
    with make_sessions(engine, clock=clock).begin() as session:
        set_scope(session, SYSTEM)
        manager = BY_LOGIN["wangfang"].person_id
        found = session.scalars(
            select(Instrument)
            .where(
                Instrument.manager_ids.contains([manager]),
                Instrument.share_mode == "external",
            )
            .order_by(Instrument.id)
        ).all()[:4]
        clerk = Clerk(session, clock, BY_LOGIN["lijuan"].person_id)
        _half_a_year(clerk, list(found))
        made = _shown(clerk, found[0])
        _disagree(session, made)
    engine.dispose()
    return made


def _half_a_year(clerk: Clerk, instruments: list[Instrument]) -> None:
    for back in range(5, -1, -1):
        clerk.clock.at = NOW - timedelta(days=30 * back)
        for position, instrument in enumerate(instruments):
            if (back + position) % 3:
                order = clerk.place(instrument)
                clerk.pay(order)
                if position == 1:
                    done = orders.final_price(clerk.session, order.public_id, minutes=90)
                    clerk.refund(order, done.refund_fen)
    clerk.clock.at = NOW


def _shown(clerk: Clerk, instrument: Instrument) -> Books:
    waiting = clerk.place(instrument)
    clerk.open(waiting)
    settled = clerk.place(instrument)
    orders.set_offset(clerk.session, settled.public_id, settled.gross_fen // 4)
    clerk.pay(settled)
    orders.final_price(clerk.session, settled.public_id, minutes=150)
    clerk.pay(settled, "difference")
    orders.settle(clerk.session, settled.public_id)
    returned = clerk.place(instrument)
    clerk.pay(returned)
    done = orders.cancel(
        clerk.session, returned.public_id, penalty_percent=30, reason="样品未到，临期取消"
    )
    clerk.refund(returned, done.refund_fen)
    return Books(waiting.public_id, settled.public_id, returned.public_id)


def _disagree(session: Session, made: Books) -> None:
    day = NOW.astimezone(ZONE).date()
    settled = orders.read(session, made.settled)
    paid = [one for one in settled.payments if one.status == "succeeded"]
    rows = [
        StatementLine("payment", paid[0].number, 1, "succeeded", "x1", NOW),
        StatementLine("payment", "ZF-2026-999999", 12_300, "succeeded", "x2", NOW),
    ]
    reconciliation.reconcile(session, Statement(day, rows, "0" * 64))
    reconciliation.reconcile(session, Statement(day - timedelta(days=1), [], "0" * 64))
    for outcome, detail in (
        ("applied", ""), ("duplicate", ""), ("forged", "signature"), ("wrong_amount", ""),
        ("late", ""),
    ):  # fmt: skip
        session.add(
            PaymentNotice(
                received_at=NOW, body="{}", kind="payment.succeeded", outcome=outcome,
                detail=detail, amount_fen=paid[0].amount_fen, subject_number=paid[0].number,
                unit_id=settled.unit_id, region_path=list(settled.region_path),
            )
        )  # fmt: skip


@EVERYWHERE
def test_the_list_of_my_orders(visit: Begin, books: Books, size, language) -> None:
    seen = visit(size, language)
    page = seen.sign_in("lijuan", then="/orders")
    assert page.locator("tbody tr").count() > 10
    seen.shoot(f"orders-{language}-{size[0]}")
    seen.check()
    page.locator(".dy-chips .dy-chip").nth(1).click()
    page.wait_for_url("**status=open**")
    assert page.locator("tbody tr").count() == 1


@EVERYWHERE
def test_an_open_order_says_what_happens_next_and_where_to_pay(
    visit: Begin, books: Books, size, language
) -> None:
    seen = visit(size, language)
    page = seen.sign_in("lijuan", then=f"/orders/{books.open}")
    pay = page.locator("#order .btn-primary")
    assert pay.get_attribute("href") == "http://127.0.0.1:9/pay/demo"
    seen.shoot(f"order-open-{language}-{size[0]}")
    seen.check()


@EVERYWHERE
def test_a_settled_order_shows_its_lines_and_gives_a_receipt(
    visit: Begin, books: Books, size, language
) -> None:
    seen = visit(size, language)
    page = seen.sign_in("lijuan", then=f"/orders/{books.settled}")
    assert page.locator(".od-bill tbody tr").count() >= 6
    seen.shoot(f"order-settled-{language}-{size[0]}")
    seen.check()
    answer = page.request.get(f"{seen.platform.url}/orders/{books.settled}/receipt.pdf")
    assert answer.body().startswith(b"%PDF-")


@EVERYWHERE
def test_a_cancelled_order_shows_what_went_back(visit: Begin, books: Books, size, language) -> None:
    seen = visit(size, language)
    page = seen.sign_in("wangfang", then=f"/orders/{books.returned}")
    expect(page.locator(".od-moves li")).to_have_count(2)
    assert page.locator("#order .btn-primary").count() == 0
    seen.shoot(f"order-cancelled-{language}-{size[0]}")
    seen.check()


@EVERYWHERE
def test_a_managers_income_by_month_and_instrument(
    visit: Begin, books: Books, size, language
) -> None:
    seen = visit(size, language)
    page = seen.sign_in("wangfang", then="/income")
    expect(page.locator("#income-chart svg")).to_be_visible()
    assert page.locator(".od-list tbody tr").count() >= 12
    seen.shoot(f"income-{language}-{size[0]}")
    seen.check()


@EVERYWHERE
def test_finance_sees_what_differs_and_what_came_to_the_door(
    visit: Begin, books: Books, size, language
) -> None:
    seen = visit(size, language)
    page = seen.sign_in("caixia", then="/reconciliation")
    expect(page.locator("details.od-day[open] .dy-badge.bad").first).to_be_visible()
    seen.shoot(f"reconciliation-{language}-{size[0]}")
    seen.check()


@EVERYWHERE
def test_pages_without_anything_say_so(visit: Begin, size, language) -> None:
    seen = visit(size, language)
    page = seen.sign_in("sunyue", then="/orders")
    assert page.locator(".dy-empty .btn").count() == 1
    seen.shoot(f"orders-empty-{language}-{size[0]}")
    seen.check()


@EVERYWHERE
def test_the_price_stands_on_the_booking_page_before_anybody_commits(
    visit: Begin, size, language
) -> None:
    seen = visit(size, language)
    page = seen.open("/instruments?bookable=1&share=external")
    address = page.locator(".dy-result h2 a").first.get_attribute("href") or ""
    page = seen.sign_in("lijuan", then=address)
    page.locator("#choose-time button[type=submit]").click()
    page.wait_for_url("**/book?**")
    expect(page.locator("aside table tfoot td")).to_be_visible()
    page.locator("#task-form textarea").first.wait_for()
    seen.shoot(f"book-price-{language}-{size[0]}")
    seen.check()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_sandboxs_page_where_the_payer_decides(visit: Begin, size, tmp_path: Path) -> None:
    store = Store(tmp_path / "sandbox.sqlite")
    ours, theirs = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    sandbox = make_sandbox(
        Institution(store, theirs, "dayi", ours.public_key(), "http://127.0.0.1:9/notices")
    )
    wanted = {
        "number": "ZF-2026-000123", "amount_fen": 64_000, "valid_seconds": 1800,
        "subject": "场发射扫描电子显微镜 DD-2026-000123",
        "return_url": "http://127.0.0.1:9/orders/1",
    }  # fmt: skip
    token = store.create(wanted, now())["token"]
    with serving(sandbox) as base:
        seen = visit(size)
        seen.page.goto(f"{base}/pay/{token}")
        seen.shoot(f"sandbox-pay-{size[0]}")
        seen.check()
        seen.page.get_by_role("button", name="取消付款").focus()
        seen.page.get_by_role("button", name="付款 / Pay").click()
        expect(seen.page.locator(".state.succeeded")).to_be_visible()
        seen.shoot(f"sandbox-paid-{size[0]}")
        seen.check()
    store.close()
