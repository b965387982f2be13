"""``dayi telemetry``."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from app import settings as setting_reader
from app.keys import mqtt_secret
from app.wiring import open_platform
from engine import clock
from engine.actors import SYSTEM
from engine.db import set_scope
from engine.errors import EngineError
from telemetry import files, intervals, sensors, shelf, training
from telemetry.credentials import password_of
from telemetry.files import BadCell, BadFile
from telemetry.intervals import Interval
from telemetry.ports import surroundings
from telemetry.topics import topic_of
from telemetry.windows import MINUTE, Readings, windows

_SHOWN = 50
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_MODELS = click.option(
    "--models", type=click.Path(file_okay=False, path_type=Path),
    help="folder of the models; default: models in DAYI_HOME",
)  # fmt: skip
_SKIP = click.option("--skip-bad", is_flag=True, help="leave bad rows out instead of stopping")


@click.group("telemetry")
def command() -> None:
    """Teach models with labelled readings, tell states from readings, bind sensors."""


@command.command("train")
@click.argument("readings", type=_FILE)
@click.argument("labels", type=_FILE)
@click.option("--method", type=click.Choice(["auto", "thresholds", "trees"]), default="auto")
@_MODELS
@_SKIP
@click.option("--json", "as_json", is_flag=True, help="print facts, not sentences")
@click.pass_context
def train(ctx: click.Context, /, readings: Path, labels: Path, **options: Any) -> None:  # noqa: ANN401 - click's
    """Fit a model to each labelled instrument.

    READINGS has the columns instrument, ts, i_rms (A RMS); LABELS instrument, start, end, state
    (off, standby, running). Times are ISO 8601; without an offset they are Shanghai's.
    """
    known, told = _read(readings, labels, skip_bad=options["skip_bad"])
    folder, method, as_json = options["models"] or _home(), options["method"], options["as_json"]
    missing = sorted(set(told) - set(known))
    with click.progressbar(
        sorted(set(told) & set(known)), file=sys.stderr, hidden=as_json, label="训练 / training"
    ) as names:
        facts = [_train(folder, name, known[name], told[name], method) for name in names]
    for fact in facts:
        click.echo(_sentence(fact) if not as_json else json.dumps(fact, ensure_ascii=False))
    for name in missing:
        click.echo(f"{name}: 有标注但没有读数 / labels without readings", err=True)
    if missing or any("error" in fact for fact in facts):
        ctx.exit(1)


def _train(
    folder: Path, name: str, readings: Readings, labels: list[Interval], method: training.Method
) -> dict[str, object]:
    try:
        taught = training.teach(readings, labels, method)
    except ValueError as refused:
        return {"instrument": name, "error": str(refused)}
    return {"instrument": name, "model": shelf.put(folder, name, taught), **taught.metrics}


def _sentence(fact: dict[str, object]) -> str:
    facts = " ".join(f"{key}={value}" for key, value in fact.items() if key != "instrument")
    return f"{fact['instrument']}: {facts}"


def _home() -> Path:
    return setting_reader.read().home / "models"


def _read(
    readings: Path, labels: Path, *, skip_bad: bool
) -> tuple[dict[str, Readings], dict[str, list[Interval]]]:
    bad: list[BadCell] = []
    try:
        known, found = files.read_readings(readings, skip_bad=skip_bad)
        bad += found
        told, found = files.read_labels(labels, skip_bad=skip_bad)
        bad += found
    except BadFile as broken:
        _complain(broken.cells)
        raise click.exceptions.Exit(1) from broken
    _complain(bad)
    return known, told


def _complain(bad: list[BadCell]) -> None:
    for cell in bad[:_SHOWN]:
        click.echo(str(cell), err=True)
    if len(bad) > _SHOWN:
        click.echo(f"… {len(bad) - _SHOWN} more", err=True)


@command.command("classify")
@click.argument("readings", type=_FILE)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="default: print")
@_MODELS
@_SKIP
@click.pass_context
def classify(
    ctx: click.Context, readings: Path, out: Path | None, models: Path | None,
    skip_bad: bool,
) -> None:  # fmt: skip
    """Tell the states of each instrument in READINGS (instrument, ts, i_rms) by its own model.

    The output has the columns instrument, start, end, state, confidence, model; the intervals of
    an instrument are half-open and fill the time from its first to its last reading.
    """
    try:
        known, bad = files.read_readings(readings, skip_bad=skip_bad)
    except BadFile as broken:
        _complain(broken.cells)
        raise click.exceptions.Exit(1) from broken
    _complain(bad)
    missing: list[str] = []
    told = _classified(models or _home(), known, missing)
    if out is None:
        files.write_told(sys.stdout, told)
    else:
        with out.open("w", encoding="utf-8", newline="") as sink:
            files.write_told(sink, told)
    for name in missing:
        click.echo(f"{name}: 没有模型，先运行 dayi telemetry train / no model yet", err=True)
    if missing:
        ctx.exit(1)


def _classified(
    folder: Path, known: dict[str, Readings], missing: list[str]
) -> Iterator[tuple[str, Interval, str]]:
    for name, readings in sorted(known.items()):
        try:
            kept = shelf.take(folder, name)
        except ValueError as broken:
            raise click.ClickException(str(broken)) from broken
        if kept is None:
            missing.append(name)
            continue
        end = float(readings.ts[-1] // MINUTE + 1) * MINUTE
        seen = windows(readings, float(readings.ts[0]), end)
        for each in intervals.tell(kept.model, seen):
            yield name, each, kept.name


@command.command("bind")
@click.argument("code")
@click.argument("instrument", type=click.UUID)
@click.option("--interval", default=10, help="seconds between two readings")
@click.option("--json", "as_json", is_flag=True, help="print facts, not sentences")
def bind(code: str, instrument: UUID, interval: int, as_json: bool) -> None:
    """Let the sensor CODE measure INSTRUMENT (its public id) from now on.

    Prints the topic, and the user and password that the embedded broker knows the sensor by.
    """
    settings = setting_reader.read()
    platform = open_platform(settings)
    device = sensors.Device(code, interval_seconds=interval)
    try:
        with platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            place = surroundings().place(session, instrument)
            sensor = sensors.register(session, device, place, actor=SYSTEM)
            sensors.bind(session, sensor, place, clock.now(session), actor=SYSTEM)
    except EngineError as refused:
        raise click.ClickException(f"{refused.code}: {refused}") from refused
    facts = {
        "topic": topic_of(code),
        "user": code,
        "password": password_of(mqtt_secret(settings.home), code),
    }
    for name, value in facts.items():
        if not as_json:
            click.echo(f"{name:<10}{value}")
    if as_json:
        click.echo(json.dumps(facts))
