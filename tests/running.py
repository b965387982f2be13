"""A platform whose parts are children of the test, which may kill and replace them."""

import os
import shutil
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app import settings as setting_reader
from app.database import Database, migrate, open_database
from app.prepare import make_province, make_vouchers, publish_missing
from app.settings import Settings
from app.up import Part, child_environment, parts, stop_all, wait_until_ready
from app.wiring import open_platform


@dataclass
class Running:
    """The parts, what was killed, and where the platform answers."""

    settings: Settings
    database: Database
    children: list[Part]
    kills: Counter[str] = field(default_factory=Counter)

    @property
    def base(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self.settings.port}"

    def watch(self) -> None:
        """Start what is not running."""
        for part in self.children:
            part.deaths = 0
            part.watch(child_environment(self.settings, self.database))


def free_port() -> int:
    """Return a port that nobody listens on, nor on the next one (the payment sandbox's)."""
    while True:
        with socket.socket() as probe, socket.socket() as following:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
            try:
                following.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


@contextmanager
def prepared(broker_url: str = "") -> Iterator[Running]:
    """Prepare a demo province without its month of bookings, in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="dayi-running-"))
    folder.chmod(0o755)
    before = dict(os.environ)
    os.environ.update(DAYI_HOME=str(folder), DAYI_MODE="demo", PORT=str(free_port()))
    os.environ.update(DATABASE_URL="", APP_DATABASE_URL="", BROKER_URL=broker_url)
    settings = setting_reader.read()
    database = open_database(settings)
    migrate(database)
    platform = open_platform(settings, database)
    publish_missing(platform)
    make_province(platform)
    make_vouchers(platform)
    platform.sessions.kw["bind"].dispose()
    running = Running(settings, database, parts(settings))
    try:
        yield running
    finally:
        stop_all(running.children)
        database.server.stop()
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def kept_running(running: Running) -> Iterator[None]:
    """Restart whatever dies, as the supervisor does, until the block ends."""
    stopped = threading.Event()

    def supervise() -> None:
        while not stopped.is_set():
            running.watch()
            time.sleep(0.05)

    thread = threading.Thread(target=supervise)
    thread.start()
    try:
        wait_until_ready(running.settings, lambda: None)
        yield
    finally:
        stopped.set()
        thread.join()
