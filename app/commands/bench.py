"""``dayi bench``."""

import subprocess
import sys
from pathlib import Path

import click

BENCHMARKS = Path(__file__).resolve().parent.parent.parent / "benchmarks"


@click.command("bench", context_settings={"ignore_unknown_options": True})
@click.argument("name", type=click.Choice(sorted(p.stem for p in BENCHMARKS.glob("*.py"))))
@click.option("--json", "as_json", is_flag=True, help="one flat object: figure name → number")
@click.argument("more", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def command(ctx: click.Context, name: str, as_json: bool, more: tuple[str, ...]) -> None:
    """Run one benchmark and print its figures; what follows its name is for the benchmark."""
    file = str(BENCHMARKS / f"{name}.py")
    arguments = [sys.executable, file, *(["--json"] if as_json else []), *more]
    done = subprocess.run(arguments, check=False)  # noqa: S603 - our own file, chosen from a list
    ctx.exit(done.returncode)
