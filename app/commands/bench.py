"""``dayi bench``."""

import subprocess
import sys
from pathlib import Path

import click

BENCHMARKS = Path(__file__).resolve().parent.parent.parent / "benchmarks"


@click.command("bench")
@click.argument("name", type=click.Choice(sorted(p.stem for p in BENCHMARKS.glob("*.py"))))
@click.option("--json", "as_json", is_flag=True, help="one flat object: figure name → number")
@click.pass_context
def command(ctx: click.Context, name: str, as_json: bool) -> None:
    """Run one benchmark and print its figures."""
    arguments = [sys.executable, str(BENCHMARKS / f"{name}.py"), *(["--json"] if as_json else [])]
    done = subprocess.run(arguments, check=False)  # noqa: S603 - our own file, chosen from a list
    ctx.exit(done.returncode)
