"""Purchases, entries and sharing in several stages, made through the real engine.

Few and fast: one transaction with a clock moved through the last weeks; a second call changes
nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, exists, select
from sqlalchemy.orm import Session, sessionmaker

from app.demo.accounts import BY_LOGIN
from app.demo.life_answers import (
    CONTACT,
    FIELDS,
    JOINT,
    OPINION,
    PLAN,
    SMALL,
)
from app.national_inside import NationalInside, SensorsInside
from domain.entries import national, signals
from domain.instruments.models import Instrument
from domain.organisations import actors
from domain.purchases import Purchase
from engine import clock, instances, operations, user_tasks
from engine.actors import SYSTEM, Actor
from engine.clock import FixedClock
from engine.db import set_scope
from engine.models import Instance, OpenTask
from engine.timeline import Timeline
from engine.values import tag

PROCESS = "purchase_review"
_PAST = timedelta(days=9)
_MANAGER, _ADMINISTRATOR = "wangfang", "liuyang"
_DEPARTMENTS = {
    "science_opinion": "chenjie",
    "finance_opinion": "zhengyan",
    "education_opinion": "xiaoyun",
}


def seed(sessions: sessionmaker[Session]) -> int:
    """Make the cases unless there are purchases already; return the number of cases."""
    with sessions() as session:
        set_scope(session, SYSTEM)
        if session.scalar(select(exists().where(Instance.process_key == PROCESS))):
            return 0
        present = clock.now(session)
    engine: Engine = sessions.kw["bind"]
    hands = FixedClock(present - _PAST)
    with engine.connect() as connection, connection.begin():
        stage = sessionmaker(
            connection,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
            info={"clock": hands, "announce": None},
        )
        before = operations.wire(stage)
        national.wire_played(NationalInside())
        signals.wire_played(SensorsInside())
        try:
            return _Stories(Timeline(stage, hands), present).happen()
        finally:
            operations.wire(before)
            national.wire_played(None)
            signals.wire_played(None)


@dataclass
class _Stories:
    """The people, the clock and what they do, case by case."""

    timeline: Timeline
    present: datetime
    actors: dict[UUID, Actor] = field(default_factory=dict)
    cases: int = 0

    def happen(self) -> int:
        """Let every story run to the stage at which it waits; return the number of cases."""
        stories: tuple[Callable[[], None], ...] = (
            self.bought_and_entered,
            self.with_experts,
            self.with_departments,
            self.with_the_leader,
            self.to_be_corrected,
            self.from_stock,
            self.new_prices,
        )
        for story in stories:
            story()
        self.timeline.move_to(self.present)
        return self.cases

    def bought_and_entered(self) -> None:
        """A purchase approved by everybody, whose entry waits for the science department."""
        case = self.start(PROCESS, _MANAGER, {"application": JOINT})
        self._departments(case)
        for _ in range(3):
            self.do(case, "give_opinion", None, OPINION)
        self.do(case, "decide", "chenjie", {"decision": "approve", "decision_text": "同意购置一台"})
        entry = self.start("network_entry", _MANAGER, self._card(case))
        self.do(entry, "complete_fields", _MANAGER, {"fields": tag(FIELDS), "contact": CONTACT})
        self.do(entry, "review_fields", _ADMINISTRATOR, {"review": "right"})
        self.do(entry, "arrange_sensor", _MANAGER, {"sensor_choice": "sensor", "sensor": "CT-9001"})
        self.timeline.move_to(self.timeline.clock.at + timedelta(days=1, minutes=1))

    def _card(self, case: UUID) -> dict[str, Any]:
        with self.session(SYSTEM) as session:
            purchase = session.scalar(select(Purchase.public_id).where(Purchase.case_id == case))
            return {
                "asset_no": "ZC-2026-0101",
                "name": JOINT["name"],
                "worth_wan": 318.5,
                "accepted_on": tag(clock.now(session).date()),
                "public_money": True,
                "research_use": True,
                "purchase_id": str(purchase),
            }

    def with_experts(self) -> None:
        """A purchase on which one expert of three has spoken."""
        case = self.start(PROCESS, _MANAGER, {"application": {**JOINT, "project": "代谢组平台"}})
        self._departments(case)
        self.do(case, "give_opinion", None, OPINION)

    def with_departments(self) -> None:
        """A purchase that finance and education still have to sign."""
        case = self.start(PROCESS, _MANAGER, {"application": {**JOINT, "project": "环境监测平台"}})
        self.do(case, "science_opinion", "chenjie", _view("支持学科布局"))

    def _departments(self, case: UUID) -> None:
        for element, login in _DEPARTMENTS.items():
            self.do(case, element, login, _view("同意"))

    def with_the_leader(self) -> None:
        """A smaller purchase that the unit's leader decides."""
        self.start(PROCESS, _MANAGER, {"application": SMALL})

    def to_be_corrected(self) -> None:
        """A bundle, sent back to its applicant."""
        self.start(PROCESS, _MANAGER, {"application": {**SMALL, "name": "红外光谱仪一批"}})

    def from_stock(self) -> None:
        """An old instrument of the unit whose entry is overdue."""
        found = self._instrument()
        card = {
            "asset_no": "ZC-2021-0007",
            "name": found.name_zh,
            "worth_wan": found.worth_fen / 1_000_000,
            "accepted_on": tag(found.begin_date),
            "public_money": True,
            "research_use": True,
            "stock_id": str(found.public_id),
        }
        self.start("network_entry", _MANAGER, card)

    def new_prices(self) -> None:
        """A plan with new prices that the unit has to approve."""
        found = self._instrument()
        first = (self.present + timedelta(days=14)).date()
        plan = {**PLAN, "valid_from": tag(first)}
        self.start("sharing", _MANAGER, {"instrument_id": str(found.public_id), "plan": plan})

    def _instrument(self) -> Instrument:
        manager = BY_LOGIN[_MANAGER].person_id
        with self.session(SYSTEM) as session:
            return session.scalars(
                select(Instrument)
                .where(
                    Instrument.manager_ids.contains([manager]),
                    Instrument.share_mode == "external",
                    Instrument.lifecycle == "online",
                )
                .order_by(Instrument.id)
                .limit(1)
            ).one()

    def start(self, process: str, login: str, data: Mapping[str, Any]) -> UUID:
        """Start a case and let everything happen that can."""
        actor = self.actor(BY_LOGIN[login].person_id)
        with self.session(actor) as session, session.begin():
            case = instances.start(session, process, actor=actor, data=data)
        self.cases += 1
        self.timeline.settle()
        return case.public_id

    def do(self, case: UUID, element: str, login: str | None, data: Mapping[str, Any]) -> None:
        """Complete a task as somebody; without a login as the first whom it is offered to."""
        with self.session(SYSTEM) as session:
            task = session.scalars(
                select(OpenTask)
                .join(Instance)
                .where(Instance.public_id == case, OpenTask.element_id == element)
                .order_by(OpenTask.id)
            ).first()
        if task is None:
            raise LookupError(f"{element} does not wait")
        person = BY_LOGIN[login].person_id if login else _offered(task)
        actor = self.actor(person)
        with self.session(actor) as session, session.begin():
            user_tasks.complete(session, task.public_id, data, actor=actor)
        self.timeline.settle()

    def actor(self, person: UUID) -> Actor:
        """Return the actor of a person."""
        if person not in self.actors:
            with self.session(SYSTEM) as session:
                self.actors[person] = actors.load(session, person)
        return self.actors[person]

    def session(self, actor: Actor) -> Session:
        """Open a session in somebody's scope."""
        session = self.timeline.sessions()
        set_scope(session, actor)
        return session


def _offered(task: OpenTask) -> UUID:
    return task.assignee_id or task.candidate_users[0]


def _view(text: str) -> dict[str, str]:
    return {"department_view": "approve", "department_text": text}
