"""The working-day calendar of mainland China: weekends, public holidays and adjusted days (调休).

The years that the ``chinese_calendar`` library knows follow the State Council's notices; later
years follow ``CalendarDay`` rows where an official has entered them, and otherwise a provisional
rule: weekends and the holidays whose solar date is fixed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import chinese_calendar
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.db import Base

_SATURDAY = 6
#: Month and day of the holidays with a fixed solar date (全国年节及纪念日放假办法, 2024).
_FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
#: A day holds at most this many consecutive days off before a rule must be wrong.
_LONGEST_SEARCH = 3660

Kind = Literal["working", "weekend", "holiday", "adjusted"]


class CalendarDay(Base):
    """A day that an official has entered; it overrides everything else."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(60), default="")
    provisional: Mapped[bool] = mapped_column(default=True)


@dataclass(frozen=True)
class Day:
    """What kind of day it is; ``adjusted`` is a weekend day on which people work."""

    day: date
    kind: Kind
    provisional: bool = False

    @property
    def working(self) -> bool:
        """Tell whether offices work on this day."""
        return self.kind in ("working", "adjusted")


def days(session: Session, first: date, count: int) -> list[Day]:
    """Return ``count`` days beginning with ``first``, each with its kind."""
    last = first + timedelta(days=count - 1)
    entered = {
        row.day: row
        for row in session.scalars(select(CalendarDay).where(CalendarDay.day.between(first, last)))
    }
    return [_day(first + timedelta(days=n), entered) for n in range(count)]


def _day(day: date, entered: Mapping[date, CalendarDay]) -> Day:
    row = entered.get(day)
    if row is not None:
        return Day(day, _kind(day, working=row.working), row.provisional)
    try:
        return Day(day, _kind(day, working=chinese_calendar.is_workday(day)))
    except NotImplementedError:
        off = _is_weekend(day) or (day.month, day.day) in _FIXED
        return Day(day, _kind(day, working=not off), provisional=True)


def _is_weekend(day: date) -> bool:
    return day.isoweekday() >= _SATURDAY


def _kind(day: date, *, working: bool) -> Kind:
    if _is_weekend(day):
        return "adjusted" if working else "weekend"
    return "working" if working else "holiday"


def is_working_day(session: Session, day: date) -> bool:
    """Tell whether offices work on a day."""
    return days(session, day, 1)[0].working


def add_working_days(session: Session, start: date, count: int) -> date:
    """Return the ``count``-th working day after ``start`` (the start itself never counts)."""
    if count < 0:
        raise ValueError("working days are counted forward")
    if count == 0:
        return start
    left = count
    for day in days(session, start + timedelta(days=1), min(_LONGEST_SEARCH, count * 3 + 30)):
        left -= day.working
        if left == 0:
            return day.day
    raise ValueError(f"no {count} working days within reach of {start}")
