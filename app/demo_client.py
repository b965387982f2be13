"""A signed-in person at the platform's HTTP API, as ``dayi demo`` and the fault tests need one.

Every command carries an idempotency key and is repeated with the same key when the connection
breaks or the server answers 502–504, so a server that dies in the middle repeats nothing.
"""

import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

#: Seconds for which a command is repeated before the demo gives up.
PATIENCE = 90.0
_TRY_AGAIN = {502, 503, 504}


_SHEET = re.compile(
    r'data-status="(?P<status>\w+)" '
    r'data-amount-fen="(?P<amount>\d+)" data-returned-fen="(?P<back>\d+)"'
)


class Refused(Exception):
    """The platform answered a request with an error; ``body`` is its JSON."""

    def __init__(self, method: str, path: str, answer: httpx.Response) -> None:
        super().__init__(f"{method} {path}: {answer.status_code} {answer.text[:400]}")
        self.status = answer.status_code


@dataclass
class Person:
    """One person's browser, so to say."""

    base: str
    login: str
    password: str
    name: str = ""
    repeats: int = 0
    _csrf: str = ""
    _client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self._client = httpx.Client(base_url=self.base, timeout=30)

    def sign_in(self) -> "Person":
        """Sign in and remember the CSRF token."""
        answer = self.post("/api/v1/sign-in", {"login": self.login, "password": self.password})
        self._csrf = answer["csrf_token"]
        self.name = self.get("/api/v1/me")["name"]
        return self

    def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401 - JSON
        """Read a resource."""
        return self._send("GET", path, {}, params=query)

    def post(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Carry out a command once, however often it has to be sent."""
        headers = {"X-CSRF-Token": self._csrf, "Idempotency-Key": str(uuid.uuid4())}
        return self._send("POST", path, headers, json=body)

    def _send(self, method: str, path: str, headers: dict[str, str], **options: Any) -> Any:  # noqa: ANN401
        until = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self._client.request(method, path, headers=headers, **options)
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
            else:
                if answer.status_code not in _TRY_AGAIN:
                    break
            self.repeats += 1
            time.sleep(0.1)
        if answer.is_error:
            raise Refused(method, path, answer)
        return answer.json()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


@dataclass(frozen=True)
class ProviderFacts:
    """What the provider's page says of a payment (fen)."""

    status: str
    amount_fen: int
    returned_fen: int


class Payer:
    """Somebody at the payment provider's page; a broken connection is tried again."""

    def pay(self, url: str) -> None:
        """Press 付款, once or again: a payment is made once."""
        self._send("POST", url, data={"decision": "pay"})

    def read(self, url: str) -> ProviderFacts:
        """Read what the page says. Raises LookupError for a page that says nothing."""
        found = _SHEET.search(self._send("GET", url).text)
        if found is None:
            raise LookupError(f"{url} shows no payment")
        return ProviderFacts(found["status"], int(found["amount"]), int(found["back"]))

    def _send(self, method: str, url: str, **options: Any) -> httpx.Response:  # noqa: ANN401
        until = time.monotonic() + PATIENCE
        while True:
            try:
                answer = httpx.request(method, url, timeout=30, **options)
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
            else:
                if answer.status_code not in _TRY_AGAIN:
                    return answer
            time.sleep(0.1)
