"""``dayi subscriber``."""

import logging

import click

from app import settings as setting_reader
from app.subscriber import CLIENT_ID, Listener
from app.wiring import open_platform
from telemetry.mqtt import Broker, Subscriber
from telemetry.topics import READINGS


@click.command("subscriber")
@click.option("--states/--no-states", default=True, help="also tell states from the readings")
@click.option("--client-id", default=CLIENT_ID, help="the persistent session's name")
def command(states: bool, client_id: str) -> None:
    """Store readings from the MQTT broker (MQTT_URL) and tell states (a part of dayi up)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    settings = setting_reader.read()
    if not settings.mqtt_url:
        raise click.UsageError("MQTT_URL says where the broker is")
    try:
        broker = Broker.at(settings.mqtt_url)
    except ValueError as refused:
        raise click.UsageError(f"MQTT_URL: {refused}") from refused
    platform = open_platform(settings)
    Listener(platform, Subscriber(broker, client_id, READINGS), states=states).run()
