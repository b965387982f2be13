"""What does not fit: long silence, odd hours, use without booking and booking without use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from telemetry.intervals import Interval
from telemetry.ports import Use
from telemetry.states import OFFLINE, RULES, RUNNING, STANDBY, Rules

#: Kinds, in the order in which they are counted.
KINDS = (
    "long_offline", "odd_hours", "running_without_booking", "booking_without_running",
    "long_standby",
)  # fmt: skip
#: Shorter runs outside open or booked time are warming up and cooling down.
_LEAST_SECONDS = 30 * 60

Span = tuple[float, float]


@dataclass(frozen=True)
class Anomaly:
    """Something to be explained, during ``[start, end)`` (seconds since 1970)."""

    kind: str
    start: float
    end: float


def find(
    told: Sequence[Interval],
    uses: Sequence[Use],
    open_times: Sequence[tuple[datetime, datetime]],
    rules: Rules = RULES,
) -> list[Anomaly]:
    """Return the anomalies of a stretch of states, by kind and time.

    Offline time proves nothing: a booking during which the instrument was offline for any part
    is not counted as unused.
    """
    running = [(float(i.start), float(i.end)) for i in told if i.state == RUNNING]
    opened = [(a.timestamp(), b.timestamp()) for a, b in open_times]
    booked = [(use.start.timestamp(), use.end.timestamp()) for use in uses]
    found = [
        *_longer(told, OFFLINE, rules.long_offline_hours, "long_offline"),
        *(Anomaly("odd_hours", a, b) for a, b in _beyond(running, opened)),
        *(Anomaly("running_without_booking", a, b) for a, b in _beyond(running, booked)),
        *_unused(told, booked),
        *_longer(told, STANDBY, rules.long_standby_hours, "long_standby"),
    ]
    return sorted(found, key=lambda each: (KINDS.index(each.kind), each.start))


def _longer(told: Iterable[Interval], state: str, hours: float, kind: str) -> Iterable[Anomaly]:
    for each in told:
        if each.state == state and each.hours > hours:
            yield Anomaly(kind, each.start, each.end)


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """Return what is left of spans when others are taken out."""
    left = list(spans)
    for begin, finish in taken:
        left = [
            piece
            for a, b in left
            for piece in ((a, min(b, begin)), (max(a, finish), b))
            if piece[0] < piece[1]
        ]
    return left


def _beyond(running: Iterable[Span], allowed: Iterable[Span]) -> list[Span]:
    return [(a, b) for a, b in without(running, allowed) if b - a >= _LEAST_SECONDS]


def _unused(told: Sequence[Interval], booked: Iterable[Span]) -> Iterable[Anomaly]:
    """Find booked times, wholly told, in which the instrument was known and never ran."""
    for begin, finish in booked:
        inside = [i for i in told if i.start < finish and i.end > begin]
        covered = sum(min(i.end, finish) - max(i.start, begin) for i in inside)
        states = {i.state for i in inside}
        if covered >= finish - begin and not states & {RUNNING, OFFLINE}:
            yield Anomaly("booking_without_running", begin, finish)


def counts(found: Iterable[Anomaly]) -> dict[str, int]:
    """Return how many anomalies there are of each kind; all kinds are named."""
    total = dict.fromkeys(KINDS, 0)
    for each in found:
        total[each.kind] += 1
    return total
