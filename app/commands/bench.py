"""``dayi bench``."""

import subprocess
import sys
from pathlib import Path

import click

BENCHMARKS = Path(__file__).resolve().parent.parent.parent / "benchmarks"


@click.command("bench", context_settings={"ignore_unknown_options": True})
@click.argument("name", type=click.Choice(sorted(p.stem for p in BENCHMARKS.glob("*.py"))))
@click.option("--json", "as_json", is_flag=True, help="one flat object: figure name → number")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def command(ctx: click.Context, name: str, as_json: bool, options: tuple[str, ...]) -> None:
    """Run one benchmark and print its figures; its own OPTIONS (as --data) are passed on."""
    flags = ["--json"] if as_json else []
    arguments = [sys.executable, str(BENCHMARKS / f"{name}.py"), *flags, *options]
    done = subprocess.run(arguments, check=False)  # noqa: S603 - our own file, chosen from a list
    ctx.exit(done.returncode)
