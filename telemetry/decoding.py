"""Payloads become samples, or a reason why not. Nothing that arrives can raise an error here.

A payload is one JSON object of at most 512 bytes::

    {"boot": 3, "seq": 1207, "ts": "2026-11-23T01:00:10.000Z", "i_rms": 4.812,
     "sent": "2026-11-23T01:00:10.120Z"}

``seq`` counts readings since ``boot`` (0 unless the device counts its starts), ``ts`` is the time
of measuring, ``i_rms`` amperes RMS, ``sent`` (optional) the device's clock when it sent the
message: a device that sends kept readings later says both.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any

import orjson

from telemetry.topics import sensor_of

LARGEST = 512
MOST_AMPS = 10_000.0
_MOST = 2**62
_REQUIRED = {"seq", "ts", "i_rms"}
_ALLOWED = _REQUIRED | {"boot", "sent"}
_LONGEST_DETAIL = 200


@dataclass(frozen=True, slots=True)
class Message:
    """What the broker delivered, and when."""

    topic: str
    payload: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading as its sensor tells it; times are aware, UTC."""

    code: str
    boot: int
    seq: int
    ts: datetime
    i_rms: float
    sent: datetime
    message: Message


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that cannot be a reading: a stable reason and a sentence of detail."""

    message: Message
    reason: str
    detail: str = ""


class _Bad(Exception):
    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail)
        self.reason = reason


def decode(message: Message) -> Sample | Rejected:
    """Read one message."""
    try:
        return _decode(message)
    except _Bad as bad:
        return Rejected(message, bad.reason, str(bad)[:_LONGEST_DETAIL])


def _decode(message: Message) -> Sample:
    code = sensor_of(message.topic)
    if code is None:
        raise _Bad("topic", "not a sensor's topic")
    if len(message.payload) > LARGEST:
        raise _Bad("too_large", f"{len(message.payload)} bytes, at most {LARGEST}")
    fields = _object(message.payload)
    ts = _time(fields, "ts")
    return Sample(
        code,
        _whole(fields.get("boot", 0), "boot"),
        _whole(fields["seq"], "seq"),
        ts,
        _amps(fields["i_rms"]),
        _time(fields, "sent") if "sent" in fields else ts,
        message,
    )


def _object(payload: bytes) -> dict[str, Any]:
    try:
        fields = orjson.loads(payload)
    except orjson.JSONDecodeError as refused:
        raise _Bad("json", str(refused)) from refused
    if not isinstance(fields, dict):
        raise _Bad("schema", "not an object")
    names = fields.keys()
    if not names >= _REQUIRED:
        raise _Bad("schema", f"missing {', '.join(sorted(_REQUIRED - names))}")
    if not names <= _ALLOWED:
        raise _Bad("schema", f"unknown {', '.join(sorted(names - _ALLOWED))}")
    return fields


def _whole(value: Any, name: str) -> int:  # noqa: ANN401 - whatever JSON holds
    if type(value) is not int or not 0 <= value < _MOST:
        raise _Bad("schema", f"{name} must be a whole number from 0")
    return int(value)


def _amps(value: Any) -> float:  # noqa: ANN401 - whatever JSON holds
    if type(value) not in (int, float) or not isfinite(value) or not 0 <= value <= MOST_AMPS:
        raise _Bad("schema", f"i_rms must be a number from 0 to {MOST_AMPS:.0f}")
    return float(value)


def _time(fields: dict[str, Any], name: str) -> datetime:
    value = fields[name]
    if not isinstance(value, str):
        raise _Bad("schema", f"{name} must be a time in ISO 8601")
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError) as refused:
        raise _Bad("schema", f"{name} must be a time in ISO 8601") from refused
    raise _Bad("schema", f"{name} needs an offset such as Z or +08:00")


def encode(boot: int, seq: int, ts: datetime, i_rms: float, sent: datetime | None = None) -> bytes:
    """Write a payload, as a device does."""
    fields: dict[str, Any] = {
        "boot": boot, "seq": seq, "ts": _text(ts), "i_rms": round(i_rms, 4),
    }  # fmt: skip
    if sent is not None:
        fields["sent"] = _text(sent)
    return orjson.dumps(fields)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
