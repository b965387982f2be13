"""How long something was in use, from records that may overlap, stick out or still be open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from domain.measures.periods import Period, hours

NOTHING = timedelta(0)


@dataclass(frozen=True, order=True)
class Source:
    """The record that a number comes from: its kind and its public id."""

    kind: str
    id: str


@dataclass(frozen=True)
class Stretch:
    """A half-open stretch ``[start, end)`` that a record tells of; no end: it still goes on."""

    start: datetime
    end: datetime | None
    source: Source


@dataclass(frozen=True)
class Amount:
    """A length of time with its evidence.

    ``raw`` adds the stretches up as they were recorded (clipped to the window), ``counted`` counts
    each moment once. ``provisional``: something in it had not ended when it was measured, and
    more of the window was still to come.
    """

    raw: timedelta
    counted: timedelta
    provisional: bool
    sources: tuple[Source, ...]

    @property
    def hours(self) -> Fraction:
        """Return the counted time in hours, exactly."""
        return hours(self.counted)


ZERO = Amount(NOTHING, NOTHING, provisional=False, sources=())


def measure(stretches: Iterable[Stretch], window: Period, at: datetime) -> Amount:
    """Measure what lies within a window as it is known at a moment.

    Stretches are half-open, clipped to the window and, where open-ended, to ``at``; overlaps count
    once. (Handbook 2.4, rules for code: 本平台默认.)
    """
    inside: list[Period] = []
    used: list[Source] = []
    provisional = False
    for stretch in stretches:
        part = window.clip(stretch.start, at if stretch.end is None else stretch.end)
        if part is None:
            continue
        inside.append(part)
        used.append(stretch.source)
        provisional = provisional or (stretch.end is None and at <= window.end)
    return Amount(
        raw=sum((part.length for part in inside), NOTHING),
        counted=sum((part.length for part in merged(inside)), NOTHING),
        provisional=provisional,
        sources=tuple(sorted(set(used))),
    )


def merged(parts: Iterable[Period]) -> list[Period]:
    """Return the same time in order, with touching and overlapping parts made one."""
    result: list[Period] = []
    for part in sorted(parts):
        if result and part.start <= result[-1].end:
            result[-1] = Period(result[-1].start, max(result[-1].end, part.end))
        else:
            result.append(part)
    return result
