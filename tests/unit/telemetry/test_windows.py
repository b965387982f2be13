"""Windows of a minute, the gap rule, and the smoothing of states."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry import smoothing
from telemetry.intervals import cut, hours, shares, tell
from telemetry.states import OFFLINE, RULES
from telemetry.thresholds import Thresholds
from telemetry.windows import FLOOR_AMPS, Readings, features, ordered, segments, windows

MODEL = Thresholds(off_amps=0.05, run_amps=3.0)


def readings(*spans: tuple[float, float, float], every: float = 10.0) -> Readings:
    """Readings of constant current in [start, end) minutes."""
    parts = [(np.arange(a * 60, b * 60, every), amps) for a, b, amps in spans]
    ts = np.concatenate([t for t, _ in parts])
    return Readings(ts, np.concatenate([np.full(len(t), amps) for t, amps in parts]))


def test_a_window_holds_the_readings_of_its_minute() -> None:
    seen = windows(Readings(np.array([0.0, 59.9, 60.0]), np.array([1.0, 3.0, 8.0])), 0, 120)
    assert len(seen) == 2
    assert 10 ** seen.median[1] == pytest.approx(8.0 + FLOOR_AMPS)
    assert 10 ** seen.high[0] == pytest.approx(3.0 + FLOOR_AMPS)
    assert 10 ** seen.low[0] == pytest.approx(1.0 + FLOOR_AMPS)


def test_repeated_and_unordered_times_are_put_in_order() -> None:
    found = ordered(np.array([20.0, 10.0, 20.0]), np.array([2.0, 1.0, 9.0]))
    assert found.ts.tolist() == [10.0, 20.0]
    assert found.amps.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="ascend"):
        Readings(np.array([1.0, 1.0]), np.array([1.0, 1.0]))


def test_a_gap_of_fifteen_minutes_is_not_offline_and_a_longer_one_is() -> None:
    short = windows(readings((0, 10, 5), (10 + 14.5, 40, 5)), 0, 2400)
    assert not short.offline.any()
    long = windows(readings((0, 10, 5), (26, 40, 5)), 0, 2400)
    assert np.flatnonzero(long.offline).tolist() == list(range(10, 26))


def test_a_slow_sensor_is_offline_after_three_of_its_intervals() -> None:
    slow = Readings(np.array([0.0, 600.0, 2100.0]), np.full(3, 5.0))
    assert not windows(slow, 0, 2160, interval=600).offline.any()
    assert RULES.offline_after(600) == 1800
    assert windows(slow, 0, 2160, interval=60).offline.any()


def test_silence_at_either_end_is_offline() -> None:
    seen = windows(readings((30, 40, 5)), 0, 80 * 60)
    assert np.flatnonzero(~seen.offline).tolist() == list(range(30, 40))
    nothing = windows(Readings(np.empty(0), np.empty(0)), 0, 3600)
    assert nothing.offline.all()
    assert [each.state for each in tell(MODEL, nothing)] == [OFFLINE]


def test_offline_is_never_told_as_off_and_is_outside_the_basis_of_the_shares() -> None:
    told = tell(MODEL, windows(readings((0, 60, 5), (120, 150, 0)), 0, 240 * 60))
    assert [(i.state, (i.end - i.start) / 60) for i in told] == [
        ("running", 60), ("offline", 60), ("off", 30), ("offline", 90),
    ]  # fmt: skip
    assert hours(told) == {"off": 0.5, "standby": 0.0, "running": 1.0, "offline": 2.5}
    found = shares(told)
    assert found["running"] == pytest.approx(100 * 2 / 3)
    assert found["offline"] == pytest.approx(100 * 2.5 / 4)
    assert told[1].confidence is None


def test_a_short_gap_is_bridged_by_its_neighbours() -> None:
    told = tell(MODEL, windows(readings((0, 20, 5), (30, 60, 5)), 0, 3600))
    assert [each.state for each in told] == ["running"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 86_400), st.floats(0, 20)), max_size=80),
    st.integers(0, 40_000),
    st.integers(60, 50_000),
)
def test_intervals_fill_any_time_without_gap_or_overlap(
    points: list[tuple[float, float]], start: int, length: int
) -> None:
    both = np.array(points or np.empty((0, 2)))
    seen = windows(ordered(both[:, 0], both[:, 1]), start, start + length)
    told = tell(MODEL, seen)
    assert told[0].start == start // 60 * 60
    assert told[-1].end == -(-(start + length) // 60) * 60
    assert all(a.end == b.start for a, b in itertools.pairwise(told))
    assert all(a.state != b.state for a, b in itertools.pairwise(told))
    whole = sum(each.hours for each in told)
    assert sum(hours(told).values()) == pytest.approx(whole)
    inside = cut(told, start + 60, start + length - 60)
    assert sum(each.end - each.start for each in inside) == max(0, length - 120)


def test_features_of_offline_windows_are_nothing_and_of_others_something() -> None:
    seen = windows(readings((0, 30, 5), (90, 120, 5)), 0, 7200)
    rows = features(seen)
    assert np.isnan(rows[seen.offline]).all()
    assert np.isfinite(rows[~seen.offline]).all()
    assert [(part.start, part.stop) for part in segments(seen.offline)] == [(0, 30), (90, 120)]


def test_the_likeliest_sequence_does_not_flicker_and_follows_a_change() -> None:
    chances = np.tile([0.1, 0.9], (60, 1))
    chances[30] = [0.9, 0.1]
    assert smoothing.likeliest(chances).tolist() == [1] * 60
    chances[30:] = [0.9, 0.1]
    assert smoothing.likeliest(chances).tolist() == [1] * 30 + [0] * 30
    assert smoothing.likeliest(np.empty((0, 3))).tolist() == []
    assert smoothing.likeliest(np.ones((4, 1))).tolist() == [0] * 4


def test_only_stretches_that_are_held_count() -> None:
    flags = np.array([0, 1, 1, 0, 1, 1, 1, 0, 1], dtype=bool)
    assert smoothing.held(flags, 3).tolist() == [False] * 4 + [True] * 3 + [False] * 2
    assert smoothing.held(~flags, 3).tolist() == [True] + [False] * 8
