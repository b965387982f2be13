"""``dayi simulator``."""

import logging

import click

from app import settings as setting_reader
from app.keys import mqtt_secret
from app.simulated_sensors import Simulation
from app.wiring import open_platform
from telemetry.credentials import GATEWAY, password_of
from telemetry.mqtt import Broker, Publisher


@click.command("simulator")
def command() -> None:
    """Publish the current of the demo's instruments to the embedded broker (a part of dayi up)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    settings = setting_reader.read()
    if not settings.demo:
        raise click.UsageError("only in demo mode (DAYI_MODE=demo)")
    password = password_of(mqtt_secret(settings.home), GATEWAY)
    broker = Broker("127.0.0.1", settings.mqtt_port, GATEWAY, password)
    Simulation(open_platform(settings), Publisher(broker, "dayi-simulator")).run()
