"""``dayi telemetry train`` and ``classify``: files in, files out, bad cells by name."""

import csv
import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.commands.telemetry import command
from telemetry import simulator
from telemetry.files import LABEL_COLUMNS, READING_COLUMNS, TOLD_COLUMNS

START = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp())
DAY = 86_400
NAMES = ("电镜/1", "xrd-2")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two instruments: five days of readings, two of labels."""
    readings, labels = [], []
    for seed, name in enumerate(NAMES):
        states = simulator.plan(START, START + 5 * DAY, seed + 1)
        kind = simulator.ARCHETYPES["microscope"]
        seen = simulator.simulate(kind, states, interval=60, seed=seed)
        for ts, amps in zip(seen.readings.ts, seen.readings.amps, strict=True):
            readings.append((name, iso(ts), f"{amps:.4f}"))
        labels += [
            (name, iso(each.start), iso(each.end), each.state)
            for each in states
            if each.end <= START + 2 * DAY
        ]
    write(tmp_path / "readings.csv", READING_COLUMNS, readings)
    write(tmp_path / "labels.csv", LABEL_COLUMNS, labels)
    return tmp_path


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def write(path: Path, heading: tuple[str, ...], rows: list[tuple]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([heading, *rows])


def dayi(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments])


def train(folder: Path, *more: str) -> Result:
    files = (folder / "readings.csv", folder / "labels.csv")
    return dayi("train", *files, "--models", folder / "models", *more)


def test_models_are_trained_and_tell_intervals_that_leave_no_gap(folder: Path) -> None:
    done = train(folder, "--json")
    assert done.exit_code == 0, done.output
    facts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [fact["instrument"] for fact in facts] == sorted(NAMES)
    told = dayi("classify", folder / "readings.csv", "--models", folder / "models")
    assert told.exit_code == 0, told.output
    rows = list(csv.DictReader(told.stdout.splitlines()))
    assert tuple(rows[0]) == TOLD_COLUMNS
    for name in NAMES:
        mine = [row for row in rows if row["instrument"] == name]
        assert {row["state"] for row in mine} == {"off", "standby", "running"}
        assert all(a["end"] == b["start"] for a, b in itertools.pairwise(mine))
        assert all(0 <= float(row["confidence"]) <= 1 for row in mine)
        length = datetime.fromisoformat(mine[-1]["end"]) - datetime.fromisoformat(mine[0]["start"])
        assert length == timedelta(days=5)
        (model,) = [fact["model"] for fact in facts if fact["instrument"] == name]
        assert {row["model"] for row in mine} == {model}


def test_the_same_files_give_the_same_bytes(folder: Path) -> None:
    outputs = []
    for number in (1, 2):
        assert train(folder).exit_code == 0
        out = folder / f"told-{number}.csv"
        dayi("classify", folder / "readings.csv", "--models", folder / "models", "--out", out)
        outputs.append(out.read_bytes())
    assert outputs[0] == outputs[1]


def test_bad_cells_are_named_by_file_row_and_column(folder: Path) -> None:
    file = folder / "readings.csv"
    lines = file.read_text().splitlines()
    lines[2] = "电镜/1,yesterday,1.0"
    lines[5] = "电镜/1,2026-11-02T00:00:00Z,-3"
    lines[7] = ",2026-11-02T00:00:00Z,much"
    file.write_text("\n".join(lines))
    done = train(folder)
    assert done.exit_code == 1
    assert "readings.csv: row 3, column ts: not a time in ISO 8601" in done.stderr
    assert "readings.csv: row 6, column i_rms: not between 0 and 10000 A" in done.stderr
    assert "readings.csv: row 8, column instrument:" in done.stderr
    assert train(folder, "--skip-bad").exit_code == 0


def test_labels_must_end_after_they_start_and_name_a_state(folder: Path) -> None:
    with (folder / "labels.csv").open("a") as file:
        file.write("xrd-2,2026-11-02T02:00:00Z,2026-11-02T01:00:00Z,off\n")
        file.write("xrd-2,2026-11-02T02:00:00Z,2026-11-02T03:00:00Z,offline\n")
    done = train(folder)
    assert done.exit_code == 1
    assert "column end: not after the start" in done.stderr
    assert "column state: not one of off, standby, running" in done.stderr


def test_a_missing_column_is_named_even_where_bad_rows_may_be_skipped(folder: Path) -> None:
    (folder / "readings.csv").write_text("instrument,time,i_rms\n")
    done = train(folder, "--skip-bad")
    assert done.exit_code == 1
    assert "row 1, column ts: the heading has no such column" in done.stderr


def test_an_instrument_without_a_model_is_named(folder: Path) -> None:
    done = dayi("classify", folder / "readings.csv", "--models", folder / "empty")
    assert done.exit_code == 1
    assert "xrd-2" in done.stderr


def test_a_model_file_that_is_none_is_named(folder: Path) -> None:
    train(folder)
    for file in (folder / "models").glob("*.model"):
        file.write_text("{}")
    done = dayi("classify", folder / "readings.csv", "--models", folder / "models")
    assert done.exit_code == 1
    assert "not a model" in done.stderr


def test_labels_for_an_instrument_without_readings_are_told(folder: Path) -> None:
    with (folder / "labels.csv").open("a") as file:
        file.write("nmr,2026-11-02T02:00:00Z,2026-11-02T03:00:00Z,off\n")
    done = train(folder)
    assert done.exit_code == 1
    assert "nmr" in done.stderr
