"""docs/worked-evaluation.md, step by step: the program gives the numbers worked out by hand."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from domain import measures
from domain.evaluation import results, scope
from domain.evaluation.indicators import panel_mean
from domain.measures import Basis, Period
from domain.measures.reconciliation import Tolerance, check
from engine.actors import SYSTEM
from tests.unit.domain.evaluation_world import FakeSensors, Worked, sensing, worked

PAGE = Path("docs/worked-evaluation.md").read_text("utf-8")
BY_HAND = {
    "I1": "6.40000000",
    "I2": "2.63566740",
    "I3": "4.77777778",
    "I4": "3.15789474",
    "I5": "11.82455325",
    "I6": "12.65000000",
    "I7": "19.30628231",
    "I8": "8.33333333",
}


@pytest.fixture
def example(world, build) -> Worked:
    with sensing(FakeSensors()) as sensors:
        yield worked(world, build, sensors)


def test_the_scope_is_the_three_of_ten_years(example: Worked) -> None:
    inside = scope.instruments(example.session, example.row)
    assert inside == [example.scanning, example.spectrometer, example.tester]
    assert scope.counts(example.session, example.row) == {"": 3, "too_old": 1}


def test_the_hours_are_those_of_step_two(example: Worked) -> None:
    period = Period(example.period.period_start, example.period.period_end)
    basis = Basis.read(dict(example.rules.basis))
    figures = measures.of_instruments(
        example.session, [example.scanning, example.spectrometer, example.tester], period, basis
    )
    assert [one.effective.hours for one in figures] == [912, 252, 120]
    assert [one.external.hours for one in figures] == [288, 240, 0]
    assert [measures.hours(one.effective.raw) for one in figures] == [960, 252, 120]
    assert [one.rated for one in figures] == [1400, Fraction(1400 * 184, 365), 800]
    all_of_them = measures.together(figures)
    assert measures.shown(all_of_them.usage.raw, 2) == "44.19"
    assert measures.shown(all_of_them.sharing.raw, 2) == "41.12"


def test_each_indicator_has_the_points_worked_out_by_hand(example: Worked) -> None:
    score = results.compute(example.session, example.row, example.rules, by=SYSTEM)
    assert {one.code: str(one.points) for one in score.indicators} == BY_HAND
    assert score.total == Decimal("69.09")


def test_the_panel_drops_the_extremes_of_five(example: Worked) -> None:
    assert panel_mean((88, 92, 75, 80, 85)) == Fraction(253, 3)
    assert panel_mean((88, 92, 75, 80)) == Fraction(335, 4)


def test_the_microscope_agrees_with_its_sensor(example: Worked) -> None:
    period = Period(example.period.period_start, example.period.period_end)
    basis = Basis.read(dict(example.rules.basis))
    figures = measures.of_instruments(
        example.session, [example.scanning, example.tester], period, basis
    )
    kept = [
        check(example.session, one, period, Tolerance(20, 20, 20), by=SYSTEM) for one in figures
    ]
    assert [row.verdict for row in kept] == ["consistent", "unmeasured"]
    assert (kept[0].declared_minutes, kept[0].sensor_minutes) == (912 * 60, 864 * 60)


def test_the_page_tells_the_same_numbers() -> None:
    for code, points in BY_HAND.items():
        assert f"| {code} " in PAGE
        assert points in PAGE, code
    for said in ("912", "288", "1284", "528", "44.19", "41.12", "69.09", "中"):
        assert said in PAGE
