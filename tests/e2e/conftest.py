"""A running platform with the demo province, a real browser, and axe."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import make_url, text
from werkzeug.serving import make_server

from app import demo
from app.database import Database
from app.demo import vouchers, web_accounts
from app.demo.accounts import MAIN_ACCOUNTS, PASSWORD
from app.doubles.payment_provider import Institution, make_sandbox
from app.doubles.store import Store
from app.payments import NOTICES
from domain.payments import provider
from domain.payments.http_provider import HttpProvider, Keys
from engine import definitions, operations
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.db import connect, make_sessions, set_scope
from tests.payment_desk import serving
from web.application import make_app
from web.database import db
from web.signin.demo import Demo

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PROCESSES = Path(__file__).resolve().parents[2] / "processes"
MERCHANT = "dayi"
#: A Monday, 09:00 in Shanghai; the browser's own clock may say something else.
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DESK, PHONE = (1280, 900), (360, 740)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@dataclass
class Settings:
    home: Path
    port: int = 0
    demo: bool = True
    secret_key: str = "for browser tests only"


@dataclass
class Platform:
    """A running copy of the platform: its address, its clock and its database."""

    url: str
    clock: FixedClock
    database: Database
    pay_here: Callable[[], None]


@pytest.fixture(scope="session")
def e2e_database(template: Database) -> Iterator[Database]:
    """One database for all browser tests: the demo province and the shipped processes."""
    name = "dayi_e2e"
    admin_url = make_url(template.owner_url).set(username="postgres", database="postgres")
    admin = connect(admin_url.render_as_string(hide_password=False), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(
            text(f'create database "{name}" template template_dayi owner dayi_owner')
        )
    database = Database(
        make_url(template.owner_url).set(database=name).render_as_string(hide_password=False),
        make_url(template.app_url).set(database=name).render_as_string(hide_password=False),
    )
    _fill(database)
    yield database
    with admin.connect() as connection:
        connection.execute(text(f'drop database "{name}" with (force)'))
    admin.dispose()


def _fill(database: Database) -> None:
    operations.discover("handlers")
    engine = connect(database.app_url)
    with make_sessions(engine, clock=FixedClock(NOW)).begin() as session:
        set_scope(session, SYSTEM)
        demo.seed(session)
        web_accounts.seed(session)
        for folder in sorted(path.parent for path in PROCESSES.glob("*/process.bpmn")):
            definitions.publish(session, definitions.read_folder(folder), actor=SYSTEM)
    vouchers.seed(make_sessions(engine, clock=FixedClock(NOW)))
    engine.dispose()


@pytest.fixture(scope="session")
def platform(
    e2e_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """The web on a free port, in a thread of this process; jobs run where they are announced."""
    clock = FixedClock(NOW)
    application = make_app(
        Settings(tmp_path_factory.mktemp("home")),
        app_url=e2e_database.app_url,
        clock=clock,
        demo=Demo(MAIN_ACCOUNTS, PASSWORD),
    )
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    with payment_sandbox(base, tmp_path_factory.mktemp("sandbox")) as pay_here:
        yield Platform(base, clock, e2e_database, pay_here)
    server.shutdown()
    thread.join()
    server.server_close()
    with application.app_context():
        db.engine.dispose()


@contextmanager
def payment_sandbox(base: str, folder: Path) -> Iterator[Callable[[], None]]:
    """Serve a payment provider that tells the platform who has paid; yield what makes it ours.

    Each window asks for it anew: tests of other files in this process wire providers of their own.
    """
    ours, theirs = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    store = Store(folder / "sandbox.sqlite")
    sandbox = make_sandbox(
        Institution(store, theirs, MERCHANT, ours.public_key(), f"{base}{NOTICES}")
    )
    courier = sandbox.extensions["courier"].start()
    with serving(sandbox) as bank:
        yield partial(
            provider.wire,
            HttpProvider(bank, Keys(MERCHANT, ours, theirs.public_key())),
            seal=provider.Seal(MERCHANT, theirs.public_key()),
            return_url=f"{base}/orders/{{order}}",
        )
        provider.wire(None)
    courier.stop()
    store.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium; without it these tests are skipped, but never in CI."""
    if not Path(CHROMIUM).exists():
        reason = "browser tests need chromium (apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; in CI they may not be left out", pytrace=False)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=FLAGS, chromium_sandbox=False
        )
        yield started
        started.close()


@dataclass
class Visit:
    """One person's browser window."""

    page: Page
    platform: Platform
    problems: list[str]

    def open(self, path: str) -> Page:
        """Go to an address of the platform."""
        self.page.goto(self.platform.url + path, wait_until="networkidle")
        return self.page

    def sign_in(self, login: str, *, then: str = "/") -> Page:
        """Sign in by the form, as a person does."""
        self.page.goto(f"{self.platform.url}/sign-in?next={then}")
        self.page.fill("#login", login)
        self.page.fill("#password", PASSWORD)
        self.page.click("#sign-in button[type=submit]")
        self.page.wait_for_url(lambda url: "/sign-in" not in url)
        self.page.wait_for_load_state("networkidle")
        return self.page

    def speak(self, language: str) -> None:
        """Switch the language of the pages."""
        self.page.goto(f"{self.platform.url}/language/{language}?next=/")

    def check(self) -> None:
        """Fail on any finding of axe, on sideways scrolling and on anything the console says."""
        found = Axe().run(self.page, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px wider than the window"
        assert self.problems == []

    def shoot(self, name: str) -> None:
        """Keep a picture of the whole page where SHOTS says so."""
        folder = os.environ.get("SHOTS")
        if folder:
            self.page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.fixture
def visit(platform: Platform, browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Open a browser window: ``visit()``, ``visit(size=PHONE, language="en")``."""
    opened: list[BrowserContext] = []
    platform.pay_here()

    def begin(size: tuple[int, int] = DESK, language: str = "zh") -> Visit:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            has_touch=size == PHONE,
            timezone_id="America/New_York",  # pages must not depend on the reader's zone
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        opened.append(context)
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda message: problems.append(message.text) if message.type == "error" else None,
        )
        visited = Visit(page, platform, problems)
        if language != "zh":
            visited.speak(language)
        return visited

    yield begin
    for context in opened:
        context.close()
