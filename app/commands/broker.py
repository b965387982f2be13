"""``dayi broker``."""

import logging

import click

from app import settings as setting_reader


@click.command("broker")
def command() -> None:
    """Run the embedded MQTT broker on MQTT_PORT until stopped (a part of dayi up)."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    from app.broker import serve  # noqa: PLC0415 - its library is needed by nothing else

    settings = setting_reader.read()
    serve(settings.home, settings.mqtt_port)
