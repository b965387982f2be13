"""The subscriber process: readings from the broker into the database, states from readings.

One thread stores batches and acknowledges them after their commit; another tells the states of
instruments that have something new. Either may be killed at any moment: what was not
acknowledged comes again, what was stored twice counts once.
"""

import logging
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import FrameType

from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.surroundings import place_of
from app.wiring import Platform
from domain.instruments.models import Instrument
from engine import clock, heartbeats
from engine.actors import SYSTEM
from engine.db import set_scope
from telemetry import readings, telling
from telemetry.decoding import Message, Rejected, Sample, decode
from telemetry.mqtt import Delivery, Subscriber
from telemetry.readings import Stored
from telemetry.states import RULES

log = logging.getLogger(__name__)

CLIENT_ID = "dayi-subscriber"
#: Messages a transaction, seconds to wait for the first of them, seconds before trying again.
MOST = 2000
PATIENCE = 0.5
RETRY = 1.0
#: Seconds of silence after which the connection is made anew, and between two signs of life.
SILENT = 180.0
BEAT_EVERY = 5.0
STATES_EVERY = 20.0
FORGET_EVERY = 3600.0
#: Raw readings (level L3) are kept so long; states stay.
KEPT = timedelta(days=400)
#: Smaller differences between the platform's clock and this machine's are none.
_SAME = timedelta(seconds=2)


class Backlog:
    """Whether the broker may still be handing out what it kept while nobody listened."""

    #: Batches without a late message that end it, and seconds after which it ends anyway.
    CALM, LONGEST = 10, 3600.0

    def __init__(self) -> None:
        self.since: datetime | None = None
        self._calm = 0
        self._began = 0.0

    def begin(self, heard: datetime | None) -> None:
        """A connection was made; ``heard`` is when the last message before it came."""
        self.since, self._calm, self._began = heard, 0, time.monotonic()

    def look(self, batch: Sequence[Message]) -> None:
        """Note a stored batch."""
        if self.since is None:
            return
        limit = timedelta(minutes=RULES.skew_minutes)
        told = [decode(message) for message in (batch[0], batch[-1])]
        late = any(
            isinstance(each, Sample) and each.message.received_at - each.sent > limit
            for each in told
        )
        self._calm = 0 if late else self._calm + 1
        if self._calm >= self.CALM or time.monotonic() - self._began > self.LONGEST:
            self.since = None


class Intake:
    """Stores batches; a batch that cannot be stored is narrowed down to the message at fault."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.backlog = Backlog()
        self.heard: datetime | None = None

    def recall(self) -> None:
        """Look up when the last reading was received before this process began."""
        with self.platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            self.heard = session.scalar(text("select max(received_at) from sensor_pulse"))

    def store(self, messages: Sequence[Message]) -> Stored:
        """Store messages in one transaction, or each half by itself where that fails.

        Raises OperationalError while the database does not answer: nothing was stored then.
        """
        try:
            return self._store(messages)
        except OperationalError:
            raise
        except (SQLAlchemyError, ValueError, ArithmeticError) as failure:
            if len(messages) == 1:
                log.exception("a message cannot be stored: it goes into quarantine")
                return self._refuse(messages[0], failure)
            middle = len(messages) // 2
            one, two = self.store(messages[:middle]), self.store(messages[middle:])
            return Stored(*(a + b for a, b in zip(_counts(one), _counts(two), strict=True)))

    def _store(self, messages: Sequence[Message]) -> Stored:
        with self.platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            shift = clock.now(session) - datetime.now(UTC)
            if abs(shift) > _SAME:
                # The demo's clock was moved: messages come in its time.
                messages = [replace(m, received_at=m.received_at + shift) for m in messages]
            stored = readings.store(session, messages, backlog_since=self.backlog.since)
        self.backlog.look(messages)
        self.heard = max(message.received_at for message in messages)
        return stored

    def _refuse(self, message: Message, failure: Exception) -> Stored:
        with self.platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            detail = type(failure).__name__
            readings.quarantine(session, [Rejected(message, "not_storable", detail)])
        return Stored(0, 0, 1)


def _counts(stored: Stored) -> tuple[int, int, int]:
    return stored.kept, stored.repeated, stored.quarantined


class Listener:
    """The loop of the process, with a stop that lets the batch in hand finish."""

    def __init__(self, platform: Platform, subscriber: Subscriber, *, states: bool = True) -> None:
        self.platform, self.subscriber = platform, subscriber
        self.intake = Intake(platform)
        self.stopping = threading.Event()
        self.next_beat = 0.0
        self._connection = 0
        self._teller = threading.Thread(target=self._tell_states, name="states") if states else None

    def stop(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - signal's shape
        """Ask the loops to end."""
        self.stopping.set()

    def run(self) -> None:
        """Take in readings until stopped; a database that went away is waited for."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        self.intake.recall()
        self.subscriber.start()
        if self._teller is not None:
            self._teller.start()
        while not self.stopping.is_set():
            self.step()
        self.subscriber.stop()
        if self._teller is not None:
            self._teller.join(10)

    def step(self) -> int:
        """Take in one batch; return how many messages it held."""
        batch = self.subscriber.take(MOST, PATIENCE)
        if self.subscriber.connection != self._connection:
            self._connection = self.subscriber.connection
            self.intake.backlog.begin(self.intake.heard)
        if batch:
            self._keep(batch)
        self._watch()
        return len(batch)

    def _keep(self, batch: list[Delivery]) -> None:
        messages = [delivery.message for delivery in batch]
        while not self.stopping.is_set():
            try:
                self.intake.store(messages)
            except OperationalError:
                log.exception("the database does not answer; trying again")
                self.stopping.wait(RETRY)
                continue
            # Only now, after the commit: a crash before this line brings the batch again.
            self.subscriber.acknowledge(batch)
            return

    def _watch(self) -> None:
        if not self.subscriber.alive:
            raise RuntimeError("the network thread has ended")
        if self.subscriber.silence > SILENT:
            self.subscriber.reconnect()
        if time.monotonic() >= self.next_beat and self.subscriber.connected:
            self._beat()

    def _beat(self) -> None:
        self.next_beat = time.monotonic() + BEAT_EVERY
        try:
            with self.platform.sessions.begin() as session:
                heartbeats.beat(session, "subscriber")
        except OperationalError:
            log.warning("no sign of life could be written")

    def _tell_states(self) -> None:
        keeper = StateKeeper(self.platform)
        next_forget = time.monotonic() + FORGET_EVERY
        while not self.stopping.wait(STATES_EVERY):
            try:
                keeper.tick(self.stopping)
                if time.monotonic() >= next_forget:
                    next_forget = time.monotonic() + FORGET_EVERY
                    keeper.forget()
            except SQLAlchemyError:
                log.exception("states could not be told; trying again")


class StateKeeper:
    """Tells the states of instruments that have unclassified readings or fell silent."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def tick(self, stopping: threading.Event | None = None) -> int:
        """Tell all that is due, each instrument in its own transaction; return how many."""
        with self.platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            waiting = telling.due(session)
        told = 0
        for instrument_id in waiting:
            if stopping is not None and stopping.is_set():
                break
            try:
                told += self._update(instrument_id)
            except Exception:
                # One instrument's trouble must not keep the others from being told.
                log.exception("the states of instrument %s could not be told", instrument_id)
        return told

    def _update(self, instrument_id: int) -> bool:
        with self.platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            place = place_of(session.get_one(Instrument, instrument_id))
            return telling.update(session, place) is not None

    def forget(self) -> int:
        """Delete raw readings that are older than they may be."""
        with self.platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            return readings.forget(session, clock.now(session) - KEPT)
