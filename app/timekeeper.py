"""The timers process: wakes what is due, rings again for waiting jobs, signs checkpoints, and
keeps the index of instruments in step with the rows.

Everything it does is safe to repeat and safe to be killed: rows are taken with SKIP LOCKED and
each case is moved in its own transaction.
"""

import logging
import signal
import time
from datetime import UTC, date, datetime
from types import FrameType

from sqlalchemy.exc import OperationalError

from app.keys import checkpoint_key
from app.wiring import Platform
from domain import vouchers
from domain.instruments import catalogue
from domain.payments import late, provider, reconciliation
from domain.payments.errors import PaymentError
from engine import checkpoints, heartbeats, jobs, messages, tasks, timers
from engine.actors import SYSTEM
from engine.db import set_scope

log = logging.getLogger(__name__)

#: Seconds between two looks at the timer table, and between two checkpoints.
TICK = 0.5
CHECKPOINT_EVERY = 60.0
BEAT_EVERY = 5.0
#: Seconds between two looks for late money without a refund and for days to compare.
BOOKS_EVERY = 60.0
#: Seconds between two looks whether the index of instruments is in step, and two counts of it.
INDEX_EVERY = 1.0
COUNT_EVERY = 300.0


class Timekeeper:
    """The loop, with a stop that lets the current case finish."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.stopping = False
        self.next_checkpoint = time.monotonic() + CHECKPOINT_EVERY
        self.next_beat = time.monotonic()
        self.next_books = time.monotonic() + BEAT_EVERY
        self.next_index = time.monotonic()
        self.next_count = time.monotonic() + COUNT_EVERY

    def stop(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - signal's shape
        """Ask the loop to end after the case in hand."""
        self.stopping = True

    def run(self) -> None:
        """Tick until stopped; a database that went away is waited for."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        while not self.stopping:
            try:
                self.tick()
            except OperationalError:
                log.exception("the database does not answer; trying again")
            time.sleep(TICK)

    def tick(self) -> int:
        """Wake all that is due once; return how many timers were fired."""
        fired = self._wake_due()
        self._hand_over()
        with self.platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            waiting = jobs.sweep(session)
        if waiting:
            self.platform.announce(waiting)
        if time.monotonic() >= self.next_checkpoint:
            self._checkpoint()
        if time.monotonic() >= self.next_beat:
            self._beat()
        if time.monotonic() >= self.next_books:
            self._keep_books()
        if time.monotonic() >= self.next_index:
            self._keep_index()
        return fired

    def _keep_index(self) -> None:
        self.next_index = time.monotonic() + INDEX_EVERY
        with self.platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            try:
                catalogue.refresh(session)
                if time.monotonic() >= self.next_count:
                    self.next_count = time.monotonic() + COUNT_EVERY
                    catalogue.check(session)
            except (OSError, ValueError):
                # A full disk or a damaged index must not keep the timers from their work.
                log.exception("the index of instruments could not be written; trying again")

    def _beat(self) -> None:
        with self.platform.sessions.begin() as session:
            heartbeats.beat(session, "timers")
        # The worker answers over the broker, which shows that both work.
        tasks.pulse()
        self.next_beat = time.monotonic() + BEAT_EVERY

    def _wake_due(self) -> int:
        with self.platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            due = timers.due(session)
        fired = 0
        for timer_id in due:
            if self.stopping:
                break
            with self.platform.sessions.begin() as session:
                set_scope(session, SYSTEM)
                fired += timers.wake(session, timer_id)
        return fired

    def _hand_over(self) -> None:
        with self.platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            due = messages.due(session)
        for message_id in due:
            with self.platform.sessions.begin() as session:
                set_scope(session, SYSTEM)
                messages.hand_over(session, message_id)

    def _checkpoint(self) -> None:
        with self.platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            checkpoints.checkpoint(session, checkpoint_key(self.platform.settings.home))
        self.next_checkpoint = time.monotonic() + CHECKPOINT_EVERY

    def _keep_books(self) -> None:
        """Start refunds that could not be started, end vouchers, compare the complete days.

        A provider that does not answer is asked again at the next turn.
        """
        self.next_books = time.monotonic() + BOOKS_EVERY
        with self.platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            late.start_refunds(session)
            days = reconciliation.missing_days(session, at=datetime.now(UTC))
        with self.platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            # A voucher's own case ends it too; whoever comes first, it ends once.
            vouchers.expire_due(session)
        try:
            for day in days:
                self._compare(day)
        except PaymentError as error:
            log.warning("the day could not be compared with the provider: %s", error)

    def _compare(self, day: date) -> None:
        with self.platform.sessions.begin() as session:
            desk = provider.of(session)
        statement = desk.statement(day)
        with self.platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            result = reconciliation.reconcile(session, statement)
            log.info("%s compared: %d difference(s)", day, len(result.differences))
