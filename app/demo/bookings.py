"""A month of bookings in the demo province, made through the real engine with a moved clock.

Three weeks of the past and the days to come: finished and rated, returned, silently accepted,
missed, cancelled, refused, lapsed, waiting. All of it is one transaction: there is a whole month
or none, and a second call changes nothing.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, exists, select
from sqlalchemy.orm import Session, sessionmaker

from app.demo.accounts import BY_LOGIN, GUIDE
from app.demo.booking_stories import Wish, answer, choose_story, wish
from app.doubles.inside import ProviderInside
from app.scenario_money import happenings
from domain.organisations import actors
from domain.organisations.models import Person, RoleGrant
from domain.payments.provider import instead
from engine import clock, instances, messages, operations, user_tasks
from engine.actors import SYSTEM, Actor
from engine.clock import FixedClock
from engine.db import set_scope
from engine.errors import MessageNotExpected
from engine.models import Instance, OpenTask
from engine.timeline import Timeline
from engine.values import ZONE

PROCESS = "booking"
PAST = timedelta(days=21)
REQUESTS = 100
#: People who use the platform more than others, by login order of the demo's people.
_KEEN = 3
_OPENS, _CLOSES = 8, 22
#: What people have left undone lately, and how much of it, so that their lists are not empty.
_LATELY = {
    "approve": timedelta(hours=30),
    "upload_result": timedelta(days=4),
    "confirm_result": timedelta(days=3),
    "rate": timedelta(days=4),
}
_LEFT = 0.6
#: Who asks the manager that visitors are shown first, and how many hours before the present.
_ASKING = (("chenyu", 20), ("lijuan", 9), ("zhoujing", 4))
_MANAGER = "wangfang"
#: Tasks that people do elsewhere: they pay at the provider, and its notice completes the task.
_ELSEWHERE = frozenset({"pay", "pay_difference"})


def seed(sessions: sessionmaker[Session], pay_at: str = "") -> int:
    """Make the month unless bookings have been made before; return the number of cases.

    The process must have been published and the province seeded. ``pay_at`` is the address at
    which payments that are left open can be paid afterwards.
    """
    with sessions() as session:
        set_scope(session, SYSTEM)
        if session.scalar(select(exists().where(Instance.process_key == PROCESS))):
            return 0
        present = clock.now(session)
    engine: Engine = sessions.kw["bind"]
    hands = FixedClock((present - PAST).replace(minute=0, second=0, microsecond=0))
    with engine.connect() as connection, connection.begin():
        stage = sessionmaker(
            connection,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
            info={"clock": hands, "announce": None},
        )
        before = operations.wire(stage)
        provider = ProviderInside(lambda: hands.at, base=pay_at)
        try:
            with instead(provider):
                return _Month(Timeline(stage, hands), present, provider).happen()
        finally:
            operations.wire(before)


@dataclass
class _Visit:
    """One person's booking and how it is meant to go."""

    case: UUID
    story: str
    wish: Wish
    person: UUID


@dataclass
class _Month:
    """What is going to happen, in order, and the people who do it."""

    timeline: Timeline
    present: datetime
    provider: ProviderInside
    # Reproducible data, no secret.
    chance: Random = field(default_factory=lambda: Random("a month of bookings"))  # noqa: S311
    queue: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    actors: dict[UUID, Actor] = field(default_factory=dict)
    cases: int = 0
    _order: "count[int]" = field(default_factory=count)

    def happen(self) -> int:
        """Let everything happen that lies before the present; return the number of cases."""
        people = self._people()
        weights = [3] * _KEEN + [1] * (len(people) - _KEEN)
        for number in range(REQUESTS):
            person = self.chance.choices(people, weights)[0]
            self.later(self._moment(number), partial(self.ask, person))
        for login, hours in _ASKING:
            person, manager = BY_LOGIN[login].person_id, BY_LOGIN[_MANAGER].person_id
            moment = self.present - timedelta(hours=hours)
            self.later(moment, partial(self.ask, person, "unanswered", manager))
        while self.queue and self.queue[0][0] <= self.present:
            moment, _, act = heapq.heappop(self.queue)
            self.timeline.move_to(moment)
            act()
        self.timeline.move_to(self.present)
        return self.cases

    def later(self, moment: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self.queue, (moment, next(self._order), act))

    def _moment(self, number: int) -> datetime:
        """Spread the requests evenly over the days, each at a waking hour of Shanghai."""
        day = self.present - PAST + PAST * number / REQUESTS
        local = day.astimezone(ZONE).replace(minute=0, second=0, microsecond=0)
        hour = self.chance.randint(_OPENS, _CLOSES - 1)
        moment = local.replace(hour=hour, minute=self.chance.randint(0, 59)).astimezone(UTC)
        return min(max(moment, self.timeline.clock.at), self.present)

    def _people(self) -> list[UUID]:
        with self.session(SYSTEM) as session:
            return list(
                session.scalars(
                    select(Person.public_id)
                    .join(RoleGrant, RoleGrant.person_id == Person.id)
                    .where(
                        RoleGrant.role == "applicant",
                        Person.unit_id.is_not(None),
                        Person.public_id != BY_LOGIN[GUIDE].person_id,
                    )
                    .order_by(Person.public_id)
                )
            )

    def actor(self, person: UUID) -> Actor:
        if person not in self.actors:
            with self.session(SYSTEM) as session:
                self.actors[person] = actors.load(session, person)
        return self.actors[person]

    def session(self, actor: Actor) -> Session:
        session = self.timeline.sessions()
        set_scope(session, actor)
        return session

    def ask(self, person: UUID, story: str = "", manager: UUID | None = None) -> None:
        """Book something, if anything suitable is free; perhaps of one manager's."""
        story = story or choose_story(self.chance)
        with self.session(SYSTEM) as session:
            found = wish(session, person, story, self.chance, manager)
        if found is None:
            return
        actor = self.actor(person)
        with self.session(actor) as session, session.begin():
            case = instances.start(session, PROCESS, actor=actor, data=found.data())
        self.cases += 1
        visit = _Visit(case.public_id, story, found, person)
        self.timeline.settle()
        self.follow(visit)
        if story in ("cancelled", "cancelled_late"):
            self.later(self._cancel_at(visit), partial(self.cancel, visit))

    def _cancel_at(self, visit: _Visit) -> datetime:
        now, start = self.timeline.clock.at, visit.wish.start
        latest = start - timedelta(hours=26 if visit.story == "cancelled" else 1)
        earliest = now if visit.story == "cancelled" else max(now, start - timedelta(hours=20))
        return earliest + max(latest - earliest, timedelta(0)) * self.chance.random()

    def cancel(self, visit: _Visit) -> None:
        actor = self.actor(visit.person)
        with self.session(actor) as session, session.begin():
            number = instances.read(session, visit.case).number
            try:
                messages.deliver(
                    session,
                    "booking.cancel",
                    number,
                    {"reason": self.chance.choice(("样品未到", "实验计划调整", "改用其他仪器"))},
                    actor=actor,
                    message_id=f"demo:{number}",
                )
            except MessageNotExpected:
                # It was refused or has lapsed before its owner thought of cancelling.
                return
        self.timeline.settle()

    def follow(self, visit: _Visit) -> None:
        """Look what waits in a case and settle when somebody will do it."""
        for task, element, person in self._waiting(visit):
            moment, data = self._answer(visit, element)
            if moment is not None and element in _ELSEWHERE:
                self.later(moment, partial(self.pay, visit, task))
            elif moment is not None and data is not None:
                self.later(moment, partial(self.do, visit, task, person, data))

    def _answer(
        self, visit: _Visit, element: str
    ) -> tuple[datetime | None, dict[str, object] | None]:
        now = self.timeline.clock.at
        if self.present - now < _LATELY.get(element, timedelta(0)) and self.chance.random() < _LEFT:
            return None, None
        return answer(element, visit.story, visit.wish, now, self.chance)

    def _waiting(self, visit: _Visit) -> list[tuple[UUID, str, UUID]]:
        """Return task, element and who will do it."""
        with self.session(SYSTEM) as session:
            rows = session.scalars(
                select(OpenTask)
                .join(Instance)
                .where(Instance.public_id == visit.case)
                .order_by(OpenTask.id)
            ).all()
            found = []
            for row in rows:
                others = [one for one in row.candidate_users if one != visit.person]
                person = row.assignee_id or (others[0] if others else None)
                if person is not None:
                    found.append((row.public_id, row.element_id, person))
            return found

    def pay(self, visit: _Visit, task: UUID) -> None:
        """Pay at the provider unless time or a cancellation has taken the task away."""
        with self.session(SYSTEM) as session, session.begin():
            if not session.scalar(select(exists().where(OpenTask.public_id == task))):
                return
            variables = self._variables(session, visit)
            happenings(self.provider)["pay"](session, variables, {})
        self.timeline.settle()
        self.follow(visit)

    def _variables(self, session: Session, visit: _Visit) -> dict[str, Any]:
        query = select(Instance.variables).where(Instance.public_id == visit.case)
        found: dict[str, Any] = session.scalars(query).one()
        return found

    def _with_voucher(
        self, session: Session, visit: _Visit, data: dict[str, object]
    ) -> dict[str, object]:
        """Fill in the first voucher of the list, where one is wanted."""
        if data.get("offset_choice") != "voucher":
            return data
        listed = self._variables(session, visit)["vouchers"]
        return {**data, "voucher_id": listed[0]["value"]}

    def do(self, visit: _Visit, task: UUID, person: UUID, data: dict[str, object]) -> None:
        """Complete a task unless time or a cancellation has taken it away."""
        actor = self.actor(person)
        with self.session(actor) as session, session.begin():
            if not session.scalar(select(exists().where(OpenTask.public_id == task))):
                return
            data = self._with_voucher(session, visit, data)
            user_tasks.complete(session, task, data, actor=actor)
        if data.get("result_decision") == "returned":
            visit.story = "finished"
        self.timeline.settle()
        self.follow(visit)
