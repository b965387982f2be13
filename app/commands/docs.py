"""``dayi docs``."""

import click

from app import reference


@click.group("docs")
def command() -> None:
    """The generated reference pages."""


@command.command("write")
def write() -> None:
    """Write docs/reference anew from the code."""
    changed = reference.write()
    click.echo(f"docs/reference: {', '.join(changed) or '没有变化 / unchanged'}")
