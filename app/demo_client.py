"""A signed-in person at the platform's HTTP API, as ``dayi demo`` and the fault tests need one.

Every command carries an idempotency key and is repeated with the same key when the connection
breaks or the server answers 502–504, so a server that dies in the middle repeats nothing.
"""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

#: Seconds for which a command is repeated before the demo gives up.
PATIENCE = 90.0
_TRY_AGAIN = {502, 503, 504}


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
