"""A small process of the tests' own, and cases of it at every stage."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from domain.organisations import actors
from domain.organisations.models import Person
from engine import definitions, instances, user_tasks
from engine.actors import SYSTEM, Scope
from engine.clock import FixedClock
from engine.db import set_scope
from engine.models import Instance, OpenTask

FILES = Path(__file__).parent / "monitor_files"


def publish(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        definitions.publish(session, definitions.read_folder(FILES), actor=SYSTEM, note="首次发布")


def start(sessions: sessionmaker[Session], person: Person, scope: Scope) -> Instance:
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        actor = actors.load(session, person.public_id)
        return instances.start(session, "lending", actor=actor, scope=scope)


def complete(sessions: sessionmaker[Session], case: Instance, who: Person, **data: Any) -> None:
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        actor = actors.load(session, who.public_id)
        task = session.scalars(select(OpenTask).where(OpenTask.instance_id == case.id)).one()
        user_tasks.complete(session, task.public_id, data, actor=actor)


class Lending:
    """Two units, their people, and a case that has come as far as the manager's approval."""

    def __init__(self, world: Any, sessions: sessionmaker[Session], clock: FixedClock) -> None:
        self.world, self.sessions, self.clock = world, sessions, clock
        publish(sessions)
        self.unit = world.unit("杭州样品研究所", name_en="Hangzhou Sample Institute")
        self.other = world.unit("宁波材料研究所", region="330203")
        self.applicant = world.person("ada", "applicant", name="艾达")
        self.manager = world.person("manfred", "instrument_manager", unit=self.unit, name="孟机主")
        self.stranger = world.person("steve", "applicant", name="施陌生")
        world.person("omar", "instrument_manager", unit=self.other, name="宁波机主")
        world.person("aud", "auditor", region="33", name="申审计")
        world.person("audnb", "auditor", region="3302", name="宁波审计")
        world.person("off", "department_officer", region="33", department="science", name="官员")
        world.person("des", "process_designer", name="设计员")
        world.person("pub", "process_publisher", name="发布员")
        world.person("ops", "operator", name="运维员")
        self.scope = Scope(region=self.unit.region, unit_id=self.unit.id)
        self.case = self.begin()
        self.clock.move(timedelta(minutes=10))
        complete(sessions, self.case, self.applicant, sample="硅片", days=10, phone="13800000000")

    def begin(self) -> Instance:
        return start(self.sessions, self.applicant, self.scope)

    def approve(self, case: Instance, granted: bool = True) -> None:
        self.clock.move(timedelta(minutes=30))
        complete(self.sessions, case, self.manager, granted=granted)
