"""``dayi database``."""

import click
from alembic import command as alembic
from alembic.config import Config

from app import settings as setting_reader
from app.database import MIGRATIONS, migrate, open_database


@click.group("database")
def command() -> None:
    """Bring the schema up to date, or write a new migration."""


@command.command("migrate")
def migrate_schema() -> None:
    """Upgrade the schema to its head, as the owner."""
    migrate(open_database(setting_reader.read()))


@command.command("migration")
@click.argument("message")
def new_migration(message: str) -> None:
    """Write a migration from the difference between the tables and the schema."""
    database = open_database(setting_reader.read())
    migrate(database)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option(
        "file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d_%%(slug)s"
    )
    config.attributes["url"] = database.owner_url
    alembic.revision(config, message=message, autogenerate=True)
