"""Carries the sandbox's notices to the platform, again and again until they are understood."""

import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.doubles.store import Row, Store
from domain.payments import signing
from domain.payments.signing import Message

#: Seconds until the next attempt, by the attempts made; after the last one a notice is given up.
PAUSES = (0.5, 2.0, 10.0, 60.0, 600.0, 3600.0)
TICK = 0.05
_PATIENCE = 10.0
_UNDERSTOOD = range(200, 500)
_LONG_AGO = 3600


@dataclass
class Courier:
    """One thread; ``url`` is the platform's callback address."""

    store: Store
    key: Ed25519PrivateKey
    merchant: str
    url: str
    #: The signed messages of this life, for tests that want one sent again as it was.
    sent: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> "Courier":
        """Begin to carry."""
        self._thread = threading.Thread(target=self._run, daemon=True, name="courier")
        self._thread.start()
        return self

    def stop(self) -> None:
        """Carry nothing any more; what is in hand is carried to its end."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        with httpx.Client(timeout=_PATIENCE) as client:
            while not self._stop.wait(TICK):
                for notice in self.store.due(time.time()):
                    self._carry(client, notice)

    def _carry(self, client: httpx.Client, notice: Row) -> None:
        body, headers = self.signed(json.loads(notice["body"]), notice["flaw"])
        try:
            status = client.post(self.url, content=body, headers=headers).status_code
        except httpx.HTTPError:
            status = 0
        attempts = notice["attempts"]
        if status in _UNDERSTOOD:
            self.store.sent(notice["id"], "done", 0)
        elif attempts < len(PAUSES):
            self.store.sent(notice["id"], "waiting", time.time() + PAUSES[attempts])
        else:
            self.store.sent(notice["id"], "given_up", 0)

    def signed(self, content: dict[str, Any], flaw: str = "") -> tuple[bytes, dict[str, str]]:
        """Return a notice's body and headers, with the flaw that a test has asked for."""
        if flaw == "replay" and self.sent:
            return self.sent[-1]
        body = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
        message = Message("notice", "POST", urlsplit(self.url).path, body)
        headers = signing.headers(
            message,
            Ed25519PrivateKey.generate() if flaw == "signature" else self.key,
            merchant="somebody-else" if flaw == "merchant" else self.merchant,
            at=time.time() - (_LONG_AGO if flaw == "stale" else 0),
        )
        if flaw == "unsigned":
            headers.pop(signing.SIGNATURE)
        ready = (body, {"Content-Type": "application/json", **headers})
        if not flaw:
            self.sent.append(ready)
        return ready


def notice_of(row: Row, kind: str) -> Row:
    """Write what a notice says of a payment or refund (docs/payments.md)."""
    return {
        "id": f"N{secrets.token_hex(12)}",
        "kind": kind,
        "number": row["number"],
        "status": row["status"],
        "amount_fen": row["amount_fen"],
        "transaction_id": row.get("transaction_id"),
        "at": row.get("paid_at") or row.get("refunded_at"),
    }
