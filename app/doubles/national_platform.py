"""The national platform's double: a small server of its own with the known return codes.

It checks what the public interface is known to check, keeps what it accepts in a file of its own,
and answers 301 where a test has switched that on. Nothing leaves the machine.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from app import settings as setting_reader
from app.national_inside import WORDS
from domain.entries.fields import CONTACT, FIELDS
from domain.entries.national import DATABASE, OK, SINGLE_INSTRUMENT

_DATA, _UNIT, _TYPE, _FORMAT, _VALID = 101, 200, 201, 202, 203
_UNIT_CODE_LENGTH = 18
_LARGEST = 256 * 1024


@dataclass
class Books:
    """What the double has accepted, by unit and number; a repeated key changes nothing."""

    file: Path
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    faults: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self) -> "Books":
        """Read what an earlier run has kept."""
        if self.file.exists():
            for line in self.file.read_text("utf-8").splitlines():
                row = json.loads(line)
                self.rows[f"{row['insCode']}/{row['json']['innerId']}"] = row
        return self

    def take(self, body: Any, key: str) -> int:  # noqa: ANN401 - JSON
        """Return the code for a pushed record, and keep it where that is 100."""
        with self.lock:
            if key in self.answers:
                return self.answers[key]
            if self.faults > 0:
                self.faults -= 1
                return DATABASE
            code = judge(body)
            if code == OK:
                self.rows[f"{body['insCode']}/{body['json']['innerId']}"] = body
                with self.file.open("a", encoding="utf-8") as sink:
                    sink.write(json.dumps(body, ensure_ascii=False) + "\n")
                self.answers[key] = code
            return code


def judge(body: Any) -> int:  # noqa: ANN401 - JSON
    """Return the return code that a pushed body deserves (handbook 2.6)."""
    if not isinstance(body, Mapping) or not isinstance(body.get("json"), Mapping):
        return _FORMAT
    if body.get("instruType") != SINGLE_INSTRUMENT:
        return _TYPE
    unit = body.get("insCode")
    if not isinstance(unit, str) or len(unit) != _UNIT_CODE_LENGTH:
        return _UNIT
    record = body["json"]
    for rule in (*FIELDS.values(), *CONTACT.values()):
        value = record.get(rule.wire)
        if rule.required and value in (None, "", []):
            return _VALID
        if rule.most is not None and len(str(value or "")) > rule.most:
            return _VALID
    worth = record.get("worth")
    return OK if isinstance(worth, int | float) and worth >= 0 else _DATA


def make_app(books: Books) -> Flask:
    """Make the server around its books."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST

    @app.post("/instruInfo")
    def push() -> Response:
        code = books.take(request.get_json(silent=True), request.headers.get("Idempotency-Key", ""))
        return jsonify(code=code, message=WORDS[code])

    @app.post("/faults")
    def break_down() -> Response:
        books.faults = int((request.get_json(silent=True) or {}).get("times", 0))
        return jsonify(faults=books.faults)

    @app.get("/records")
    def records() -> Response:
        return jsonify(items=list(books.rows.values()))

    @app.get("/health")
    def health() -> Response:
        return jsonify(ok=True)

    return app


def application() -> Flask:
    """Make the server for gunicorn, with its books in the platform's folder."""
    home = setting_reader.read().home
    return make_app(Books(home / "national_platform.jsonl").read())
