"""Readings: stored once however often they come, read as arrays, missed by their numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from telemetry.decoding import Message, Rejected, Sample, decode
from telemetry.states import RULES, Rules
from telemetry.topics import LONGEST, sensor_of
from telemetry.windows import Readings, ordered

_KEPT_BYTES = 4096
_STAGE = (
    "create temporary table if not exists staged_reading (sensor_id bigint, ts timestamptz,"
    " boot bigint, seq bigint, i_rms real, received_at timestamptz) on commit delete rows"
)
_COPY = "copy staged_reading (sensor_id, ts, boot, seq, i_rms, received_at) from stdin"
#: One order of rows for all writers, so that two of them never wait for each other in a circle.
_KEEP = (
    "with kept as (insert into reading (sensor_id, ts, boot, seq, i_rms, received_at)"
    " select * from staged_reading order by sensor_id, ts, seq on conflict do nothing"
    " returning sensor_id, ts, boot, seq, i_rms, received_at),"
    " latest as (select distinct on (sensor_id) * from kept order by sensor_id, ts desc),"
    " oldest as (select sensor_id, min(ts) as ts from kept group by sensor_id),"
    " beat as (insert into sensor_pulse as p"
    "  (sensor_id, boot, seq, ts, i_rms, received_at, fresh_from)"
    "  select l.sensor_id, l.boot, l.seq, l.ts, l.i_rms, l.received_at, o.ts"
    "  from latest l join oldest o using (sensor_id) order by sensor_id"
    "  on conflict (sensor_id) do update set"
    "  boot = case when excluded.ts > p.ts then excluded.boot else p.boot end,"
    "  seq = case when excluded.ts > p.ts then excluded.seq else p.seq end,"
    "  i_rms = case when excluded.ts > p.ts then excluded.i_rms else p.i_rms end,"
    "  ts = greatest(p.ts, excluded.ts),"
    "  received_at = greatest(p.received_at, excluded.received_at),"
    "  fresh_from = least(p.fresh_from, excluded.fresh_from))"
    " select count(*) from kept"
)


class Row(NamedTuple):
    """One reading ready to be stored."""

    sensor_id: int
    ts: datetime
    boot: int
    seq: int
    i_rms: float
    received_at: datetime


@dataclass(frozen=True)
class Stored:
    """What became of a batch: new readings, ones known before, messages put in quarantine."""

    kept: int
    repeated: int
    quarantined: int


def store(
    session: Session,
    messages: Sequence[Message],
    *,
    rules: Rules = RULES,
    backlog_since: datetime | None = None,
) -> Stored:
    """Store a batch of messages in this transaction; needs system scope.

    ``backlog_since`` is when the subscriber last heard anything before it came back: what the
    broker has kept since then may be that old. A message whose sender's clock is off by more than
    ``rules.skew_minutes`` is quarantined, as is everything that is no reading.
    """
    told = [decode(message) for message in messages]
    samples = [each for each in told if isinstance(each, Sample)]
    bad = [each for each in told if isinstance(each, Rejected)]
    known = _sensor_ids(session, {sample.code for sample in samples})
    rows = []
    for sample in samples:
        problem = _problem(sample, known, rules, backlog_since)
        if problem is None:
            rows.append(_row(known[sample.code], sample))
        else:
            bad.append(Rejected(sample.message, *problem))
    kept = keep(session, rows)
    quarantine(session, bad)
    return Stored(kept, len(rows) - kept, len(bad))


def _problem(
    sample: Sample, known: dict[str, int], rules: Rules, backlog_since: datetime | None
) -> tuple[str, str] | None:
    if sample.code not in known:
        return "unknown_sensor", sample.code
    limit = timedelta(minutes=rules.skew_minutes)
    received = sample.message.received_at
    earliest = min(received, backlog_since or received) - limit
    if not earliest <= sample.sent <= received + limit:
        off = (sample.sent - received).total_seconds()
        return "clock_skew", f"{off:+.0f} s, at most {rules.skew_minutes:g} min"
    if sample.ts > sample.sent + limit:
        return "clock_skew", "measured after it was sent"
    return None


def _row(sensor_id: int, sample: Sample) -> Row:
    received = sample.message.received_at
    return Row(sensor_id, sample.ts, sample.boot, sample.seq, sample.i_rms, received)


def _sensor_ids(session: Session, codes: set[str]) -> dict[str, int]:
    if not codes:
        return {}
    found = session.execute(
        text("select code, id from sensor where active and code = any (:codes)"),
        {"codes": list(codes)},
    )
    return {row.code: row.id for row in found}


def keep(session: Session, rows: Iterable[Row]) -> int:
    """Store readings that are not stored yet and return how many those were; system scope."""
    with _driver(session).cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(sql.SQL(_COPY)) as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(_KEEP)
        found = cursor.fetchone()
        cursor.execute("truncate staged_reading")
    return int(found[0]) if found else 0


def quarantine(session: Session, rejected: Iterable[Rejected]) -> None:
    """Keep what was refused, a repeated payload as a count; needs system scope."""
    insert = text(
        "insert into reading_quarantine as q (sensor_id, topic, reason, detail, payload, size,"
        " digest, times, first_at, last_at)"
        " values ((select id from sensor where code = :code), :topic, :reason, :detail, :payload,"
        " :size, :digest, 1, :at, :at)"
        " on conflict (topic, reason, digest) do update"
        " set times = q.times + 1, last_at = excluded.last_at"
    )
    for each in rejected:
        message = each.message
        session.execute(
            insert,
            {
                "code": sensor_of(message.topic),
                "topic": message.topic.replace("\0", "")[:LONGEST],
                "reason": each.reason,
                "detail": each.detail.replace("\0", ""),
                "payload": message.payload[:_KEPT_BYTES],
                "size": len(message.payload),
                "digest": sha256(message.payload).hexdigest(),
                "at": message.received_at,
            },
        )


def read(session: Session, sensor_id: int, start: datetime, end: datetime) -> Readings:
    """Return a sensor's readings of ``[start, end)`` as arrays; row security applies."""
    # Straight through the driver: a day of readings is thousands of rows that need no Row.
    driver = _driver(session)
    found = driver.execute(
        "select extract(epoch from ts)::float8, i_rms from reading"
        " where sensor_id = %s and ts >= %s and ts < %s order by ts",
        (sensor_id, start, end),
        binary=True,
    ).fetchall()
    both = np.array(found, dtype=np.float64).reshape(-1, 2)
    return Readings(both[:, 0].copy(), both[:, 1].copy())


def _driver(session: Session) -> "psycopg.Connection[tuple[Any, ...]]":
    """Return the driver's own connection of this transaction, after what the session has to say."""
    session.flush()
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - the house's one driver
    return driver


def together(pieces: Sequence[Readings]) -> Readings:
    """Return the readings of several sensors, one after the other, as one."""
    if not pieces:
        return Readings(np.empty(0), np.empty(0))
    return ordered(
        np.concatenate([piece.ts for piece in pieces]),
        np.concatenate([piece.amps for piece in pieces]),
    )


@dataclass(frozen=True)
class Gap:
    """Numbers that a sensor counted and that never came, between two readings that did."""

    boot: int
    after: datetime
    before: datetime
    missing: int


def gaps(session: Session, sensor_id: int, start: datetime, end: datetime) -> list[Gap]:
    """Return what is missing of a sensor's count among its readings of ``[start, end)``."""
    found = session.execute(
        text(
            "select boot, earlier, ts, seq - last - 1 from (select boot, ts, seq,"
            " lag(seq) over counted as last, lag(ts) over counted as earlier from reading"
            " where sensor_id = :sensor and ts >= :start and ts < :end"
            " window counted as (partition by boot order by seq)) as numbered"
            " where seq > last + 1 order by ts"
        ),
        {"sensor": sensor_id, "start": start, "end": end},
    )
    return [Gap(*row) for row in found]


def forget(session: Session, before: datetime) -> int:
    """Delete raw readings older than a moment (retention); return how many; system scope."""
    gone = text(
        "with gone as (delete from reading where ts < :before returning 1)"
        " select count(*) from gone"
    )
    return session.scalar(gone, {"before": before}) or 0


def moment(seconds: float) -> datetime:
    """Return seconds since 1970 as an aware time in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
