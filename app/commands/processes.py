"""``dayi processes``."""

import json
from pathlib import Path

import click

from app import settings as setting_reader
from app.prepare import process_folders
from app.scenario_world import make_world
from app.wiring import open_platform
from engine import definitions, operations
from engine.actors import SYSTEM
from engine.db import set_scope
from engine.errors import InvalidDefinition
from engine.problems import Problem
from engine.scenarios import run_folder


@click.group("processes")
def command() -> None:
    """Check, publish and try out processes."""


def _resources(path: Path) -> list[definitions.Resource]:
    if path.is_dir():
        return definitions.read_folder(path)
    return [definitions.read_file(path)]


def _problems(path: Path) -> list[Problem]:
    try:
        resources = _resources(path)
    except InvalidDefinition as refused:
        return list(refused.problems)
    # A single file is judged with its folder, so that its forms and decisions are known.
    beside = definitions.neighbours(path) if path.is_file() else []
    return definitions.check(resources, beside=beside)


@command.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="print facts, not sentences")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh")
@click.pass_context
def check(ctx: click.Context, paths: tuple[Path, ...], as_json: bool, language: str) -> None:
    """Check diagrams, decisions and forms; exit 1 if any is refused."""
    operations.discover("handlers")
    report = {str(path): _problems(path) for path in paths}
    if as_json:
        click.echo(json.dumps({p: [_facts(x) for x in xs] for p, xs in report.items()}))
    else:
        _print(report, language)
    if any(x.severity == "error" for xs in report.values() for x in xs):
        ctx.exit(1)


def _facts(problem: Problem) -> dict[str, str]:
    return {
        "severity": problem.severity,
        "code": problem.code,
        "file": problem.file,
        "element": problem.element_id,
        "name": problem.element_name,
        "zh": problem.sentence("zh"),
        "en": problem.sentence("en"),
    }


def _print(report: dict[str, list[Problem]], language: str) -> None:
    for path, problems in report.items():
        if not problems:
            click.echo(f"{path}: ✓")
        for problem in problems:
            mark = "✗" if problem.severity == "error" else "!"
            where = " ".join(x for x in (problem.file, problem.element_id) if x)
            click.echo(f"{path}: {mark} {where}: {problem.sentence(language)} [{problem.code}]")


@command.command("publish")
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--note", default="", help="why, for the record")
def publish(folders: tuple[Path, ...], note: str) -> None:
    """Publish process folders as the platform; running cases stay on their version."""
    platform = open_platform(setting_reader.read())
    for folder in folders:
        with platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            try:
                done = definitions.publish(session, _resources(folder), actor=SYSTEM, note=note)
            except InvalidDefinition as refused:
                _print({str(folder): list(refused.problems)}, "zh")
                raise click.ClickException("没有发布 / not published") from refused
        click.echo(f"{folder}: {'已发布 / published' if done else '没有变化 / unchanged'}")


@command.command("test")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.pass_context
def test(ctx: click.Context, folders: tuple[Path, ...]) -> None:
    """Play the scenarios of process folders on the real engine; nothing of it is kept."""
    platform = open_platform(setting_reader.read())
    failed = 0
    for folder in folders or tuple(process_folders()):
        for outcome in run_folder(platform.sessions, folder, make_world):
            click.echo(f"{folder.name}: {'✓' if outcome.ok else '✗'} {outcome.scenario}")
            for problem in outcome.problems:
                click.echo(f"    {problem}")
            failed += not outcome.ok
    if failed:
        ctx.exit(1)
