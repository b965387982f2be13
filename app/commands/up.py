"""``dayi up``."""

import click

from app import up as platform
from app.settings import SettingError


@click.command("up")
def command() -> None:
    """Start the whole platform in the foreground; Ctrl-C stops it."""
    try:
        platform.run()
    except SettingError as error:
        raise click.ClickException(str(error)) from error
