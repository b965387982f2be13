"""Runs a process folder's scenarios through the real engine and leaves nothing behind.

Each scenario has a transaction of its own that is rolled back at the end; what the engine commits
inside is a savepoint. So the studio, the command line and the tests can all play a draft.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session, sessionmaker, undefer

from engine import definitions, history, instances, messages, operations, user_tasks
from engine.actors import SYSTEM, Actor
from engine.clock import FixedClock
from engine.db import set_scope
from engine.errors import EngineError
from engine.models import Incident, Instance, OpenTask
from engine.scenario_file import Action, BadScenario, Book, Expectation, Scenario, filled, read
from engine.scenario_file import expectation as read_expectation
from engine.timeline import Timeline


@dataclass(frozen=True)
class World:
    """What exists before a case begins: people by name, and values that scenarios refer to.

    ``outside`` are the things that can happen beyond the platform, by the name that a scenario
    gives them; each gets the case's variables and the step's data. ``around`` surrounds all that
    is played, and takes back what the world has put in the place of the real surroundings.
    """

    people: Mapping[str, Actor]
    values: Mapping[str, Any] = field(default_factory=dict)
    outside: Mapping[str, "Happening"] = field(default_factory=dict)
    around: Callable[[], AbstractContextManager[None]] = nullcontext


#: Something that happens beyond the platform: session, the case's variables, the step's data.
Happening = Callable[[Session, Mapping[str, Any], Mapping[str, Any]], None]


#: As ``by``: whom the task is assigned to, where the scenario cannot know (drawn by lot).
ASSIGNEE = "$assignee"

#: Makes the world of a book's ``given`` block in an open transaction of the platform.
Given = Callable[[Session, Mapping[str, Any]], World]


@dataclass(frozen=True)
class Outcome:
    """How a scenario went: every difference between what was expected and what happened."""

    scenario: str
    problems: tuple[str, ...]
    passed: tuple[str, ...]
    flows: frozenset[str]
    milliseconds: float

    @property
    def ok(self) -> bool:
        """Tell whether all expectations held."""
        return not self.problems


def run_folder(sessions: sessionmaker[Session], folder: Path, given: Given) -> list[Outcome]:
    """Run every scenario of a process folder with the folder's own diagram, tables and forms.

    Nothing of it stays in the database. Raises BadScenario for a file that cannot be read and
    InvalidDefinition for a folder that could not be published.
    """
    book = read(folder)
    engine: Engine = sessions.kw["bind"]
    with engine.connect() as connection:
        outside = connection.begin()
        try:
            _publish(_bound(connection, FixedClock(book.now)), folder)
            return [_play(connection, book, scenario, given) for scenario in book.scenarios]
        finally:
            outside.rollback()


def _publish(sessions: sessionmaker[Session], folder: Path) -> None:
    with sessions() as session:
        set_scope(session, SYSTEM)
        with session.begin():
            resources = definitions.read_folder(folder)
            definitions.publish(session, resources, actor=SYSTEM, note="scenario")


def _play(connection: Connection, book: Book, scenario: Scenario, given: Given) -> Outcome:
    clock = FixedClock(scenario.now or book.now)
    stage = _bound(connection, clock)
    before = operations.wire(stage)
    scene = connection.begin_nested()
    try:
        return _Stage(Timeline(stage, clock), book, given).play(scenario)
    finally:
        operations.wire(before)
        scene.rollback()


def _bound(connection: Connection, clock: FixedClock) -> sessionmaker[Session]:
    return sessionmaker(
        connection,
        expire_on_commit=False,
        join_transaction_mode="create_savepoint",
        info={"clock": clock, "announce": None},
    )


class _Stage:
    """One scenario being played."""

    def __init__(self, timeline: Timeline, book: Book, given: Given) -> None:
        self.timeline, self.book = timeline, book
        self.problems: list[str] = []
        with timeline.sessions() as session:
            set_scope(session, SYSTEM)
            with session.begin():
                self.world = given(session, book.given)
        self.case: UUID | None = None

    def play(self, scenario: Scenario) -> Outcome:
        began = time.perf_counter()
        with self.world.around():
            self.go_through(scenario)
        elements, flows = self.path()
        spent = (time.perf_counter() - began) * 1000
        return Outcome(
            scenario.name, tuple(self.problems), tuple(elements), frozenset(flows), spent
        )

    def go_through(self, scenario: Scenario) -> None:
        self.start(scenario)
        for number, action in enumerate(scenario.steps, 1):
            if self.problems:
                break
            self.act(action, f"step {number}")
        if not self.problems:
            self.compare(scenario.expect, "at the end")

    def actor(self, name: str | None) -> Actor:
        if name is None or name not in self.world.people:
            raise BadScenario(f"nobody is called {name}")
        return self.world.people[name]

    def doer(self, action: Action) -> Actor:
        """Return whom the first open task of the element is assigned to."""
        with self.timeline.sessions() as session:
            set_scope(session, SYSTEM)
            person = session.scalar(
                select(OpenTask.assignee_id)
                .join(Instance)
                .where(
                    Instance.public_id == self.case,
                    OpenTask.element_id == action.complete,
                    OpenTask.assignee_id.is_not(None),
                )
                .order_by(OpenTask.id)
            )
        found = next((one for one in self.world.people.values() if one.id == person), None)
        if found is None:
            raise BadScenario(f"{action.complete} is assigned to nobody of this world")
        return found

    def start(self, scenario: Scenario) -> None:
        actor = self.actor(scenario.start.get("by"))
        data = filled(scenario.start.get("data") or {}, self.world.values)

        def begin(session: Session) -> None:
            instance = instances.start(session, self.book.process, actor=actor, data=data)
            self.case = self.timeline.case = instance.public_id

        self.attempt(actor, begin, "start")
        self.timeline.settle()

    def act(self, action: Action, where: str) -> None:
        if action.until is not None:
            self.timeline.move_to(action.until)
        elif action.check is not None:
            self.compare(read_expectation(action.check, where), where)
        elif action.outside is not None:
            self.attempt(
                SYSTEM, lambda session: self.happen(session, action), where, action.refused
            )
        else:
            actor = self.doer(action) if action.by == ASSIGNEE else self.actor(action.by)
            verb = self.complete if action.complete else self.send
            self.attempt(actor, lambda session: verb(session, actor, action), where, action.refused)
        self.timeline.settle()

    def attempt(
        self,
        actor: Actor,
        do: Callable[[Session], None],
        where: str,
        refused: str | None = None,
    ) -> None:
        """Do something as somebody in one transaction; the engine may have to refuse it."""
        answer = None
        with self.timeline.sessions() as session:
            set_scope(session, actor)
            try:
                with session.begin():
                    do(session)
            except EngineError as error:
                answer = f"{error.code} {error.params or error}" if not refused else error.code
        if answer != refused:
            self.problems.append(
                f"{where}: expected {refused or 'success'}, got {answer or 'success'}"
            )

    def complete(self, session: Session, actor: Actor, action: Action) -> None:
        with_system = self.waiting(actor)
        task = with_system.get(action.complete or "")
        if task is None:
            raise EngineError(f"{action.complete} does not wait; {sorted(with_system)} do")
        data = filled(action.data, self.world.values)
        user_tasks.complete(session, task, data, actor=actor)

    def send(self, session: Session, actor: Actor, action: Action) -> None:
        key = filled(action.key, self.world.values) if action.key else self.instance().number
        payload = filled(action.data, self.world.values)
        messages.deliver(
            session, action.message or "", key, payload, actor=actor, message_id=str(uuid4())
        )

    def happen(self, session: Session, action: Action) -> None:
        happening = self.world.outside.get(action.outside or "")
        if happening is None:
            raise BadScenario(f"nothing outside is called {action.outside}")
        data = filled(action.data, self.world.values)
        happening(session, self.instance().variables, data)

    def waiting(self, actor: Actor | None = None) -> dict[str, UUID]:
        """Return the open tasks of the case by element id; of several, the actor's own."""
        with self.timeline.sessions() as session:
            set_scope(session, SYSTEM)
            rows = session.execute(
                select(OpenTask.element_id, OpenTask.public_id)
                .join(Instance)
                .where(Instance.public_id == self.case)
                .order_by((OpenTask.assignee_id == (actor.id if actor else None)).nulls_first())
            )
            return {row.element_id: row.public_id for row in rows}

    def instance(self) -> Instance:
        with self.timeline.sessions() as session:
            set_scope(session, SYSTEM)
            query = select(Instance).where(Instance.public_id == self.case)
            return session.scalars(query.options(undefer(Instance.variables))).one()

    def path(self) -> tuple[list[str], list[str]]:
        elements: list[str] = []
        flows: list[str] = []
        if self.case is None:
            return elements, flows
        for entry in self.entries():
            if entry.kind == "path":
                elements += entry.data["elements"]
                flows += entry.data["flows"]
        return elements, flows

    def entries(self) -> list[history.Entry]:
        with self.timeline.sessions() as session:
            set_scope(session, SYSTEM)
            return history.read(session, self.instance().id)

    def compare(self, expected: Expectation, where: str) -> None:
        """Note every difference; incidents and a broken history are never expected."""
        instance = self.instance()
        elements, _ = self.path()
        found = [
            *_differs("outcome", expected.outcome, instance.outcome),
            *_differs("status", expected.status, instance.status),
            *_differs("tasks", _sorted(expected.tasks), sorted(self.waiting())),
            *_missing(expected.passes, elements),
            *(f"passed {one}" for one in expected.avoids if one in elements),
            *self.decided(expected.decisions),
            *_variables(filled(expected.variables, self.world.values), instance.variables),
            *self.broken(),
        ]
        self.problems += [f"{where}: {one}" for one in found]

    def decided(self, expected: Mapping[str, Any]) -> Iterable[str]:
        answers = {
            entry.data["decision"]: entry.data["result"]
            for entry in self.entries()
            if entry.kind == "decision_evaluated"
        }
        for decision, part in expected.items():
            answer = answers.get(decision)
            if isinstance(part, dict) and isinstance(answer, dict):
                answer = {key: answer.get(key) for key in part}
            yield from _differs(decision, part, answer)

    def broken(self) -> Iterable[str]:
        with self.timeline.sessions() as session:
            set_scope(session, SYSTEM)
            instance = self.instance()
            verdict = history.verify(session, instance.id)
            if not verdict.ok:
                yield f"history broken at {verdict.bad_seq}: {verdict.reason}"
            for incident in session.scalars(
                select(Incident).where(
                    Incident.instance_id == instance.id, Incident.resolved_at.is_(None)
                )
            ):
                yield f"incident at {incident.element_id}: {incident.message}"


def _sorted(tasks: list[str] | None) -> list[str] | None:
    return None if tasks is None else sorted(tasks)


def _differs(what: str, expected: Any, found: Any) -> Iterable[str]:  # noqa: ANN401 - JSON
    if expected is not None and expected != found:
        yield f"{what}: expected {expected}, got {found}"


def _missing(expected: Iterable[str], path: list[str]) -> Iterable[str]:
    rest = iter(path)
    for element in expected:
        if element not in rest:
            yield f"did not pass {element} (in this order); path: {' → '.join(path)}"
            return


def _variables(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterable[str]:
    for name, value in expected.items():
        actual: Any = found
        with suppress(AttributeError):
            for part in name.split("."):
                actual = actual.get(part)
        if actual != value:
            yield f"variable {name}: expected {value}, got {actual}"
