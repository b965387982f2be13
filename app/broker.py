"""The embedded MQTT broker (amqtt): one process, loopback, for demonstrations and small houses.

It keeps sessions in memory and does not bring unacknowledged messages again after a subscriber
was killed (measured), so devices that must not lose anything need Mosquitto (``MQTT_URL``) or a
buffer of their own. A user may write the readings of the sensor it is named after and nothing
else; ``gateway`` writes for all sensors, ``platform`` reads them.
"""

import asyncio
import signal
from dataclasses import dataclass
from pathlib import Path

from amqtt.broker import Broker
from amqtt.contexts import Action, BaseContext
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from app.keys import mqtt_secret
from telemetry.credentials import GATEWAY, PLATFORM, is_right
from telemetry.topics import READINGS, sensor_of


class SensorAccounts(BaseAuthPlugin):
    """Lets in who knows the password of the name it gives."""

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        self.secret = mqtt_secret(Path(self._get_config_option("home", "")))

    async def authenticate(self, *, session: Session) -> bool:
        """Check one connection's name and password."""
        user, password = session.username or "", session.password or ""
        session.is_anonymous = False
        return bool(user) and is_right(self.secret, user, str(password))

    @dataclass
    class Config:
        """Where the broker's secret is kept."""

        home: str = ""


class SensorTopics(BaseTopicPlugin):
    """Keeps every user to the topic of its own name."""

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None,
        action: Action | None = None,
    ) -> bool:  # fmt: skip
        """Check one message or one subscription."""
        user = session.username if session else ""
        if action != Action.PUBLISH:
            return user == PLATFORM and (topic == READINGS or sensor_of(topic or "") is not None)
        sensor = sensor_of(topic or "")
        return sensor is not None and user in (sensor, GATEWAY)

    @dataclass
    class Config:
        """Nothing to configure."""


def serve(home: Path, port: int) -> None:
    """Run the broker on loopback until SIGTERM or SIGINT."""
    asyncio.run(_serve(home, port))


async def _serve(home: Path, port: int) -> None:
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "session_expiry_interval": 7 * 24 * 3600,
            "plugins": {
                "app.broker.SensorAccounts": {"home": str(home)},
                "app.broker.SensorTopics": {},
            },
        }
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    await broker.start()
    await stop.wait()
    await broker.shutdown()
