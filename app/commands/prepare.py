"""``dayi prepare``."""

import click

from app import settings as setting_reader
from app.database import migrate, open_database
from app.prepare import prepare
from app.up import step


@click.command("prepare")
def command() -> None:
    """Migrate the schema and publish what ships; where a server of one's own runs the parts."""
    settings = setting_reader.read()
    with step("数据库 / database"):
        database = open_database(settings)
        migrate(database)
    prepare(settings, database, step)
