from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import ExpressionFailed
from engine.spiff import times
from engine.spiff.events import TimerDefinition

NOW = datetime(2026, 1, 31, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P2D", datetime(2026, 2, 2, 1, 0, tzinfo=UTC)),
        ("PT1H30M", datetime(2026, 1, 31, 2, 30, tzinfo=UTC)),
        ("P1M", datetime(2026, 2, 28, 1, 0, tzinfo=UTC)),
        ("P1Y", datetime(2027, 1, 31, 1, 0, tzinfo=UTC)),
        ("P1W", datetime(2026, 2, 7, 1, 0, tzinfo=UTC)),
        ("-PT1H", datetime(2026, 1, 31, 0, 0, tzinfo=UTC)),
        ({"@type": "duration", "@value": "P1DT1S"}, datetime(2026, 2, 1, 1, 0, 1, tzinfo=UTC)),
    ],
)
def test_durations_are_added_by_the_calendar(text: Any, expected: datetime) -> None:
    assert times.after(NOW, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-01", datetime(2026, 1, 31, 16, 0, tzinfo=UTC)),
        ("2026-02-01T09:00:00", datetime(2026, 2, 1, 1, 0, tzinfo=UTC)),
        ("2026-02-01T09:00:00Z", datetime(2026, 2, 1, 9, 0, tzinfo=UTC)),
        ("2026-02-01T09:00:00+08:00@Asia/Shanghai", datetime(2026, 2, 1, 1, 0, tzinfo=UTC)),
        ({"@type": "date", "@value": "2026-02-01"}, datetime(2026, 1, 31, 16, 0, tzinfo=UTC)),
    ],
)
def test_a_time_without_an_offset_is_shanghais(text: Any, expected: datetime) -> None:
    assert times.moment(text) == expected


@pytest.mark.parametrize("text", ["P", "PT", "2 days", "P1", "", 5, None, "P1H"])
def test_what_is_no_duration_is_refused(text: Any) -> None:
    with pytest.raises(ExpressionFailed):
        times.after(NOW, text)


@pytest.mark.parametrize("text", ["R3", "R/P0D", "R-1/PT1H", "PT1H", "R3/tomorrow"])
def test_what_is_no_cycle_is_refused(text: str) -> None:
    with pytest.raises(ExpressionFailed):
        times.cycle(text, NOW)


def task_with(value: Any) -> Any:
    case = SimpleNamespace(now=NOW, resolve=lambda *_: value)
    return SimpleNamespace(internal_data={}, workflow=SimpleNamespace(top_workflow=case))


@pytest.mark.parametrize(
    ("kind", "value", "due"),
    [
        ("date", "2026-02-01T09:00:00", "2026-02-01T01:00:00+00:00"),
        ("date", "P1D", "2026-02-01T01:00:00+00:00"),
        ("duration", "PT5M", "2026-01-31T01:05:00+00:00"),
        ("cycle", "R2/PT1H", "2026-01-31T02:00:00+00:00"),
        ("cycle", "R2/2026-02-01T09:00:00/P1D", "2026-02-01T01:00:00+00:00"),
    ],
)
def test_a_timer_notes_when_it_is_due(kind: Any, value: str, due: str) -> None:
    task = task_with(value)
    TimerDefinition(kind, value).open(task)
    assert task.internal_data["due"] == due


def test_a_cycle_counts_missed_rounds_and_goes_on_from_the_next_one() -> None:
    task = task_with("R5/PT1H")
    timer = TimerDefinition("cycle", "R5/PT1H")
    timer.open(task)
    assert timer.again(task, datetime(2026, 1, 31, 4, 30, tzinfo=UTC))
    assert task.internal_data["left"] == 2
    assert timer.due(task) == datetime(2026, 1, 31, 5, 0, tzinfo=UTC)
    assert not timer.again(task, datetime(2026, 2, 5, tzinfo=UTC))


def test_an_endless_cycle_never_ends() -> None:
    task = task_with("R/PT1H")
    timer = TimerDefinition("cycle", "R/PT1H")
    timer.open(task)
    assert timer.again(task, datetime(2026, 2, 5, tzinfo=UTC))
    assert task.internal_data["left"] == -1
