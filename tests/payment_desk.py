"""The platform's door and the payment sandbox, each a real server on a port of its own."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session, make_transient, sessionmaker
from werkzeug.serving import WSGIRequestHandler, make_server

from app.doubles.courier import Courier
from app.doubles.payment_provider import Institution, make_sandbox
from app.doubles.store import Store
from app.scenario_world import make_world
from domain import payments
from domain.booking import bookings
from domain.payments import orders, provider
from domain.payments.http_provider import HttpProvider, Keys
from domain.payments.models import Payment, ServiceOrder
from domain.payments.provider import SESSION_KEY, Seal
from domain.payments.records import PaymentNotice
from engine import definitions, operations
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.contract import Job
from engine.db import set_scope
from handlers.open_payment import Params, Result, open_payment

MERCHANT = "dayi-test"
NOTICES = "/api/v1/payments/notices"
WEDNESDAY = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
GIVEN: dict[str, Any] = {
    "units": {"大学": {"region": "330106"}, "企业": {"region": "330109", "kind": "enterprise"}},
    "people": {
        "用户": {"unit": "企业"},
        "机主": {"unit": "大学", "roles": ["instrument_manager"]},
        "财务": {"unit": "大学", "roles": ["unit_finance"]},
    },
    "instruments": {
        "质谱仪": {"unit": "大学", "managers": ["机主"], "hour_fen": {"enterprise": 40_000}}
    },
}


class AskingClock(FixedClock):
    """Stands still, but asks the database as the demo's clock does, which writes what is pending.

    A verb that asks the time between two changes that belong together is caught by it.
    """

    def now(self, session: Session) -> datetime:
        session.execute(text("select 1"))
        return super().now(session)


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve an application from a thread; yields its address."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def until(found: Callable[[], Any], patience: float = 20.0) -> Any:
    """Poll until something is true; the last answer."""
    end = time.monotonic() + patience
    while not (answer := found()) and time.monotonic() < end:
        time.sleep(0.02)
    return answer


@dataclass
class Desk:
    """Everything that a test of payments needs at hand."""

    sessions: sessionmaker[Session]
    clock: FixedClock
    platform: str
    sandbox: Store
    courier: Courier
    provider: HttpProvider
    theirs: Ed25519PrivateKey
    people: dict[str, Any]
    instrument: UUID
    days: Iterator[int] = field(default_factory=lambda: iter(range(1, 60)))

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self.sessions.begin() as session:
            set_scope(session, SYSTEM)
            yield session

    def order(self, case_id: UUID | None = None) -> UUID:
        """Place an order of 800 yuan for a booking of its own."""
        start = WEDNESDAY + timedelta(hours=2 * next(self.days))
        with self.session() as session:
            wish = bookings.Request(
                self.instrument, self.people["用户"].id, start, start + timedelta(hours=2)
            )
            with _any_time():
                booking = bookings.hold(session, wish)
            quote = payments.quote(
                session, booking.instrument, tier="enterprise", minutes=120,
                on=payments.tariffs.today(session),
            )  # fmt: skip
            placed = orders.place(
                session, booking_id=booking.public_id, case_id=case_id, quote=quote
            )
            return placed.public_id

    def open(self, order_id: UUID, purpose: str = "booking") -> Result:
        job = Job("open_payment", str(uuid4()), uuid4(), "YY-1", "x", 1, self.clock.at)
        return open_payment(Params(order_id, purpose, 30), job)

    def job(self, key: str = "") -> Job:
        return Job("any", key or str(uuid4()), uuid4(), "YY-1", "x", 1, self.clock.at)

    def press(self, pay_url: str, decision: str = "pay") -> None:
        """Be the payer: open the page, press a button."""
        with httpx.Client() as browser:
            assert "应付金额" in browser.get(pay_url).text
            assert browser.post(pay_url, data={"decision": decision}).status_code == 303

    def faults(self, **faults: Any) -> None:
        """Switch faults on through the sandbox's own interface."""
        self.provider._send("PUT", "/v1/faults", faults)

    def read(self, order_id: UUID) -> ServiceOrder:
        with self.session() as session:
            found = payments.read(session, order_id)
            _ = (found.lines, found.payments, found.refunds, found.instrument)
            return found

    def notices(self, count: int = 0) -> list[PaymentNotice]:
        """Return what came in, waiting for ``count`` notices if given."""

        def read() -> list[PaymentNotice]:
            with self.session() as session:
                rows = list(session.scalars(select(PaymentNotice).order_by(PaymentNotice.id)))
                for row in rows:
                    session.expunge(row)
                    make_transient(row)
                return rows

        until(lambda: len(read()) >= count)
        return read()

    def outcomes(self, count: int) -> list[str]:
        return [notice.outcome for notice in self.notices(count)]

    def money(self) -> dict[str, Any]:
        """Return everything that says what money there is, for before and after."""
        with self.session() as session:
            return {
                "orders": session.execute(
                    select(
                        ServiceOrder.number, ServiceOrder.status, ServiceOrder.paid_fen,
                        ServiceOrder.refunded_fen, ServiceOrder.payable_fen, ServiceOrder.version,
                    ).order_by(ServiceOrder.id)
                ).all(),
                "payments": session.execute(
                    select(
                        Payment.number, Payment.status, Payment.late, Payment.returned_fen
                    ).order_by(Payment.id)
                ).all(),
            }  # fmt: skip

    def post(self, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """Knock at the platform's door."""
        return httpx.post(self.platform + NOTICES, content=body, headers=headers)


@contextmanager
def _any_time() -> Iterator[None]:
    """Let a test book at any hour: how an instrument opens is tested elsewhere."""
    before = bookings.slots.check
    bookings.slots.check = lambda *_: None
    try:
        yield
    finally:
        bookings.slots.check = before


@contextmanager
def open_desk(
    platform: Flask, sessions: sessionmaker[Session], clock: FixedClock, folder: Path
) -> Iterator[Desk]:
    """Serve both sides, wire them to each other and make a small world."""
    ours, theirs = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    operations.discover("handlers")
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        folder_of = Path("processes/refund")
        definitions.publish(session, definitions.read_folder(folder_of), actor=SYSTEM, note="")
        world = make_world(session, GIVEN)
    store = Store(folder / "sandbox.sqlite")
    with serving(platform) as base:
        institution = Institution(store, theirs, MERCHANT, ours.public_key(), base + NOTICES)
        sandbox = make_sandbox(institution)
        courier = sandbox.extensions["courier"].start()
        with serving(sandbox) as bank:
            client = HttpProvider(bank, Keys(MERCHANT, ours, theirs.public_key()))
            sessions.kw["info"][SESSION_KEY] = client
            before = operations.wire(sessions)
            provider.wire(client, seal=Seal(MERCHANT, theirs.public_key()))
            try:
                yield Desk(
                    sessions, clock, base, store, courier, client, theirs, dict(world.people),
                    UUID(world.values["质谱仪"]),
                )  # fmt: skip
            finally:
                provider.wire(None)
                operations.wire(before)
                courier.stop()
    store.close()
