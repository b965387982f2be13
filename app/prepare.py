"""What must be there before the platform opens: published processes, and demo data if wanted."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click

from app.database import Database
from app.payments import sandbox_url
from app.settings import Settings
from app.wiring import Platform, open_platform
from domain.dedup import training
from domain.instruments import catalogue
from engine import definitions
from engine.actors import SYSTEM
from engine.db import set_scope
from engine.errors import InvalidDefinition

PROCESSES = Path(__file__).resolve().parent.parent / "processes"

Step = Callable[[str], AbstractContextManager[None]]


def process_folders() -> list[Path]:
    """Return the folders of the processes that ship with the platform."""
    return sorted(p for p in PROCESSES.iterdir() if p.is_dir() and list(p.glob("*.bpmn")))


def publish_missing(platform: Platform) -> list[str]:
    """Publish the shipped processes that this database does not know yet; return their keys.

    A process that officials have changed since stays as they left it.
    """
    published = []
    with platform.sessions.begin() as session:
        set_scope(session, SYSTEM)
        known = {definition.key for definition in definitions.processes(session)}
        for folder in process_folders():
            resources = definitions.read_folder(folder)
            keys = {r.key for r in resources if r.kind == "bpmn"}
            if keys & known:
                continue
            try:
                definitions.publish(session, resources, actor=SYSTEM, note="随平台发布")
            except InvalidDefinition as refused:
                sentences = "\n".join(p.sentence("zh") for p in refused.problems)
                raise click.ClickException(f"{folder.name}:\n{sentences}") from refused
            published += sorted(keys)
    return published


def prepare(settings: Settings, database: Database, step: Step) -> None:
    """Publish what ships and, in demo mode, make the demo province."""
    with step("流程 / processes"):
        platform = open_platform(settings, database)
        publish_missing(platform)
    if settings.demo:
        with step("演示省：单位、人员、仪器 / demo province"):
            make_province(platform)
        with step("一个月的预约 / a month of bookings"):
            make_month(platform)
        with step("创新券 / vouchers"):
            make_vouchers(platform)
        with step("传感器 / sensors"):
            make_sensors(platform)
    with step("检索索引与查重模型 / index and scorers"):
        make_findable(platform)
    if settings.demo:
        with step("购置、入网、开放 / purchases, entries, sharing"):
            make_lives(platform)
    platform.sessions.kw["bind"].dispose()


def make_findable(platform: Platform) -> None:
    """Bring the index up to date and train the scorers of likes, where they are not there yet."""
    with platform.sessions.begin() as session:
        set_scope(session, SYSTEM)
        catalogue.refresh(session)
    training.judge()


def make_province(platform: Platform) -> None:
    """Make the demo's units, people, accounts and instruments; a second call changes nothing."""
    from app.demo import seed, web_accounts  # noqa: PLC0415 - demo mode only

    with platform.sessions.begin() as session:
        set_scope(session, SYSTEM)
        seed(session)
        web_accounts.seed(session)


def make_lives(platform: Platform) -> None:
    """Let purchases, entries and sharing plans happen; a second call changes nothing."""
    from app.demo import life_stories  # noqa: PLC0415 - demo mode only

    life_stories.seed(platform.sessions)


def make_month(platform: Platform) -> None:
    """Let a month of bookings happen through the real engine; a second call changes nothing."""
    from app.demo import bookings, payments  # noqa: PLC0415 - demo mode only

    settings = platform.settings
    if bookings.seed(platform.sessions, sandbox_url(settings)) and settings.has_sandbox:
        payments.teach_sandbox(platform.sessions, settings.sandbox_books)


def make_vouchers(platform: Platform) -> None:
    """Make the demo's pools and vouchers; a second call changes nothing.

    After the month of bookings: nobody in it had a voucher to choose.
    """
    from app.demo import vouchers  # noqa: PLC0415 - demo mode only

    vouchers.seed(platform.sessions)


def make_sensors(platform: Platform) -> None:
    """Put sensors on demo instruments; a second call changes nothing."""
    from app.demo import sensors  # noqa: PLC0415 - demo mode only

    sensors.install(platform.sessions)
