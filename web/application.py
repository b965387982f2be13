"""The web application: every room of pages, wired to one database."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from flask import Flask

from engine.db import Announce
from web import access, database, errors, formats, health, layout, security, words
from web.signin import accounts, views
from web.signin.demo import Demo

#: The rooms of pages, each a package with ``views.blueprint``.
ROOMS = (
    *("portal", "inbox", "api", "monitor", "studio"),
    *("orders", "vouchers", "watch", "life", "bulletins", "evaluation"),
)


class WebSettings(Protocol):
    """What the web needs of the platform's settings."""

    @property
    def port(self) -> int: ...
    @property
    def home(self) -> Path: ...
    @property
    def demo(self) -> bool: ...
    @property
    def secret_key(self) -> str: ...


def make_app(
    settings: WebSettings,
    *,
    app_url: str,
    clock: object,
    announce: Announce | None = None,
    parts: Sequence[str] = (),
    demo: Demo | None = None,
) -> Flask:
    """Make the application.

    ``app_url`` is the application role's database URL; ``clock`` and ``announce`` go into every
    session; ``parts`` are the other processes whose signs of life /health waits for; ``demo`` is
    what the sign-in page offers in demo mode. Raises ValueError where the settings hold no secret
    key to sign sessions with.
    """
    if not settings.secret_key:
        raise ValueError("sessions cannot be signed without a secret key")
    app = Flask("web", root_path=str(Path(__file__).parent))
    app.config.update(PARTS=tuple(parts), DEMO=settings.demo, DAYI_HOME=settings.home)
    app.extensions["dayi-demo"] = demo if settings.demo else None
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    # The port is in the name: cookies do not know ports, and two platforms may share a host.
    security.init_security(
        app, secret_key=settings.secret_key, cookie=f"dayi_{settings.port}_session"
    )
    database.open_database(app, app_url, clock=clock, announce=announce)
    words.init_words(app)
    errors.init_errors(app)
    accounts.init_accounts(app)
    access.init_access(app)
    app.jinja_env.filters.update(formats.FILTERS)
    layout.init_layout(app)
    health.init_health(app)
    app.register_blueprint(views.blueprint)
    for room in ROOMS:
        rooms: Any = import_module(f"web.{room}.views")
        app.register_blueprint(rooms.blueprint)
    return app
