"""Payments against the real sandbox, over HTTP on both sides: what arrives, and what it moves."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from app.database import Database
from domain.payments import http_provider, notices, orders, payments, signing
from domain.payments.errors import BadSignature, ProviderRefused, ProviderUnavailable
from domain.payments.http_provider import HttpProvider, Keys
from domain.payments.models import Payment
from domain.payments.provider import Demand
from domain.payments.signing import Message
from engine import definitions, instances
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.contract import BusinessError, RetryLater
from engine.db import set_scope
from engine.definitions import Resource
from engine.models import Instance, OpenTask
from engine.values import ZONE
from handlers.check_payment import Params as CheckPayment
from handlers.check_payment import check_payment
from handlers.close_payment import Params as ClosePayment
from handlers.close_payment import close_payment
from handlers.refund_payment import Params as RefundPayment
from handlers.refund_payment import refund_payment
from tests.payment_desk import MERCHANT, NOTICES, AskingClock, Desk, open_desk, until
from web.application import make_app
from web.database import db


@dataclass
class _Settings:
    home: Path
    port: int = 8400
    demo: bool = True
    secret_key: str = "for tests only"


@pytest.fixture
def clock(clock: FixedClock) -> FixedClock:
    return AskingClock(clock.at)


@pytest.fixture
def desk(
    database: Database, sessions: sessionmaker[Session], clock: FixedClock, tmp_path: Path
) -> Iterator[Desk]:
    app: Flask = make_app(_Settings(tmp_path), app_url=database.app_url, clock=clock)
    app.config["TESTING"] = False
    with open_desk(app, sessions, clock, tmp_path) as open_one:
        yield open_one
    with app.app_context():
        db.engine.dispose()


def paid(desk: Desk) -> tuple[UUID, str]:
    """Let the payer pay an order and its notice arrive; return order and payment number."""
    order_id = desk.order()
    opened = desk.open(order_id)
    desk.press(opened.pay_url)
    assert until(lambda: desk.read(order_id).status == "paid")
    return order_id, opened.payment_number


def test_the_payer_pays_on_the_providers_page_and_the_order_is_paid(desk: Desk) -> None:
    order_id, _ = paid(desk)
    order = desk.read(order_id)
    assert (order.paid_fen, order.due_fen) == (80_000, 0)
    (notice,) = desk.notices(1)
    assert (notice.outcome, notice.kind, notice.amount_fen) == (
        "applied", "payment.succeeded", 80_000,
    )  # fmt: skip
    assert json.loads(notice.body)["number"] == order.payments[0].number
    assert (notice.unit_id, notice.region_path) == (order.unit_id, order.region_path)


def test_a_payer_who_cancels_pays_nothing(desk: Desk) -> None:
    order_id = desk.order()
    opened = desk.open(order_id)
    desk.press(opened.pay_url, "cancel")
    assert desk.outcomes(1) == ["applied"]
    assert check_payment(CheckPayment(opened.payment_id), desk.job()).payment_status == "failed"
    assert desk.read(order_id).paid_fen == 0


def test_a_lost_notice_is_made_good_by_asking(desk: Desk) -> None:
    desk.faults(drop=True)
    order_id = desk.order()
    opened = desk.open(order_id)
    assert check_payment(CheckPayment(opened.payment_id), desk.job()).payment_status == "pending"
    desk.press(opened.pay_url)
    assert desk.read(order_id).status == "open"
    for _ in range(2):
        assert check_payment(CheckPayment(opened.payment_id), desk.job()).payment_status == "paid"
    assert desk.read(order_id).paid_fen == 80_000


def test_money_that_came_before_the_closing_counts(desk: Desk) -> None:
    desk.faults(drop=True)
    opened = desk.open(order_id := desk.order())
    desk.press(opened.pay_url)
    assert close_payment(ClosePayment(opened.payment_id), desk.job()).payment_status == "paid"
    assert desk.read(order_id).status == "paid"


def test_a_closed_payment_can_no_longer_be_paid(desk: Desk) -> None:
    opened = desk.open(order_id := desk.order())
    assert close_payment(ClosePayment(opened.payment_id), desk.job()).payment_status == "closed"
    with httpx.Client() as browser:
        assert "已关闭" in browser.get(opened.pay_url).text
        browser.post(opened.pay_url, data={"decision": "pay"})
    assert check_payment(CheckPayment(opened.payment_id), desk.job()).payment_status == "closed"
    assert desk.read(order_id).paid_fen == 0


# ── Notices that must move nothing ───────────────────────────────────────────────────────────


def check_replays(desk: Desk) -> None:
    """Demand that sending a notice again, as it was or signed anew, changes nothing (INV-07)."""
    _, number = paid(desk)
    before = desk.money()
    body, headers = desk.courier.sent[-1]
    assert desk.post(body, headers).status_code == 401  # the very same bytes
    fresh, new = desk.courier.signed(json.loads(body))
    assert desk.post(fresh, new).json() == {"code": "duplicate"}  # the same notice, sent again
    other = {**json.loads(body), "id": "N-another"}
    assert desk.post(*desk.courier.signed(other)).json() == {"code": "duplicate"}
    assert desk.money() == before
    assert desk.outcomes(4) == ["applied", "forged", "duplicate", "duplicate"]
    assert [n.detail for n in desk.notices() if n.outcome == "forged"] == ["replayed"]
    assert number in {n.subject_number for n in desk.notices()}


def test_replaying_a_callback_changes_nothing(desk: Desk) -> None:
    check_replays(desk)


def test_a_callback_that_adds_the_money_again_is_caught(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sabotage twin: every message is believed to be the first."""
    real = payments._succeed

    def naive(session: Any, order: Any, payment: Any, state: Any) -> Any:
        taken = real(session, order, payment, state)
        if taken == "duplicate":
            order.version += 1
            order.reason = "counted again"
            return "applied"
        return taken

    monkeypatch.setattr(payments, "_succeed", naive)
    with pytest.raises(AssertionError):
        check_replays(desk)


def test_the_database_refuses_money_that_is_counted_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last wall: a callback that adds the amount again cannot even commit."""
    real = payments._succeed

    def naive(session: Any, order: Any, payment: Any, state: Any) -> Any:
        taken = real(session, order, payment, state)
        if taken == "duplicate":
            order.paid_fen += payment.amount_fen
        return taken

    order_id, _ = paid(desk)
    monkeypatch.setattr(payments, "_succeed", naive)
    fresh, new = desk.courier.signed(json.loads(desk.courier.sent[-1][0]))
    assert desk.post(fresh, new).status_code == 503
    assert desk.read(order_id).paid_fen == 80_000


FORGERIES = {
    "signature": "signature",
    "merchant": "wrong_merchant",
    "unsigned": "missing",
    "stale": "stale",
}


def check_forgery(desk: Desk, flaw: str, detail: str) -> None:
    """Demand that a forged notice is kept with its reason and moves nothing."""
    desk.faults(forge=flaw)
    order_id = desk.order()
    opened = desk.open(order_id)
    before = desk.money()
    desk.press(opened.pay_url)
    (notice,) = desk.notices(1)
    assert (notice.outcome, notice.detail) == ("forged", detail)
    assert notice.body
    assert desk.money() == before
    assert desk.read(order_id).status == "open"


@pytest.mark.parametrize(("flaw", "detail"), FORGERIES.items())
def test_a_forged_notice_is_kept_and_moves_nothing(desk: Desk, flaw: str, detail: str) -> None:
    check_forgery(desk, flaw, detail)


def test_a_door_that_skips_the_signature_is_caught(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sabotage twin: whatever is said is believed."""
    monkeypatch.setattr(notices, "_verified", lambda *_: str(uuid4()))
    with pytest.raises(AssertionError):
        check_forgery(desk, "signature", "signature")


def test_a_changed_byte_or_address_breaks_the_signature(desk: Desk) -> None:
    opened = desk.open(desk.order())
    said = {
        "id": "N1", "kind": "payment.succeeded", "number": opened.payment_number,
        "amount_fen": 80_000, "status": "succeeded", "transaction_id": "T1", "at": None,
    }  # fmt: skip
    body, headers = desk.courier.signed(said)
    assert desk.post(body.replace(b"80000", b"90000"), headers).status_code == 401
    elsewhere = Message("notice", "POST", "/api/v1/other", body)
    signed = signing.headers(elsewhere, desk.theirs, merchant=MERCHANT, at=time.time())
    assert desk.post(body, signed).status_code == 401
    as_request = Message("request", "POST", NOTICES, body)
    signed = signing.headers(as_request, desk.theirs, merchant=MERCHANT, at=time.time())
    assert desk.post(body, signed).status_code == 401
    assert {n.outcome for n in desk.notices(3)} == {"forged"}


@pytest.mark.parametrize("more", [1, -1, 10**9])
def test_a_wrong_amount_is_kept_and_moves_nothing(desk: Desk, more: int) -> None:
    desk.faults(wrong_amount=more)
    order_id = desk.order()
    opened = desk.open(order_id)
    before = desk.money()
    desk.press(opened.pay_url)
    (notice,) = desk.notices(1)
    assert (notice.outcome, notice.amount_fen) == ("wrong_amount", 80_000 + more)
    assert desk.money() == before


def test_an_unknown_payment_and_a_notice_that_says_nothing_are_kept(desk: Desk) -> None:
    said = {
        "id": "N1", "kind": "payment.succeeded", "number": "ZF-2026-999999", "amount_fen": 1,
        "status": "succeeded", "transaction_id": "T1", "at": None,
    }  # fmt: skip
    assert desk.post(*desk.courier.signed(said)).status_code == 404
    assert desk.post(*desk.courier.signed({"id": "N2"})).status_code == 400
    assert desk.post(*desk.courier.signed({**said, "amount_fen": "1"})).status_code == 400
    refund = {**said, "kind": "refund.succeeded", "number": "TK-2026-000009"}
    assert desk.post(*desk.courier.signed(refund)).status_code == 404
    assert desk.post(b"\x00\xff", {}).status_code == 401
    assert desk.outcomes(5) == ["unknown", "malformed", "malformed", "unknown", "forged"]
    assert desk.post(b" " * (notices.LARGEST + 1), {}).status_code == 413


def test_notices_out_of_order_never_unmake_money(desk: Desk) -> None:
    desk.faults(reorder=True)
    order_id = desk.order()
    desk.press(desk.open(order_id).pay_url)
    assert desk.outcomes(2) == ["applied", "superseded"]
    assert desk.read(order_id).status == "paid"


def test_the_same_notice_many_times_at_once_counts_once(desk: Desk) -> None:
    desk.faults(duplicate=4)
    order_id = desk.order()
    desk.press(desk.open(order_id).pay_url)
    assert sorted(desk.outcomes(5)) == ["applied", *["duplicate"] * 4]
    assert desk.read(order_id).paid_fen == 80_000


def test_unbelievable_notices_are_kept_up_to_a_limit(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "MOST_A_MINUTE", 3)
    assert [desk.post(b"{}", {}).status_code for _ in range(5)] == [401] * 5
    assert len(desk.notices(3)) == 3


# ── Late money ───────────────────────────────────────────────────────────────────────────────


def test_late_money_starts_a_refund_which_sends_it_back(desk: Desk) -> None:
    order_id = desk.order()
    opened = desk.open(order_id)
    with desk.session() as session:
        orders.expire(session, order_id)
    desk.press(opened.pay_url)
    assert desk.outcomes(1) == ["late"]
    order = desk.read(order_id)
    assert (order.status, order.paid_fen, order.excess_fen) == ("expired", 80_000, 80_000)
    with desk.session() as session:
        case = session.scalars(select(Instance)).one()
        assert (case.process_key, case.business_key) == ("refund", opened.payment_number)
        assert case.unit_id == order.unit_id
        assert order.payer_id in case.participants
        assert session.scalar(select(Payment.refund_case_id)) == case.public_id
    result = refund_payment(RefundPayment(order_id, 80_000, "迟到"), desk.job("refund"))
    assert result.refunded_fen == 80_000
    assert until(lambda: [n.kind for n in desk.notices()][1:] == ["refund.succeeded"])
    assert desk.notices()[1].outcome == "duplicate"  # the answer had said so already
    assert desk.read(order_id).kept_fen == 0


def test_late_money_is_not_forgotten_while_no_refund_can_be_started(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = desk.order()
    opened = desk.open(order_id)
    with desk.session() as session:
        orders.expire(session, order_id)
    monkeypatch.setattr(notices.late, "PROCESS", "withdrawn")
    desk.press(opened.pay_url)
    assert desk.outcomes(1) == ["late"]
    monkeypatch.undo()
    with desk.session() as session:
        assert notices.late.start_refunds(session) == 1
        assert notices.late.start_refunds(session) == 0


def test_two_attempts_paid_at_once_leave_one_and_send_the_other_back(desk: Desk) -> None:
    order_id = desk.order()
    first, second = desk.open(order_id), desk.open(order_id)
    desk.press(first.pay_url)
    desk.press(second.pay_url)
    assert sorted(desk.outcomes(2)) == ["applied", "late"]
    order = desk.read(order_id)
    assert (order.status, order.paid_fen, order.excess_fen) == ("paid", 160_000, 80_000)


# ── The case that waits ──────────────────────────────────────────────────────────────────────

WAITING = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="https://dayi.zj/test">
  <bpmn:message id="m" name="payment.succeeded"><bpmn:extensionElements>
    <zeebe:subscription correlationKey="=payment_number"/></bpmn:extensionElements></bpmn:message>
  <bpmn:process id="waiting" name="等待付款" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:intermediateCatchEvent id="wait"><bpmn:incoming>f1</bpmn:incoming>
      <bpmn:outgoing>f2</bpmn:outgoing>
      <bpmn:messageEventDefinition id="md" messageRef="m"/></bpmn:intermediateCatchEvent>
    <bpmn:endEvent id="end" name="付清"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="wait"/>
    <bpmn:sequenceFlow id="f2" sourceRef="wait" targetRef="end"/>
  </bpmn:process>
</bpmn:definitions>"""


def test_the_case_that_waits_for_the_payment_goes_on_in_the_same_transaction(desk: Desk) -> None:
    opened = desk.open(order_id := desk.order())
    with desk.session() as session:
        definitions.publish(
            session, [Resource("bpmn", "waiting", "等待付款", WAITING)], actor=SYSTEM, note=""
        )
        case = instances.start(
            session, "waiting", actor=SYSTEM, data={"payment_number": opened.payment_number}
        )
        order = orders.lock(session, order_id)
        order.case_id = case.public_id
        assert case.status == "active"
    desk.press(opened.pay_url)
    assert desk.outcomes(1) == ["applied"]
    with desk.session() as session:
        found = instances.read(session, case.public_id)
        assert (found.status, found.outcome) == ("completed", "付清")
        assert session.scalar(select(func.count(OpenTask.id))) == 0


# ── The provider's interface ─────────────────────────────────────────────────────────────────


def demand(number: str = "ZF-2026-000500", amount_fen: int = 100) -> Demand:
    return Demand(number, amount_fen, "质谱仪", 600)


def test_the_same_number_again_means_the_same_thing(desk: Desk) -> None:
    first = desk.provider.create(demand())
    assert desk.provider.create(demand()) == first
    with pytest.raises(ProviderRefused) as refused:
        desk.provider.create(demand(amount_fen=101))
    assert refused.value.params["reason"] == "number_reused"


def test_a_request_that_is_not_signed_by_the_merchant_is_refused(desk: Desk) -> None:
    keys = desk.provider.keys
    stranger = replace(keys, ours=Ed25519PrivateKey.generate())
    with pytest.raises(ProviderRefused) as refused:
        HttpProvider(desk.provider.base, stranger).query("ZF-2026-000500")
    assert refused.value.params["reason"] == "bad_signature"
    wrong = replace(keys, merchant="somebody")
    with pytest.raises(BadSignature):
        HttpProvider(desk.provider.base, wrong).query("ZF-2026-000500")


def test_a_request_is_served_once(desk: Desk) -> None:
    message = Message("request", "GET", "/v1/payments/ZF-2026-000500", b"")
    headers = signing.headers(message, desk.provider.keys.ours, merchant=MERCHANT, at=time.time())
    url = desk.provider.base + message.path
    assert httpx.get(url, headers=headers).status_code == 409
    again = httpx.get(url, headers=headers)
    assert (again.status_code, again.json()["why"]) == (401, "replayed")
    old = signing.headers(message, desk.provider.keys.ours, merchant=MERCHANT, at=time.time() - 999)
    assert httpx.get(url, headers=old).json()["why"] == "stale"


def test_an_answer_of_somebody_else_or_to_another_request_is_not_believed(desk: Desk) -> None:
    impostor = Keys(MERCHANT, desk.provider.keys.ours, Ed25519PrivateKey.generate().public_key())
    with pytest.raises(BadSignature):
        HttpProvider(desk.provider.base, impostor).create(demand())
    message = Message("answer", "200", "/v1/payments/x", b"{}")
    other = signing.headers(message, desk.theirs, merchant=MERCHANT, at=time.time())
    answer = httpx.Response(200, content=b"{}", headers=other)
    with pytest.raises(BadSignature) as refused:
        desk.provider._verify("/v1/payments/x", answer, "another-nonce")
    assert refused.value.params["reason"] == "replayed"


def test_a_client_that_skips_the_signature_is_caught(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sabotage twin of the test before."""
    monkeypatch.setattr(HttpProvider, "_verify", lambda *_: None)
    impostor = Keys(MERCHANT, desk.provider.keys.ours, Ed25519PrivateKey.generate().public_key())
    believed = HttpProvider(desk.provider.base, impostor).create(demand())
    assert believed.status == "pending"  # where the check stands, this raises


def test_a_provider_that_is_away_is_waited_for(desk: Desk) -> None:
    away = HttpProvider("http://127.0.0.1:9", desk.provider.keys)
    with pytest.raises(ProviderUnavailable):
        away.query("ZF-2026-000500")
    desk.sessions.kw["info"]["payment_provider"] = away
    order_id = desk.order()
    with pytest.raises(RetryLater):
        desk.open(order_id)
    with desk.session() as session:
        assert session.scalars(select(Payment.status)).all() == ["created"]


def test_a_refund_never_exceeds_its_payment(desk: Desk) -> None:
    _, number = paid(desk)
    assert desk.provider.refund("TK-2026-000501", number, 50_000, "").status == "succeeded"
    assert desk.provider.refund("TK-2026-000501", number, 50_000, "").amount_fen == 50_000
    with pytest.raises(ProviderRefused) as refused:
        desk.provider.refund("TK-2026-000502", number, 30_001, "")
    assert refused.value.params["reason"] == "refund_too_large"


def test_a_refund_on_its_way_is_asked_for_again_and_a_refused_one_is_an_error(desk: Desk) -> None:
    order_id, _ = paid(desk)
    params = RefundPayment(order_id, 10_000, "多付")
    desk.faults(refund="pending")
    with pytest.raises(RetryLater):
        refund_payment(params, desk.job("a"))
    desk.faults()
    assert refund_payment(params, desk.job("a")).refunded_fen == 10_000
    desk.faults(refund="refused")
    with pytest.raises(BusinessError) as refused:
        refund_payment(params, desk.job("b"))
    assert refused.value.code == "refund_refused"
    assert desk.read(order_id).refunded_fen == 10_000


def test_the_statement_lists_the_days_money_and_is_signed(desk: Desk) -> None:
    _, number = paid(desk)
    desk.provider.refund("TK-2026-000601", number, 5_000, "")
    today = datetime.now(ZONE).date()
    found = desk.provider.statement(today)
    assert [(n.subject, n.amount_fen, n.status) for n in found.lines] == [
        ("payment", 80_000, "succeeded"), ("refund", 5_000, "succeeded"),
    ]  # fmt: skip
    assert len(found.sha256) == 64
    assert desk.provider.statement(today - timedelta(days=1)).lines == []


def test_a_statement_that_cannot_be_read_is_no_empty_day() -> None:
    assert http_provider.read_statement(b"subject,number\n") == []
    with pytest.raises(ProviderUnavailable):
        http_provider.read_statement(b"subject,number\nx,y\n")
    with pytest.raises(ProviderUnavailable):
        http_provider.read_statement(b"\xff\xfe")


def test_a_notice_waits_for_a_platform_that_is_away(desk: Desk) -> None:
    order_id = desk.order()
    opened = desk.open(order_id)
    place, desk.courier.url = desk.courier.url, "http://127.0.0.1:9" + NOTICES
    desk.press(opened.pay_url)
    assert until(lambda: desk.sandbox.all("select attempts from notice where attempts > 0"))
    desk.courier.url = place
    assert desk.outcomes(1) == ["applied"]


def test_nobody_is_let_in_where_no_provider_is_set_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.orders.callback.provider.seal", lambda: None)
    assert desk.post(b"{}", {}).status_code == 503


def test_the_scope_of_a_notice_shows_it_to_the_payees_finance(desk: Desk) -> None:
    paid(desk)
    with desk.sessions() as session:
        set_scope(session, desk.people["财务"])
        assert len(notices.listed(session)) == 1
        set_scope(session, desk.people["用户"])
        assert notices.listed(session) == []
