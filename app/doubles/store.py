"""The payment sandbox's own books: payments, refunds, notices to send, nonces seen (SQLite)."""

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
Row = dict[str, Any]
_SCHEMA = """
create table if not exists payment (
    number text primary key, amount_fen integer not null, subject text not null,
    return_url text not null, token text not null unique, status text not null,
    transaction_id text, created_at text not null, expires_at text not null, paid_at text
);
create table if not exists refund (
    number text primary key, payment text not null references payment (number),
    amount_fen integer not null, status text not null, reason text not null,
    transaction_id text, refunded_at text
);
create table if not exists notice (
    id text primary key, body text not null, due_at real not null, attempts integer not null,
    state text not null, flaw text not null
);
create table if not exists nonce (nonce text primary key, at real not null);
create table if not exists fault (name text primary key, value text not null);
"""


class Conflict(Exception):
    """The request contradicts what is known; the text is the protocol's code."""


class Store:
    """One file of books; every method is one transaction. ``at`` arguments are aware times."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._lock = Lock()
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma busy_timeout = 5000")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("begin immediate")
            try:
                yield self._db
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    def one(self, query: str, *values: object) -> Row | None:
        """Return the first row of a query."""
        with self._lock:
            row = self._db.execute(query, values).fetchone()
        return dict(row) if row else None

    def all(self, query: str, *values: object) -> list[Row]:
        """Return all rows of a query."""
        with self._lock:
            return [dict(row) for row in self._db.execute(query, values).fetchall()]

    def seen(self, nonce: str, at: float, keep: float) -> bool:
        """Remember a nonce; tell whether it had been seen within ``keep`` seconds."""
        with self._transaction() as db:
            db.execute("delete from nonce where at < ?", (at - keep,))
            made = db.execute("insert or ignore into nonce values (?, ?)", (nonce, at))
            return made.rowcount == 0

    def create(self, wanted: Row, at: datetime) -> Row:
        """Take a demand; the same number again must ask for the same amount."""
        number, expires = wanted["number"], at + timedelta(seconds=wanted["valid_seconds"])
        with self._transaction() as db:
            db.execute(
                "insert or ignore into payment values (?,?,?,?,?,'pending',null,?,?,null)",
                (
                    number,
                    wanted["amount_fen"],
                    wanted["subject"],
                    wanted["return_url"],
                    secrets.token_urlsafe(24),
                    at.isoformat(),
                    expires.isoformat(),
                ),
            )
        payment = self.payment(number, at)
        if payment is None or payment["amount_fen"] != wanted["amount_fen"]:
            raise Conflict("number_reused")
        return payment

    def enter(self, payments: list[tuple[Any, ...]], refunds: list[tuple[Any, ...]]) -> None:
        """Enter movements of the past, in the order of the tables' columns; known ones stay."""
        with self._transaction() as db:
            db.executemany("insert or ignore into payment values (?,?,?,?,?,?,?,?,?,?)", payments)
            db.executemany("insert or ignore into refund values (?,?,?,?,?,?,?)", refunds)

    def payment(self, number: str, at: datetime) -> Row | None:
        """Return a payment as it is at a moment: what was not paid in time is closed."""
        return self._current("number", number, at)

    def by_token(self, token: str, at: datetime) -> Row | None:
        """Return the payment of a payer's page."""
        return self._current("token", token, at)

    def _current(self, column: str, value: str, at: datetime) -> Row | None:
        with self._transaction() as db:
            db.execute(
                f"update payment set status = 'closed' where {column} = ? "  # noqa: S608 - ours
                "and status = 'pending' and expires_at <= ?",
                (value, at.isoformat()),
            )
        return self.one(f"select * from payment where {column} = ?", value)  # noqa: S608 - ours

    def move(self, number: str, status: str, at: datetime) -> Row:
        """Pay, close or fail a pending payment; one in another state stays as it is."""
        self.payment(number, at)
        paid = status == "succeeded"
        with self._transaction() as db:
            db.execute(
                "update payment set status = ?, paid_at = ?, transaction_id = ? "
                "where number = ? and status = 'pending'",
                (
                    status,
                    at.isoformat() if paid else None,
                    f"SX{secrets.token_hex(12)}" if paid else None,
                    number,
                ),
            )
        found = self.payment(number, at)
        if found is None:
            raise Conflict("unknown_payment")
        return found

    def refund(self, wanted: Row, status: str, at: datetime) -> Row:
        """Send money back, never more than was paid; the same number again changes nothing."""
        with self._transaction() as db:
            known = db.execute("select * from refund where number = ?", (wanted["number"],))
            row = known.fetchone()
            if row is None or (row["status"] == "pending" and status == "succeeded"):
                self._check_refund(db, wanted)
                done = status == "succeeded"
                db.execute(
                    "insert or replace into refund values (?,?,?,?,?,?,?)",
                    (
                        wanted["number"],
                        wanted["payment"],
                        wanted["amount_fen"],
                        status,
                        wanted["reason"],
                        f"SR{secrets.token_hex(12)}" if done else None,
                        at.isoformat() if done else None,
                    ),
                )
        found = self.one("select * from refund where number = ?", wanted["number"])
        if found is None or found["amount_fen"] != wanted["amount_fen"]:
            raise Conflict("number_reused")
        return found

    def returned(self, payment: str) -> int:
        """Return how much of a payment has gone back (fen)."""
        found = self.one(
            "select coalesce(sum(amount_fen), 0) as fen from refund "
            "where payment = ? and status = 'succeeded'",
            payment,
        )
        return int(found["fen"]) if found else 0

    @staticmethod
    def _check_refund(db: sqlite3.Connection, wanted: Row) -> None:
        payment = db.execute(
            "select amount_fen from payment where number = ? and status = 'succeeded'",
            (wanted["payment"],),
        ).fetchone()
        if payment is None:
            raise Conflict("unknown_payment")
        returned = db.execute(
            "select coalesce(sum(amount_fen), 0) from refund "
            "where payment = ? and number <> ? and status <> 'refused'",
            (wanted["payment"], wanted["number"]),
        ).fetchone()[0]
        if returned + wanted["amount_fen"] > payment["amount_fen"]:
            raise Conflict("refund_too_large")

    def movements(self, day: date) -> list[Row]:
        """Return the money of a day of Shanghai's calendar, in and out, in the order of time."""
        rows = self.all(
            "select 'payment' as subject, number, amount_fen, status, transaction_id, "
            "paid_at as at from payment where paid_at is not null union all "
            "select 'refund', number, amount_fen, status, transaction_id, refunded_at "
            "from refund where refunded_at is not null order by at, number"
        )
        return [r for r in rows if datetime.fromisoformat(r["at"]).astimezone(ZONE).date() == day]

    def queue(self, body: Row, due_at: float, flaw: str = "") -> None:
        """Put a notice into the queue, perhaps with a flaw that a test has asked for."""
        with self._transaction() as db:
            db.execute(
                "insert into notice values (?, ?, ?, 0, 'waiting', ?)",
                (f"Q{secrets.token_hex(8)}", json.dumps(body, sort_keys=True), due_at, flaw),
            )

    def due(self, at: float) -> list[Row]:
        """Return the notices that should be sent by a moment (Unix time)."""
        return self.all(
            "select * from notice where state = 'waiting' and due_at <= ? order by due_at, rowid",
            at,
        )

    def sent(self, notice: str, state: str, due_at: float) -> None:
        """Note an attempt: ``done``, ``given_up``, or ``waiting`` for another at ``due_at``."""
        with self._transaction() as db:
            db.execute(
                "update notice set attempts = attempts + 1, state = ?, due_at = ? where id = ?",
                (state, due_at, notice),
            )

    def set_faults(self, faults: Row) -> None:
        """Replace the switches by which tests make the sandbox misbehave."""
        with self._transaction() as db:
            db.execute("delete from fault")
            db.executemany(
                "insert into fault values (?, ?)", [(k, json.dumps(v)) for k, v in faults.items()]
            )

    def fault(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """Return a switch's value; None where it is not set."""
        row = self.one("select value from fault where name = ?", name)
        return json.loads(row["value"]) if row else None


def now() -> datetime:
    """Return the sandbox's own time: the real one, whatever the platform's demo clock says."""
    return datetime.now(UTC)
