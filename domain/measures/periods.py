"""Stretches of calendar time that figures are about: years and pairs of months in Shanghai."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from domain.booking.opening import SHANGHAI, local_day

_HOUR = timedelta(hours=1)
#: Bulletins come six times a year: January and February make the first.
BIMONTHS = 6


@dataclass(frozen=True, order=True)
class Period:
    """A half-open stretch ``[start, end)`` of aware datetimes; it never ends before it begins."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a period ends before it begins: {self.start} to {self.end}")

    @property
    def length(self) -> timedelta:
        """Return the length of the period."""
        return self.end - self.start

    @property
    def last_day(self) -> date:
        """Return the last day in Shanghai that belongs to the period."""
        return local_day(self.end - timedelta(microseconds=1))

    def clip(self, start: datetime, end: datetime) -> "Period | None":
        """Return the part of ``[start, end)`` inside the period, None where there is none."""
        first, last = max(self.start, start), min(self.end, end)
        return Period(first, last) if first < last else None


def midnight(day: date) -> datetime:
    """Return the first moment of a day in Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)


def days(first: date, end: date) -> Period:
    """Return the period from the first moment of ``first`` to that of ``end`` (exclusive)."""
    return Period(midnight(first), midnight(end))


def year(number: int) -> Period:
    """Return a calendar year: 8,760 hours, in a leap year 8,784."""
    return days(date(number, 1, 1), date(number + 1, 1, 1))


def bimonth(year_number: int, number: int) -> Period:
    """Return a pair of months: 1 is January and February, 6 November and December."""
    if not 1 <= number <= BIMONTHS:
        raise ValueError(f"no pair of months {number}")
    first = date(year_number, 2 * number - 1, 1)
    after = date(year_number + (number == BIMONTHS), (2 * number) % 12 + 1, 1)
    return days(first, after)


def bimonth_of(day: date) -> Period:
    """Return the pair of months that a day lies in."""
    return bimonth(day.year, (day.month + 1) // 2)


def bimonth_before(day: date) -> Period:
    """Return the last whole pair of months before the one that a day lies in."""
    return bimonth_of(bimonth_of(day).start.date() - timedelta(days=1))


def hours(length: timedelta) -> Fraction:
    """Return a length of time in hours, exactly."""
    return Fraction(length // timedelta(microseconds=1), _HOUR // timedelta(microseconds=1))


def shares_of_years(window: Period) -> Fraction:
    """Return how many years the window is: each calendar year's part by its own length.

    A year that lasts 8,784 h counts as one year like any other.
    """
    first, last = window.start.astimezone(SHANGHAI).year, window.last_day.year
    total = Fraction(0)
    for number in range(first, last + 1):
        whole = year(number)
        inside = whole.clip(window.start, window.end)
        if inside is not None:
            total += hours(inside.length) / hours(whole.length)
    return total
