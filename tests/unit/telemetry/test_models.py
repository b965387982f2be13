"""Models: the trees as arrays, thresholds, what is taught and how it is judged."""

from itertools import pairwise

import numpy as np
import pytest

from telemetry import algorithms, simulator, thresholds, training, trees
from telemetry.intervals import Interval, hours, tell
from telemetry.states import CODES
from telemetry.windows import FEATURES, Readings, windows

DAY = 86_400
START = 1_790_000_000 // DAY * DAY


def simulated(
    kind: str = "chromatograph", days: int = 6, seed: int = 1, **faults
) -> simulator.Simulated:
    states = simulator.plan(START, START + days * DAY, seed)
    return simulator.simulate(
        simulator.ARCHETYPES[kind],
        states,
        interval=20,
        faults=simulator.Faults(**faults),
        seed=seed,
    )


def labels_of(seen: simulator.Simulated, days: int) -> list[Interval]:
    return [each for each in seen.intervals if each.end <= START + days * DAY]


def test_trees_kept_as_arrays_answer_as_the_library_does() -> None:
    from sklearn.ensemble import ExtraTreesClassifier

    chance = np.random.default_rng(0)
    rows = chance.normal(size=(400, len(FEATURES)))
    codes = (rows[:, 0] > 0).astype(int) + (rows[:, 1] > 0.5)
    library = ExtraTreesClassifier(n_estimators=20, max_depth=trees.DEPTH, random_state=3)
    library.fit(rows, codes)
    kept = trees.Forest.load(trees._forest(library).dump())
    fresh = chance.normal(size=(300, len(FEATURES)))
    assert np.allclose(kept.chances(fresh), library.predict_proba(fresh), atol=1e-6)


def test_the_same_lessons_give_the_same_model_and_the_same_intervals() -> None:
    seen = simulated()
    one, two = (training.teach(seen.readings, labels_of(seen, 3), "trees") for _ in range(2))
    assert one.model.dump() == two.model.dump()
    assert one.metrics == two.metrics
    grid = windows(seen.readings, START, START + 6 * DAY)
    kept = algorithms.load("trees", one.model.dump())
    assert tell(kept, grid) == tell(one.model, grid)


def test_a_stored_model_cannot_run_code() -> None:
    import pickle

    for content in (pickle.dumps({"a": 1}), b"", b"garbage"):
        for kind in ("trees", "thresholds"):
            with pytest.raises((ValueError, OSError, EOFError)):
                algorithms.load(kind, content)
    with pytest.raises(ValueError, match="no kind"):
        algorithms.load("pickle", b"")


@pytest.mark.parametrize("kind", sorted(simulator.ARCHETYPES))
def test_each_archetype_is_told_from_a_few_labelled_days(kind: str) -> None:
    """The truth of the last three days is unseen; a tenth of the score is the tolerance."""
    seen = simulated(kind, days=8, seed=2)
    taught = training.teach(seen.readings, labels_of(seen, 5))
    assert taught.model.kind == "trees"
    grid = windows(seen.readings, START + 5 * DAY, START + 8 * DAY)
    truth = training.codes_of(seen.intervals, grid.start, len(grid))
    told, _ = taught.model.tell(grid)
    assert training.macro_f1(told, truth, truth >= 0) > 0.9


def test_a_commissioning_of_half_an_hour_a_state_gives_thresholds() -> None:
    seen = simulated("diffractometer")
    taught = training.teach(seen.readings, simulator.commissioning(seen))
    model = taught.model
    assert isinstance(model, thresholds.Thresholds)
    assert 0.02 < model.off_amps < 3.9 < model.run_amps < 5.1
    assert taught.metrics["labelled_cycles"] == 1
    assert taught.metrics["labelled_hours"] == pytest.approx(1.5, abs=0.1)


def test_an_instrument_that_is_never_off_is_never_told_off() -> None:
    states = simulator.plan(START, START + 4 * DAY, 5, always_on=True)
    seen = simulator.simulate(simulator.ARCHETYPES["nmr_console"], states, interval=30, seed=5)
    for method in ("thresholds", "trees"):
        taught = training.teach(seen.readings, states, method)
        told = tell(taught.model, windows(seen.readings, START, START + 4 * DAY))
        assert hours(told)["off"] == 0


def test_the_rules_of_the_decision_table_hold_for_thresholds() -> None:
    """Off only after three minutes, running only after two, ten per cent hysteresis."""
    model = thresholds.Thresholds(off_amps=0.05, run_amps=5.0)

    def states(*minutes: float) -> list[str]:
        ts = np.arange(0, len(minutes) * 60, 20.0)
        seen = windows(Readings(ts, np.repeat(minutes, 3)), 0, len(minutes) * 60)
        return [each.state for each in tell(model, seen)]

    assert states(1, 1, 0, 0, 1, 1) == ["standby"]
    assert states(1, 1, 0, 0, 0, 1) == ["standby", "off", "standby"]
    assert states(1, 6, 1, 1) == ["standby"]
    assert states(1, 6, 6, 1) == ["standby", "running", "standby"]
    assert states(1, 5.1, 5.1, 4.6, 4.6, 4.6, 1) == ["standby", "running", "standby"]
    assert states(1, 4.6, 4.6, 4.6, 1) == ["standby"]
    # What comes first after a silence may have lasted long: it need not be held.
    assert states(0, 0) == ["off"]
    assert states(6, 1, 1) == ["running", "standby"]


def test_scores_are_zero_for_a_model_that_says_one_thing_only() -> None:
    truth = np.array([CODES["off"]] * 50 + [CODES["running"]] * 50)
    always = np.full(100, CODES["running"])
    use = np.ones(100, dtype=bool)
    assert training.macro_f1(truth, truth, use) == 1.0
    assert training.macro_f1(always, truth, use) == pytest.approx(1 / 3)
    assert training.running_error(always, truth, use) == 100.0


def test_nothing_is_taught_without_labels_or_readings() -> None:
    seen = simulated(days=1)
    with pytest.raises(ValueError, match="no label"):
        training.teach(seen.readings, [])
    elsewhere = [Interval(START + 90 * DAY, START + 91 * DAY, "off", None)]
    for method in ("thresholds", "trees"):
        with pytest.raises(ValueError, match="no labelled minute"):
            training.teach(seen.readings, elsewhere, method)


def test_a_simulation_is_the_same_for_the_same_seed_and_tells_the_truth() -> None:
    one, two, other = simulated(lost=0.1), simulated(lost=0.1), simulated(lost=0.1, seed=2)
    assert np.array_equal(one.readings.amps, two.readings.amps)
    assert not np.array_equal(one.readings.ts, other.readings.ts)
    assert len(one.truth) == len(one.readings.ts) < 6 * DAY / 20
    assert all(a.end == b.start for a, b in pairwise(one.intervals))
