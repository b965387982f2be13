"""The provider over HTTP: signed requests out, verified answers in (docs/payments.md)."""

import csv
import hashlib
import io
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from marshmallow import Schema, ValidationError, fields, validate

from domain.payments import signing
from domain.payments.errors import BadSignature, ProviderRefused, ProviderUnavailable
from domain.payments.provider import (
    Demand,
    PaymentState,
    RefundState,
    Statement,
    StatementLine,
)
from domain.payments.signing import Message

#: Seconds to wait for a connection and for an answer.
PATIENCE = 10.0
_LARGEST_ANSWER = 32 * 1024 * 1024
_OK, _SERVER_FAULT, _TOO_MANY = 200, 500, 429


class _PaymentSchema(Schema):
    number = fields.String(required=True)
    status = fields.String(
        required=True, validate=validate.OneOf(("pending", "succeeded", "closed", "failed"))
    )
    amount_fen = fields.Integer(required=True, strict=True)
    pay_url = fields.Url(load_default="", require_tld=False)
    transaction_id = fields.String(load_default=None, allow_none=True)
    paid_at = fields.AwareDateTime(load_default=None, allow_none=True)


class _RefundSchema(Schema):
    number = fields.String(required=True)
    status = fields.String(
        required=True, validate=validate.OneOf(("pending", "succeeded", "refused"))
    )
    amount_fen = fields.Integer(required=True, strict=True)
    transaction_id = fields.String(load_default=None, allow_none=True)
    refunded_at = fields.AwareDateTime(load_default=None, allow_none=True)
    reason = fields.String(load_default="")


@dataclass(frozen=True)
class Keys:
    """Who we are to the provider, our signing key, and the provider's public key."""

    merchant: str
    ours: Ed25519PrivateKey
    theirs: Ed25519PublicKey


@dataclass
class HttpProvider:
    """Speaks to one provider at ``base``; ``clock`` gives real Unix time."""

    base: str
    keys: Keys
    clock: Callable[[], float] = time.time
    _client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self._client = httpx.Client(base_url=self.base, timeout=PATIENCE, follow_redirects=False)

    def create(self, demand: Demand) -> PaymentState:
        body = {
            "number": demand.number,
            "amount_fen": demand.amount_fen,
            "subject": demand.subject,
            "valid_seconds": demand.valid_seconds,
            "return_url": demand.return_url,
        }
        return self._payment(self._send("POST", "/v1/payments", body))

    def query(self, number: str) -> PaymentState:
        return self._payment(self._send("GET", f"/v1/payments/{number}"))

    def close(self, number: str) -> PaymentState:
        return self._payment(self._send("POST", f"/v1/payments/{number}/close", {}))

    def refund(self, number: str, payment: str, amount_fen: int, reason: str) -> RefundState:
        body = {"number": number, "payment": payment, "amount_fen": amount_fen, "reason": reason}
        loaded = _loaded(_RefundSchema(), self._send("POST", "/v1/refunds", body))
        return RefundState(**loaded)

    def statement(self, day: date) -> Statement:
        content = self._send("GET", f"/v1/statements/{day.isoformat()}")
        return Statement(day, read_statement(content), hashlib.sha256(content).hexdigest())

    def _payment(self, content: bytes) -> PaymentState:
        return PaymentState(**_loaded(_PaymentSchema(), content))

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> bytes:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        request = Message("request", method, path, content)
        keys = self.keys
        signed = signing.headers(request, keys.ours, merchant=keys.merchant, at=self.clock())
        headers = {"Content-Type": "application/json", **signed}
        try:
            answer = self._client.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise ProviderUnavailable(f"{method} {path}: {error}", reason="unreachable") from error
        if answer.status_code >= _SERVER_FAULT or answer.status_code == _TOO_MANY:
            raise ProviderUnavailable(f"{path}: {answer.status_code}", reason="busy")
        self._verify(path, answer, signed[signing.NONCE])
        if answer.status_code != _OK:
            raise ProviderRefused(path, reason=_refusal(answer.content))
        return answer.content

    def _verify(self, path: str, answer: httpx.Response, nonce: str) -> None:
        """Demand that the answer is the provider's and belongs to this very request."""
        if len(answer.content) > _LARGEST_ANSWER:
            raise ProviderUnavailable(path, reason="too_large")
        message = Message("answer", str(answer.status_code), path, answer.content)
        found = signing.verify(
            message,
            answer.headers,
            self.keys.theirs,
            merchant=self.keys.merchant,
            at=self.clock(),
        )
        if found != nonce:
            raise BadSignature("an answer to another request", reason="replayed")


def _loaded(schema: Schema, content: bytes) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.loads(content, unknown="exclude")
    except (ValidationError, ValueError) as error:
        raise ProviderUnavailable(f"not understood: {error}", reason="answer") from error
    return loaded


def _refusal(content: bytes) -> str:
    try:
        return str(json.loads(content)["code"])[:60]
    except (ValueError, KeyError, TypeError):
        return "unknown"


def read_statement(content: bytes) -> list[StatementLine]:
    """Read a statement: UTF-8 CSV with a header line. Raises ProviderUnavailable."""
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8"))))
        return [
            StatementLine(
                subject=row["subject"],
                number=row["number"],
                amount_fen=int(row["amount_fen"]),
                status=row["status"],
                transaction_id=row["transaction_id"],
                at=datetime.fromisoformat(row["at"]),
            )
            for row in rows
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise ProviderUnavailable(f"no statement: {error}", reason="statement") from error
