"""Hours and rates: half-open, merged, clipped, provisional; never more than the window has."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import measures
from domain.errors import UseRefused
from domain.instruments.models import Instrument
from domain.measures import Basis, Period, StateInterval, Stretch, bimonth, half_up, rate, year
from domain.measures.figures import Figures, figure, together
from domain.measures.periods import hours, midnight, shares_of_years
from domain.measures.reconciliation import Tolerance, compare
from domain.measures.sensors import NoSensors, times
from domain.measures.stretches import Amount, Source, measure
from domain.measures.uses import Use
from engine.actors import SYSTEM, Grant
from engine.errors import NotAllowed

START = datetime(2025, 1, 1, tzinfo=UTC)
WINDOW = Period(START, START + timedelta(hours=100))
LATER = WINDOW.end + timedelta(days=1)
MOE = Basis("MOE_1400_800", 1400, 800, frozenset({"04"}))


def stretch(first: float, last: float | None, name: str = "a") -> Stretch:
    end = None if last is None else START + timedelta(hours=last)
    return Stretch(START + timedelta(hours=first), end, Source("booking", name))


def an_instrument(**values) -> Instrument:
    fields = {"id": 1, "begin_date": date(2020, 1, 1), "class_code": "010103", "worth_fen": 1}
    return Instrument(**{**fields, "share_mode": "external", "lifecycle": "online", **values})


def a_use(first: float, last: float | None, *, external: bool = False, name: str = "a") -> Use:
    return Use(1, stretch(first, last, name), external, "unit:x", enterprise=False)


# --- stretches


def test_overlaps_count_once_and_the_raw_value_counts_them_twice() -> None:
    found = measure([stretch(0, 10, "a"), stretch(8, 12, "b"), stretch(12, 13, "c")], WINDOW, LATER)
    assert found.counted == timedelta(hours=13)
    assert found.raw == timedelta(hours=15)
    assert [source.id for source in found.sources] == ["a", "b", "c"]


def test_what_lies_outside_the_window_is_clipped_and_leaves_no_evidence() -> None:
    found = measure(
        [stretch(-5, 2, "a"), stretch(99, 140, "b"), stretch(100, 101, "c")], WINDOW, LATER
    )
    assert found.counted == timedelta(hours=3)
    assert [source.id for source in found.sources] == ["a", "b"]


def test_an_open_end_counts_until_now_and_is_provisional() -> None:
    at = START + timedelta(hours=7)
    running = Period(START, at)
    assert measure([stretch(5, None)], running, at) == Amount(
        timedelta(hours=2), timedelta(hours=2), True, (Source("booking", "a"),)
    )
    over = measure([stretch(95, None)], WINDOW, LATER)
    assert (over.counted, over.provisional) == (timedelta(hours=5), False)


STRETCHES = st.lists(
    st.tuples(st.integers(-40, 140), st.integers(1, 90), st.booleans(), st.booleans()), max_size=12
)


def figures_of(rows: Sequence[tuple[int, int, bool, bool]]) -> Figures:
    used = [
        a_use(first, None if is_open else first + length, external=external, name=str(number))
        for number, (first, length, external, is_open) in enumerate(rows)
    ]
    return figure(an_instrument(), WINDOW, LATER, MOE, used)


def keeps_order(figures: Figures) -> bool:
    """INV-05: external ≤ effective ≤ the window's hours, or the figure is flagged."""
    inside = figures.external.counted <= figures.effective.counted <= figures.length
    return inside and (
        figures.effective.raw <= figures.length or "above_window" in figures.problems
    )


@given(STRETCHES)
def test_external_is_never_above_effective_nor_effective_above_the_window(rows) -> None:
    assert keeps_order(figures_of(rows))


def test_the_check_of_the_order_catches_sums_that_are_not_merged() -> None:
    right = figures_of([(0, 80, True, False), (10, 80, False, False)])
    unmerged = Amount(right.effective.raw, right.effective.raw, False, ())
    wrong = Figures(
        right.instrument, right.window, unmerged, right.external, right.states, right.rated, ()
    )
    assert keeps_order(right)
    assert not keeps_order(wrong)


def test_more_than_the_window_has_is_a_data_error_and_not_a_hundred_percent() -> None:
    found = figures_of([(0, 90, True, False), (0, 90, False, False)])
    assert found.problems == ("above_window",)
    assert found.usage is None
    assert found.sharing is None
    both = together([found, figures_of([(0, 10, True, False)])])
    assert (both.effective, both.erroneous, both.count) == (10, 1, 2)


# --- states


STATES = st.lists(
    st.tuples(
        st.integers(-30, 120),
        st.integers(1, 60) | st.none(),
        st.sampled_from(["running", "standby", "off", "offline"]),
    ),
    max_size=10,
)


def intervals_of(rows) -> list[StateInterval]:
    return [
        StateInterval(
            1,
            state,
            START + timedelta(hours=first),
            None if length is None else START + timedelta(hours=first + length),
            str(number),
        )
        for number, (first, length, state) in enumerate(rows)
    ]


def length_of(found) -> timedelta:
    return sum((amount.counted for amount in found.values()), timedelta())


@given(STATES, st.integers(1, 100))
def test_the_states_of_a_window_add_up_to_its_length(rows, hours_known) -> None:
    at = START + timedelta(hours=hours_known)
    for window in (WINDOW, Period(START, at)):
        assert length_of(times(intervals_of(rows), window, at)) == window.length


def test_the_sum_catches_a_gap_that_is_left_out() -> None:
    found = dict(times(intervals_of([(0, 10, "running"), (20, 10, "off")]), WINDOW, LATER))
    assert found["offline"].counted == timedelta(hours=80)
    found.pop("offline")
    assert length_of(found) != WINDOW.length


def test_without_telemetry_everything_is_offline_and_nothing_is_off(session) -> None:
    assert NoSensors().intervals(session, [1], WINDOW.start, WINDOW.end) == ()
    found = figure(an_instrument(), WINDOW, LATER, MOE)
    assert found.offline_share == 100
    assert found.states["off"].counted == timedelta()


def test_standby_is_not_running_time() -> None:
    states = intervals_of([(0, 40, "standby"), (40, 60, "running")])
    assert figure(an_instrument(), WINDOW, LATER, MOE, (), states).running.hours == 60


# --- periods and rated hours


def test_a_leap_year_has_8784_hours_and_is_one_year() -> None:
    assert hours(year(2024).length) == 8784
    assert hours(year(2025).length) == 8760
    assert shares_of_years(year(2024)) == shares_of_years(year(2025)) == 1
    assert shares_of_years(Period(year(2024).start, year(2025).end)) == 2


@pytest.mark.parametrize("number", range(1, 7))
def test_pairs_of_months_follow_each_other_without_a_gap(number: int) -> None:
    after = bimonth(2026, number + 1) if number < 6 else bimonth(2027, 1)
    assert bimonth(2026, number).end == after.start
    assert measures.bimonth_before(after.start.date()) == bimonth(2026, number)


def test_days_begin_at_midnight_in_shanghai() -> None:
    assert midnight(date(2026, 1, 1)) == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert bimonth(2026, 1).last_day == date(2026, 2, 28)


def test_rated_hours_follow_the_basis_and_the_part_of_the_year() -> None:
    special = an_instrument(class_code="040101")
    late = an_instrument(begin_date=date(2025, 7, 1))
    whole = year(2025)
    assert figure(an_instrument(), whole, LATER, MOE).window is not None
    at = datetime(2026, 2, 1, tzinfo=UTC)
    assert figure(an_instrument(), whole, at, MOE).rated == 1400
    assert figure(special, whole, at, MOE).rated == 800
    assert figure(late, whole, at, MOE).rated == Fraction(1400 * 184, 365)
    national = Basis("NATIONAL_1600", 1600, 1600)
    assert figure(special, whole, at, national).rated == 1600


def test_an_instrument_that_comes_later_has_no_figures() -> None:
    found = figure(an_instrument(begin_date=date(2026, 5, 1)), year(2025), LATER, MOE)
    assert (found.window, found.usage, found.rated) == (None, None, 0)


# --- rates


def test_sharing_is_nought_when_nothing_was_used() -> None:
    assert rate(0, 0).raw == 0
    assert figures_of([]).sharing.raw == 0


def test_a_rate_has_a_raw_and_a_capped_value() -> None:
    assert (rate(3, 2).raw, rate(3, 2).capped) == (150, 100)


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (Fraction(1, 8), 2, "0.13"), (Fraction(-1, 8), 2, "-0.13"),
        (Fraction(84995, 1000), 2, "85.00"), (Fraction(84994, 1000), 2, "84.99"),
        (Fraction(5, 2), 0, "3"),
    ],
)  # fmt: skip
def test_rounding_is_half_up_from_the_exact_value(value, places, text) -> None:
    assert half_up(value, places) == Decimal(text)
    assert str(half_up(value, places)) == text


# --- declared against sensor


@pytest.mark.parametrize(
    ("declared", "sensor", "offline", "verdict"),
    [
        (120, 100, 0, "consistent"),  # 20 h and 20 % are not yet more
        (121, 100, 0, "doubtful"),
        (1210, 1000, 0, "doubtful"),
        (1190, 1000, 0, "consistent"),  # 190 h but 19 %
        (19, 0, 0, "consistent"),  # far in percent, 19 h only
        (21, 0, 0, "doubtful"),  # against 1 h at least
        (900, 100, 20, "unmeasured"),
    ],
)
def test_far_in_percent_and_in_hours_is_doubtful(declared, sensor, offline, verdict) -> None:
    tolerance = Tolerance(20, 20, 20)
    found = compare(
        timedelta(hours=declared), timedelta(hours=sensor), Fraction(offline), tolerance
    )
    assert found == verdict


# --- declared uses in the database


def declared(**values) -> measures.Declared:
    fields = {
        "row_key": "1",
        "started_at": datetime(2026, 11, 1, tzinfo=UTC),
        "ended_at": datetime(2026, 11, 2, tzinfo=UTC),
        "user_name": "某公司",
        "outside": True,
    }
    return measures.Declared(**{**fields, **values})


def test_a_declared_row_counts_once(world) -> None:
    session, instrument = world.session, world.instrument.public_id
    assert measures.declare(session, instrument, declared(), by=world.managing())
    assert not measures.declare(session, instrument, declared(), by=world.managing())
    (found,) = measures.of_instruments(session, [world.instrument], bimonth(2026, 6), MOE)
    assert (found.effective.hours, found.external.hours) == (24, 24)


def test_external_means_another_legal_entity_whatever_the_row_says(world) -> None:
    session, instrument = world.session, world.instrument.public_id
    own = declared(row_key="own", user_unit_id=world.unit.public_id, outside=True)
    other = declared(
        row_key="other", user_unit_id=world.other.public_id, outside=False,
        started_at=datetime(2026, 11, 3, tzinfo=UTC), ended_at=datetime(2026, 11, 4, tzinfo=UTC),
    )  # fmt: skip
    for row in (own, other):
        measures.declare(session, instrument, row, by=world.managing())
    (found,) = measures.of_instruments(session, [world.instrument], bimonth(2026, 6), MOE)
    assert (found.effective.hours, found.external.hours) == (48, 24)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ended_at": datetime(2026, 10, 1, tzinfo=UTC)}, "times"),
        ({"ended_at": datetime(2027, 1, 1, tzinfo=UTC)}, "future"),
        ({"prepare_minutes": 1000, "post_minutes": 441}, "minutes"),
        ({"user_name": ""}, "user"),
    ],
)
def test_an_impossible_row_is_refused(world, change, reason) -> None:
    with pytest.raises(UseRefused) as refused:
        measures.declare(
            world.session, world.instrument.public_id, declared(**change), by=world.managing()
        )
    assert refused.value.params["reason"] == reason


def test_only_the_owning_unit_declares(world) -> None:
    stranger = world.actor(world.outsider, Grant("unit_administrator", unit_id=world.other.id))
    with pytest.raises(NotAllowed):
        measures.declare(world.session, world.instrument.public_id, declared(), by=stranger)
    assert measures.declare(world.session, world.instrument.public_id, declared(), by=SYSTEM)
