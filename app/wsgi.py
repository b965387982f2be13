"""The web server's entry: gunicorn calls ``application``."""

from flask import Flask

from app import settings as setting_reader
from app.wiring import open_platform
from web.application import make_app


def application() -> Flask:
    """Make the web application from the environment's settings."""
    settings = setting_reader.read()
    platform = open_platform(settings)
    return make_app(
        settings,
        app_url=platform.database.app_url,
        clock=platform.clock,
        announce=platform.announce,
    )
