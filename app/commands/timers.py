"""``dayi timers``."""

import logging

import click

from app import settings as setting_reader
from app.timekeeper import Timekeeper
from app.wiring import open_platform


@click.command("timers")
def command() -> None:
    """Wake due timers and ring for waiting jobs until stopped (a part of dayi up)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    Timekeeper(open_platform(setting_reader.read())).run()
