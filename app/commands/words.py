"""``dayi words``."""

import subprocess
import sys
from pathlib import Path

import click

WEB = Path(__file__).resolve().parent.parent.parent / "web"


@click.group("words")
def command() -> None:
    """Texts of the pages: compile the catalogues, or bring them up to date with the sources."""


@command.command("compile")
def compile_words() -> None:
    """Compile every catalogue under web/translations."""
    from web.words import compile_catalogs  # noqa: PLC0415 - web is not needed to list commands

    compile_catalogs()


@command.command("update")
def update_words() -> None:
    """Collect the texts of each room into its catalogue; what is gone is marked obsolete."""
    for catalogue in sorted(WEB.glob("translations/*/zh/LC_MESSAGES/messages.po")):
        room = catalogue.parent.parent.parent.name
        _update(room, catalogue)
        click.echo(f"{room}: {catalogue}")


def _update(room: str, catalogue: Path) -> None:
    from web.words import sources_of  # noqa: PLC0415

    template = catalogue.with_suffix(".pot")
    babel = [sys.executable, "-m", "babel.messages.frontend"]
    mapping = str(WEB / "babel.cfg")
    extract = [*babel, "-q", "extract", "--no-location", "--omit-header", "-F", mapping]
    subprocess.run(  # noqa: S603 - our own command
        [*extract, "-o", str(template), *map(str, sources_of(room))], check=True
    )
    subprocess.run(  # noqa: S603
        [*babel, "-q", "update", "-i", str(template), "-o", str(catalogue), "-l", "zh"], check=True
    )
    template.unlink()
