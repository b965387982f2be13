"""The live sensors of the demo: they measure their made-up instruments and publish over MQTT.

They keep to the platform's clock, so that a demo clock that was moved takes them along.
"""

import logging
import signal
import threading
from datetime import timedelta
from types import FrameType

from app.demo.sensors import EVERY, Twin, remember, twins
from app.wiring import Platform
from engine import clock
from engine.actors import SYSTEM
from engine.db import set_scope
from telemetry.decoding import encode
from telemetry.intervals import Interval
from telemetry.mqtt import Publisher
from telemetry.readings import moment
from telemetry.topics import topic_of

log = logging.getLogger(__name__)

#: How far states are planned ahead; bookings made meanwhile show after that time.
_AHEAD = timedelta(minutes=10)
_BEHIND = timedelta(hours=30)


class Simulation:
    """Publishes each sensor's reading of every interval, spread evenly over it."""

    def __init__(self, platform: Platform, publisher: Publisher) -> None:
        self.platform, self.publisher = platform, publisher
        self.stopping = threading.Event()
        self.began = 0.0
        self._states: dict[int, list[Interval]] = {}
        self._planned_until = 0.0
        self._twins: list[Twin] = []

    def stop(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - signal's shape
        """Ask the loop to end."""
        self.stopping.set()

    def run(self) -> None:
        """Write the past where there is none, then publish until stopped."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        log.info("%s sensors were given a past", remember(self.platform.sessions, self.stopping))
        while not self.stopping.is_set() and not self.publisher.start(5):
            log.warning("the broker does not answer yet")
        last = 0
        while not self.stopping.is_set():
            present = self.present()
            tick = int(present // EVERY)
            if tick != last:
                last = tick
                self.publish(tick * EVERY)
            self.stopping.wait(1.0)
        self.publisher.stop()

    def present(self) -> float:
        """Return the platform's time, and plan ahead where it has run into the unplanned."""
        with self.platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            at = clock.now(session)
            self.began = self.began or at.timestamp()
            if at.timestamp() >= self._planned_until:
                self._twins = self._twins or twins(session)
                start, end = at - _BEHIND, at + _AHEAD
                self._states = {
                    twin.sensor_id: twin.states(session, start, end + timedelta(minutes=2))
                    for twin in self._twins
                }
                self._planned_until = end.timestamp()
        return at.timestamp()

    def publish(self, ts: int) -> int:
        """Publish one reading of every sensor that has one to tell; return how many."""
        count = 0
        for twin in self._twins:
            if twin.is_silent(ts, self.began) or self.stopping.is_set():
                continue
            told = twin.measure(self._states[twin.sensor_id], ts, ts + EVERY).readings
            for at, amps in zip(told.ts, told.amps, strict=True):
                payload = encode(0, int(at) // EVERY, moment(at), float(amps))
                self.publisher.publish(topic_of(twin.code), payload)
                count += 1
        return count
