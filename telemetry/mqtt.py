"""The only place that speaks MQTT: a subscriber that acknowledges what was kept, a publisher.

What the measurements taught: a message is acknowledged only after its commit (``manual_ack``);
the session is persistent under a fixed client id, so that the broker keeps what comes while
nobody listens; acknowledgements belong to the connection that delivered, so after a reconnect the
pending ones are dropped and the messages awaited again; an exception in a callback would end the
network thread while the client still says that it is connected, so none leaves one.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, Full, Queue
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from telemetry.decoding import Message

log = logging.getLogger(__name__)

QOS = 1
_KEEPALIVE = 30
_RETRY_AT_MOST = 10
#: Messages that may wait in memory; beyond that the network thread waits, and TCP with it.
_WAITING = 50_000
_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True)
class Broker:
    """Where a broker is and who asks there."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: bool = False

    @classmethod
    def at(cls, url: str) -> "Broker":
        """Read ``mqtt://user:password@host:port`` (``mqtts`` for TLS); raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("an address such as mqtt://user:password@host:1883 is needed")
        return cls(
            parts.hostname,
            parts.port or _PORTS[parts.scheme],
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            parts.scheme == "mqtts",
        )

    def client(self, client_id: str, *, persistent: bool, manual: bool) -> Client:
        """Return a client that is not connected yet."""
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=not persistent,
            manual_ack=manual,
        )
        if self.user:
            client.username_pw_set(self.user, self.password)
        if self.tls:
            client.tls_set()
        client.reconnect_delay_set(1, _RETRY_AT_MOST)
        return client


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way in; ``connection`` is the number of the one that brought it."""

    message: Message
    mid: int
    connection: int


class Subscriber:
    """Listens to one topic filter and hands out batches; see the module's sentence."""

    def __init__(self, broker: Broker, client_id: str, topic: str) -> None:
        self.broker, self.topic = broker, topic
        self.connection = 0
        self.connected = False
        self.last_message = time.monotonic()
        self._waiting: Queue[Delivery] = Queue(_WAITING)
        self._stopping = threading.Event()
        self._client = broker.client(client_id, persistent=True, manual=True)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._thread = threading.Thread(target=self._work, name="mqtt", daemon=True)

    def start(self) -> None:
        """Connect, and keep connecting, in a thread of its own."""
        self._client.connect_async(self.broker.host, self.broker.port, _KEEPALIVE)
        self._thread.start()

    def stop(self) -> None:
        """End the connection; what was not acknowledged stays with the broker."""
        self._stopping.set()
        self._client.disconnect()
        self._thread.join(5)

    def reconnect(self) -> None:
        """Give the connection up and make a new one (the watchdog's remedy for silence)."""
        log.warning("no message for %.0f s; connecting anew", self.silence)
        self.last_message = time.monotonic()
        sock = self._client.socket()
        if sock is not None:
            # The network thread finds its socket closed and connects again by itself.
            sock.close()

    @property
    def alive(self) -> bool:
        """Tell whether the network thread runs; ``connected`` alone would not show its death."""
        return self._thread.is_alive()

    @property
    def silence(self) -> float:
        """Return the seconds since the last message, or since the start."""
        return time.monotonic() - self.last_message

    def take(self, most: int, patience: float) -> list[Delivery]:
        """Return up to ``most`` deliveries; wait ``patience`` seconds for the first."""
        try:
            batch = [self._waiting.get(timeout=patience)]
        except Empty:
            return []
        while len(batch) < most:
            try:
                batch.append(self._waiting.get_nowait())
            except Empty:
                break
        # What an earlier connection brought will be brought again.
        return [each for each in batch if each.connection == self.connection]

    def acknowledge(self, batch: Sequence[Delivery]) -> None:
        """Tell the broker that these messages are kept; an earlier connection's are left out."""
        for each in batch:
            if each.connection == self.connection:
                self._client.ack(each.mid, QOS)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._client.loop_forever(retry_first_connection=True)
            except Exception:
                log.exception("the network loop failed; starting it again")
                self.connected = False
                self._stopping.wait(1)

    def _on_connect(
        self, client: Client, userdata: object, flags: ConnectFlags, reason: ReasonCode,  # noqa: ARG002
        properties: Properties | None,  # noqa: ARG002 - paho's shape
    ) -> None:  # fmt: skip
        if reason.is_failure:
            log.error("the broker refused the connection: %s", reason)
            return
        self.connection += 1
        self.connected = True
        log.info("connected (%s session)", "known" if flags.session_present else "new")
        # Also in a known session: the filter may have changed since it was made.
        client.subscribe(self.topic, QOS)

    def _on_disconnect(
        self, client: Client, userdata: object, flags: DisconnectFlags, reason: ReasonCode,  # noqa: ARG002
        properties: Properties | None,  # noqa: ARG002 - paho's shape
    ) -> None:  # fmt: skip
        self.connected = False
        log.info("disconnected: %s", reason)

    def _on_message(self, client: Client, userdata: object, told: MQTTMessage) -> None:  # noqa: ARG002
        try:
            self.last_message = time.monotonic()
            message = Message(_topic(told), bytes(told.payload), datetime.now(UTC))
            self._put(Delivery(message, told.mid, self.connection))
        except Exception:
            # Not acknowledged, so not lost: the broker brings it again after the next connect.
            log.exception("a message could not be taken in")

    def _put(self, delivery: Delivery) -> None:
        while not self._stopping.is_set():
            try:
                self._waiting.put(delivery, timeout=1)
            except Full:
                continue
            return


def _topic(told: MQTTMessage) -> str:
    try:
        return told.topic
    except UnicodeDecodeError:
        return ""


class Publisher:
    """Sends readings as a device or a gateway does (QoS 1)."""

    def __init__(self, broker: Broker, client_id: str) -> None:
        self.broker = broker
        self._client = broker.client(client_id, persistent=False, manual=False)
        self._client.max_inflight_messages_set(1000)
        self._client.max_queued_messages_set(20_000)
        self._connected = threading.Event()
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect

    def start(self, patience: float = 30.0) -> bool:
        """Connect in the background; return whether that was done within ``patience`` seconds."""
        self._client.connect_async(self.broker.host, self.broker.port, _KEEPALIVE)
        self._client.loop_start()
        return self._connected.wait(patience)

    @property
    def connected(self) -> bool:
        """Tell whether messages leave at this moment."""
        return self._connected.is_set()

    def publish(self, topic: str, payload: bytes) -> Callable[[], bool]:
        """Send one message; return a function that says whether the broker has taken it."""
        return self._client.publish(topic, payload, QOS).is_published

    def stop(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self, client: Client, userdata: object, flags: ConnectFlags, reason: ReasonCode,  # noqa: ARG002
        properties: Properties | None,  # noqa: ARG002 - paho's shape
    ) -> None:  # fmt: skip
        if reason.is_failure:
            log.error("the broker refused the connection: %s", reason)
        else:
            self._connected.set()

    def _on_disconnect(self, *args: object) -> None:  # noqa: ARG002 - paho's shape
        self._connected.clear()
