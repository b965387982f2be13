from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.booking import Interval, Request, calendar, confirm, free_slots, free_times, hold, slots
from domain.booking.opening import SHANGHAI, joined, without
from domain.errors import BookingError
from engine.clock import FixedClock
from engine.db import set_scope

MONDAY = date(2026, 11, 23)
ALWAYS = {str(day): [["00:00", "24:00"]] for day in range(1, 8)}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def shown(intervals) -> list[str]:
    return [
        f"{i.start.astimezone(SHANGHAI):%m-%d %H:%M}–{i.end.astimezone(SHANGHAI):%H:%M}"
        for i in intervals
    ]


def _hold(world, start: str, end: str, person=None):
    who = person or world.user
    return hold(
        world.session,
        Request(world.instrument.public_id, who.public_id, moment(start), moment(end)),
    )


def _code(world, start: str, end: str) -> str:
    with pytest.raises(BookingError) as caught:
        slots.check(world.session, world.instrument, Interval(moment(start), moment(end)))
    return caught.value.code


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("11-24 09:00", "11-24 09:00", "empty_slot"),
        ("11-24 10:00", "11-24 09:00", "empty_slot"),
        ("11-23 08:30", "11-23 09:30", "in_the_past"),
        ("12-24 09:00", "12-24 10:00", "beyond_horizon"),
        ("11-24 09:00", "11-24 09:30", "slot_too_short"),
        ("11-24 08:30", "11-24 17:30", "slot_too_long"),
        ("11-24 09:15", "11-24 10:15", "off_step"),
        ("11-24 09:00", "11-24 10:15", "off_step"),
        ("11-24 08:00", "11-24 09:00", "outside_opening_hours"),
        ("11-24 11:30", "11-24 14:00", "outside_opening_hours"),
        ("11-28 09:00", "11-28 10:00", "outside_opening_hours"),
    ],
)
def test_a_time_against_the_rules_is_refused_with_its_own_code(world, start, end, code) -> None:
    assert _code(world, start, end) == code


def test_a_time_within_the_rules_is_allowed_to_the_last_minute(world) -> None:
    for start, end in (("11-24 08:30", "11-24 12:00"), ("11-24 13:30", "11-24 17:30")):
        slots.check(world.session, world.instrument, Interval(moment(start), moment(end)))
    last = Interval(moment("12-23 09:00"), moment("12-23 10:00"))
    slots.check(world.session, world.instrument, last)


def test_too_little_notice_is_refused(world) -> None:
    world.change(notice_minutes=24 * 60)
    assert _code(world, "11-24 08:30", "11-24 09:30") == "too_soon"
    slots.check(
        world.session, world.instrument, Interval(moment("11-24 09:00"), moment("11-24 10:00"))
    )


def test_public_holidays_are_closed_and_worked_weekend_days_have_mondays_hours(
    world, clock: FixedClock
) -> None:
    clock.at = datetime(2026, 9, 28, tzinfo=UTC)
    assert _code(world, "10-01 09:00", "10-01 10:00") == "outside_opening_hours"
    saturday_worked = Interval(moment("10-10 09:00"), moment("10-10 10:00"))
    slots.check(world.session, world.instrument, saturday_worked)
    world.change(open_on_holidays=True)
    slots.check(
        world.session, world.instrument, Interval(moment("10-01 09:00"), moment("10-01 10:00"))
    )


def test_an_instrument_open_day_and_night_can_be_booked_across_midnight(world) -> None:
    world.change(opening=ALWAYS)
    slots.check(
        world.session, world.instrument, Interval(moment("11-24 23:00"), moment("11-25 02:00"))
    )


def test_free_slots_begin_after_now_and_leave_out_taken_times(world, clock: FixedClock) -> None:
    clock.move(timedelta(minutes=10))
    _hold(world, "11-23 10:30", "11-23 11:30")
    found = free_slots(world.session, world.instrument, MONDAY, 1)
    assert shown(found) == ["11-23 09:30–10:30", "11-23 13:30–17:30"]
    assert shown(free_times(world.session, world.instrument, MONDAY, 1)) == [
        "11-23 09:10–10:30",
        "11-23 11:30–12:00",
        "11-23 13:30–17:30",
    ]


def test_no_slots_before_today_beyond_the_horizon_or_of_an_instrument_in_repair(world) -> None:
    session = world.session
    assert free_slots(session, world.instrument, MONDAY - timedelta(days=9), 9) == []
    assert free_slots(session, world.instrument, MONDAY + timedelta(days=31), 9) == []
    assert free_slots(session, world.instrument, MONDAY, 1) != []
    world.change(run_status="repair")
    assert free_slots(session, world.instrument, MONDAY, 1) == []


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rules=st.tuples(st.sampled_from([15, 30, 60]), st.integers(10, 130), st.integers(0, 500)),
    past=st.integers(0, 700),
    always=st.booleans(),
)
def test_every_free_slot_can_be_booked_as_it_stands(
    world, clock: FixedClock, rules: tuple[int, int, int], past: int, always: bool
) -> None:
    step, least, extra = rules
    opening = ALWAYS if always else world.instrument.opening
    world.change(step_minutes=step, min_minutes=least, max_minutes=least + extra, opening=opening)
    clock.at = datetime(2026, 11, 23, 1, tzinfo=UTC) + timedelta(minutes=past)
    found = free_slots(world.session, world.instrument, MONDAY, 3)
    for slot in found:
        slots.check(world.session, world.instrument, slot)
    assert all(one.end <= two.start for one, two in pairwise(found))


def test_the_calendar_shows_taken_times_to_everybody_but_whose_they_are_to_nobody(world) -> None:
    booking = _hold(world, "11-24 09:00", "11-24 10:00")
    confirm(world.session, booking.public_id)
    start, end = moment("11-24 00:00"), moment("11-25 00:00")
    set_scope(world.session, world.actor(world.outsider))
    theirs = calendar(world.session, world.instrument, start, end)
    assert shown(theirs.open) == ["11-24 08:30–12:00", "11-24 13:30–17:30"]
    assert [(b.status, b.mine, b.booking_id) for b in theirs.busy] == [("confirmed", False, None)]
    set_scope(world.session, world.actor(world.user))
    mine = calendar(world.session, world.instrument, start, end).busy
    assert [(b.mine, b.booking_id) for b in mine] == [(True, booking.public_id)]


_minutes = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60)), max_size=6)


@given(_minutes, _minutes)
def test_cutting_intervals_agrees_with_counting_minutes(whole, cut) -> None:
    zero = datetime(2026, 1, 1, tzinfo=UTC)

    def intervals(pairs):
        return [
            Interval(zero + timedelta(minutes=a), zero + timedelta(minutes=a + b)) for a, b in pairs
        ]

    def minutes(these):
        return {
            m for i in these for m in range(360) if i.start <= zero + timedelta(minutes=m) < i.end
        }

    left = without(intervals(whole), intervals(cut))
    assert minutes(left) == minutes(intervals(whole)) - minutes(intervals(cut))
    assert joined(left) == left
