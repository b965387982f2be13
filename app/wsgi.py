"""The web server's entry: gunicorn calls ``application``."""

from dataclasses import replace

from flask import Flask

from app import settings as setting_reader
from app.keys import session_key
from app.wiring import open_platform
from web.application import make_app
from web.signin.demo import Demo

#: The other parts that must have shown signs of life before /health says that all is ready.
PARTS = ("worker", "timers")


def application() -> Flask:
    """Make the web application from the environment's settings."""
    settings = setting_reader.read()
    platform = open_platform(settings)
    key = settings.secret_key or session_key(settings.home)
    return make_app(
        replace(settings, secret_key=key),
        app_url=platform.database.app_url,
        clock=platform.clock,
        announce=platform.announce,
        parts=PARTS,
        demo=_demo() if settings.demo else None,
    )


def _demo() -> Demo:
    from app.demo.accounts import MAIN_ACCOUNTS, PASSWORD  # noqa: PLC0415 - demo mode only

    return Demo(MAIN_ACCOUNTS, PASSWORD)
