"""The payment sandbox: a small server of its own that behaves as a payment institution would.

It keeps its own books, speaks the signed protocol of docs/payments.md, shows the payer a page with
付款 and 取消付款, and misbehaves where a test has switched a fault on. No money moves.
"""

import csv
import io
import json
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from flask import Flask, Response, abort, redirect, render_template, request
from marshmallow import Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response as AnyResponse

from app import keys
from app import settings as setting_reader
from app.doubles import store as books
from app.doubles.courier import Courier, notice_of
from app.doubles.store import Conflict, Row, Store
from app.payments import NOTICES
from domain.payments import signing
from domain.payments.amounts import yuan
from domain.payments.errors import BadSignature
from domain.payments.signing import Message

_NUMBER = validate.Regexp(r"[A-Z]{2}-\d{4}-\d{6,}\Z")
_LARGEST = 64 * 1024
_CSP = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'"
_COLUMNS = ("subject", "number", "amount_fen", "status", "transaction_id", "at")


class _DemandSchema(Schema):
    number = fields.String(required=True, validate=_NUMBER)
    amount_fen = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    subject = fields.String(required=True, validate=validate.Length(max=200))
    valid_seconds = fields.Integer(required=True, strict=True, validate=validate.Range(1, 10**8))
    return_url = fields.String(load_default="", validate=validate.Length(max=500))


class _RefundSchema(Schema):
    number = fields.String(required=True, validate=_NUMBER)
    payment = fields.String(required=True, validate=_NUMBER)
    amount_fen = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    reason = fields.String(load_default="", validate=validate.Length(max=200))


@dataclass(frozen=True)
class Institution:
    """What the sandbox needs to know: its key, the merchant and the merchant's key."""

    store: Store
    key: Ed25519PrivateKey
    merchant: str
    merchant_key: Ed25519PublicKey
    notify_url: str


def make_sandbox(institution: Institution) -> Flask:
    """Make the sandbox's server with its courier (``app.extensions["courier"]``, not started)."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST
    desk = _Desk(
        institution,
        Courier(institution.store, institution.key, institution.merchant, institution.notify_url),
    )
    app.extensions["courier"] = desk.courier
    app.before_request(desk.admit)
    app.after_request(desk.sign)
    app.register_error_handler(Conflict, _conflict)
    app.register_error_handler(ValidationError, _invalid)
    routes = (
        ("POST", "/v1/payments", desk.create),
        ("GET", "/v1/payments/<number>", desk.query),
        ("POST", "/v1/payments/<number>/close", desk.close),
        ("POST", "/v1/refunds", desk.refund),
        ("GET", "/v1/statements/<day>", desk.statement),
        ("PUT", "/v1/faults", desk.set_faults),
        ("GET", "/pay/<token>", desk.page),
        ("POST", "/pay/<token>", desk.decide),
        ("GET", "/sandbox.css", _stylesheet),
        ("GET", "/health", _health),
    )
    for method, path, view in routes:
        app.add_url_rule(path, f"{method} {path}", view, methods=[method])
    return app


class _Desk:
    """The views, each a few lines over the books."""

    def __init__(self, institution: Institution, courier: Courier) -> None:
        self.at, self.courier = institution, courier
        self.store = institution.store

    def admit(self) -> Response | None:
        """Let in only the merchant's own signed requests, each once; the payer's page is open."""
        if not request.path.startswith("/v1/"):
            return None
        message = Message("request", request.method, request.path, request.get_data())
        try:
            nonce = signing.verify(
                message,
                dict(request.headers),
                self.at.merchant_key,
                merchant=self.at.merchant,
                at=time.time(),
            )
        except BadSignature as refused:
            return _answer({"code": "bad_signature", "why": refused.params["reason"]}, 401)
        if self.store.seen(nonce, time.time(), 2 * signing.FRESH_FOR):
            return _answer({"code": "bad_signature", "why": "replayed"}, 401)
        return None

    def sign(self, response: Response) -> Response:
        """Sign every answer of the interface; the payer's page gets a strict policy instead."""
        if not request.path.startswith("/v1/"):
            response.headers["Content-Security-Policy"] = _CSP
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["Cache-Control"] = "no-store"
            return response
        message = Message("answer", str(response.status_code), request.path, response.get_data())
        signed = signing.headers(
            message,
            self.at.key,
            merchant=self.at.merchant,
            at=time.time(),
            nonce=request.headers.get(signing.NONCE, "")[:64],
        )
        response.headers.update(signed)
        return response

    def create(self) -> Response:
        wanted = _DemandSchema().load(_json())
        return _answer(_shown(self.store.create(wanted, books.now())))

    def query(self, number: str) -> Response:
        return _answer(_shown(self._payment(number)))

    def close(self, number: str) -> Response:
        before = self._payment(number)
        after = self.store.move(number, "closed", books.now())
        if before["status"] == "pending" and after["status"] == "closed":
            self._tell(after, "payment.closed")
        return _answer(_shown(after))

    def _payment(self, number: str) -> Row:
        found = self.store.payment(number, books.now())
        if found is None:
            raise Conflict("unknown_payment")
        return found

    def refund(self) -> Response:
        wanted = _RefundSchema().load(_json())
        fault = self.store.fault("refund")
        if fault == "refused":
            return _answer(
                {"number": wanted["number"], "amount_fen": wanted["amount_fen"],
                 "status": "refused", "reason": "account_closed"}
            )  # fmt: skip
        status = "pending" if fault == "pending" else "succeeded"
        found = self.store.refund(wanted, status, books.now())
        if found["status"] == "succeeded":
            self._tell(found, "refund.succeeded")
        keys = ("number", "amount_fen", "status", "transaction_id", "refunded_at")
        return _answer({key: found[key] for key in keys})

    def statement(self, day: str) -> Response:
        try:
            wanted = date.fromisoformat(day)
        except ValueError:
            raise Conflict("bad_day") from None
        rows = _spoiled(self.store.movements(wanted), self.store.fault("statement") or {})
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return Response(text.getvalue().encode(), content_type="text/csv; charset=utf-8")

    def set_faults(self) -> Response:
        self.store.set_faults(_json())
        return _answer({})

    def page(self, token: str) -> str:
        payment = self._of_page(token)
        returned = self.store.returned(payment["number"])
        return render_template(
            "pay.html",
            payment=payment,
            amount=yuan(payment["amount_fen"]),
            back=_back(payment),
            returned_fen=returned,
            returned=yuan(returned),
        )

    def decide(self, token: str) -> AnyResponse:
        """Pay or give up: the payer's own decision, once."""
        payment = self._of_page(token)
        paying = request.form.get("decision") == "pay"
        if payment["status"] == "pending":
            after = self.store.move(
                payment["number"], "succeeded" if paying else "failed", books.now()
            )
            self._tell(after, f"payment.{after['status']}")
        return redirect(f"/pay/{token}", 303)

    def _of_page(self, token: str) -> Row:
        found = self.store.by_token(token, books.now())
        if found is None:
            abort(404)
        return found

    def _tell(self, row: Row, kind: str) -> None:
        """Queue the notice, misbehaving as the switches say."""
        if self.store.fault("drop"):
            return
        body = notice_of(row, kind)
        body["amount_fen"] += self.store.fault("wrong_amount") or 0
        due = time.time() + (self.store.fault("delay_seconds") or 0)
        flaw = self.store.fault("forge")
        if self.store.fault("reorder"):
            early = {**notice_of(row, "payment.closed"), "status": "closed"}
            self.store.queue(body, due)
            self.store.queue(early, due)
            return
        self.store.queue(body, due, flaw or "")
        for _ in range(self.store.fault("duplicate") or 0):
            self.store.queue(body, due)


def _json() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _answer(body: Row, status: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status, content_type="application/json; charset=utf-8")


def _shown(payment: Row) -> Row:
    keys = ("number", "status", "amount_fen", "transaction_id", "paid_at")
    return {key: payment[key] for key in keys} | {"pay_url": _page_of(payment)}


def _page_of(payment: Row) -> str:
    return f"{request.host_url.rstrip('/')}/pay/{payment['token']}"


def _back(payment: Row) -> str:
    """Return the merchant's page to go back to; only a web address is ever linked."""
    url = str(payment["return_url"])
    return url if urlsplit(url).scheme in ("http", "https") else ""


def _spoiled(rows: list[Row], fault: Row) -> list[Row]:
    """Return a statement's rows, deviating as a test has asked: drop, add, change."""
    kept = [row for row in rows if row["number"] not in fault.get("drop", ())]
    changes, more = fault.get("change", {}), fault.get("add", [])
    return [*({**row, **changes.get(row["number"], {})} for row in kept), *more]


def _conflict(refused: Conflict) -> Response:
    return _answer({"code": str(refused)}, 409)


def _invalid(refused: ValidationError) -> Response:
    return _answer({"code": "invalid", "problems": refused.messages}, 422)


def _health() -> Response:
    return _answer({"ok": True})


_STYLE = (Path(__file__).parent / "templates" / "sandbox.css").read_text("utf-8")


def _stylesheet() -> Response:
    return Response(_STYLE, content_type="text/css; charset=utf-8")


def application() -> Flask:
    """Make the sandbox from the environment's settings; gunicorn calls this."""
    settings = setting_reader.read()
    institution = Institution(
        store=Store(settings.sandbox_books),
        key=keys.sandbox_key(settings.home),
        merchant=settings.payment_merchant,
        merchant_key=keys.merchant_key(settings.home).public_key(),
        notify_url=f"http://127.0.0.1:{settings.port}{NOTICES}",
    )
    app = make_sandbox(institution)
    app.extensions["courier"].start()
    return app
