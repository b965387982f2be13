from datetime import date

import pytest
from sqlalchemy.orm import Session

from domain.working_days import CalendarDay, add_working_days, days, is_working_day


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 11, 23), "working"),
        (date(2026, 11, 22), "weekend"),
        (date(2026, 10, 1), "holiday"),
        (date(2026, 10, 10), "adjusted"),
    ],
)
def test_a_published_year_follows_the_notice(session: Session, day: date, kind: str) -> None:
    assert (days(session, day, 1)[0].kind, days(session, day, 1)[0].provisional) == (kind, False)


def test_a_year_without_notice_is_provisional_and_knows_fixed_holidays(session: Session) -> None:
    new_year, next_day = days(session, date(2031, 1, 1), 2)
    assert (new_year.kind, next_day.kind) == ("holiday", "working")
    assert new_year.provisional


def test_a_day_entered_by_an_official_overrides_the_rule(session: Session) -> None:
    session.add(CalendarDay(day=date(2031, 1, 2), working=False, name="元旦", provisional=False))
    session.flush()
    assert not is_working_day(session, date(2031, 1, 2))
    assert not days(session, date(2031, 1, 2), 1)[0].provisional


def test_thirty_working_days_skip_the_national_holiday_and_count_adjusted_days(
    session: Session,
) -> None:
    counted = add_working_days(session, date(2026, 9, 30), 2)
    naive = date(2026, 10, 2)
    assert counted == date(2026, 10, 9) != naive
    assert add_working_days(session, date(2026, 9, 30), 3) == date(2026, 10, 10)
    assert add_working_days(session, date(2026, 11, 23), 0) == date(2026, 11, 23)
    with pytest.raises(ValueError, match="forward"):
        add_working_days(session, date(2026, 11, 23), -1)
