"""One step of one case in one transaction: lock, restore, note what happens.

What happens to the tokens in between is ``engine.advance``'s business; what is stored afterwards
``engine.projection``'s. The caller holds system scope and commits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, bindparam, select
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from engine import clock, definitions, driver
from engine.actors import Actor
from engine.definitions import Published
from engine.driver import Prepared, Write
from engine.history import Happening
from engine.models import Definition, Instance
from engine.spiff import state
from engine.spiff.parser import Specification, specification
from engine.spiff.tokens import Token, Waiting, waiting
from engine.spiff.workflow import Case
from engine.values import tag

#: Specifications by definition, for each database; definitions never change.
_specifications: WeakKeyDictionary[Engine, dict[int, Specification]] = WeakKeyDictionary()
_KEPT = 500


@dataclass
class Step:
    """A case between restoring and storing.

    ``before`` is what it waited for when it was restored; ``happenings``, ``elements`` and
    ``flows`` (ids in order) become its history; ``people`` become participants; ``done_tasks``
    are tokens that this step itself completed, so their rows go without a further word; ``writes``
    go to the database together with the case's row. ``process_name`` is set in a case's first step,
    ``payload`` where a message starts it.
    """

    session: Session
    instance: Instance
    case: Case
    actor: Actor
    now: datetime
    before: Waiting = field(default_factory=Waiting)
    happenings: list[Happening] = field(default_factory=list)
    elements: list[str] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)
    people: set[UUID] = field(default_factory=set)
    done_tasks: set[UUID] = field(default_factory=set)
    writes: list[Write] = field(default_factory=list)
    forms: Mapping[str, Published] = field(default_factory=dict)
    moves: int = 0
    end_event: tuple[str, str] | None = None
    process_name: str = ""
    payload: dict[str, Any] = field(default_factory=dict)

    def form(self, form_id: str) -> Published:
        """Return the current version of a form; raises NotFound."""
        known = self.forms.get(form_id)
        return known or definitions.current(self.session, "form", form_id)

    def tell(self, kind: str, task: Token | None = None, **details: Any) -> None:  # noqa: ANN401
        """Note an event of the history, at a token's element where one is given."""
        if task is not None:
            details.setdefault("element_id", task.task_spec.bpmn_id)
            details.setdefault("element_name", task.task_spec.bpmn_name or None)
        actor = details.pop("actor", self.actor)
        self.happenings.append(Happening(kind, actor, at=self.now, **details))


_READ = select(*Instance.__table__.columns).where(Instance.id == bindparam("case"))
_LOCK = Prepared(_READ.with_for_update())
_TRY = Prepared(_READ.with_for_update(skip_locked=True))


def lock(session: Session, instance_id: int, *, wait: bool = True) -> Instance | None:
    """Lock a case's row and read it anew with state and variables.

    None where it does not exist or, with ``wait=False``, somebody else holds it.
    """
    row = driver.one(session, _LOCK if wait else _TRY, {"case": instance_id})
    return None if row is None else present(session, row._asdict())


def lock_with_forms(
    session: Session, instance_id: int, form_ids: Sequence[str]
) -> tuple[Instance | None, dict[str, Published]]:
    """Do what ``lock`` does and, on the same way, look up the current versions of forms."""
    row, forms = driver.ask(
        session, (_LOCK, {"case": instance_id}), definitions.asking("form", form_ids)
    )
    found = {form.key: Published(*form) for form in forms}
    return (present(session, row[0]._asdict()) if row else None), found


def present(session: Session, values: Mapping[str, Any]) -> Instance:
    """Return the session's object for a case's row as it is in the database now."""
    instance: Instance | None = session.identity_map.get(identity_key(Instance, values["id"]))
    if instance is None:
        instance = Instance(id=values["id"])
        make_transient_to_detached(instance)
        session.add(instance)
    for name, value in values.items():
        set_committed_value(instance, name, value)
    return instance


def facts(instance: Instance) -> dict[str, Any]:
    """Return what expressions see as ``case``."""
    return {
        "id": str(instance.public_id),
        "number": instance.number,
        "process": instance.process_key,
        "initiator": str(instance.initiator_id),
        "started": tag(instance.started_at),
        "unit_id": instance.unit_id,
        "region": instance.region,
    }


def specification_of(session: Session, definition_id: int) -> Specification:
    """Return the specification of a published process, reading its content only once."""
    known = _specifications.setdefault(session.get_bind().engine, {})
    if definition_id not in known:
        while len(known) >= _KEPT:
            known.pop(next(iter(known)))
        definition = session.get_one(Definition, definition_id)
        known[definition_id] = specification(definition.content, definition.key)
    return known[definition_id]


def restore(
    session: Session,
    instance: Instance,
    actor: Actor,
    forms: Mapping[str, Published] = MappingProxyType({}),
) -> Step:
    """Restore a locked case for a step by an actor; ``forms`` are current ones known already."""
    now = clock.now(session)
    case = state.load(
        instance.state,
        specification_of(session, instance.definition_id),
        now=now,
        facts=facts(instance),
        variables=dict(instance.variables),
    )
    return Step(session, instance, case, actor, now, before=waiting(case), forms=forms)


def fresh(
    session: Session,
    instance: Instance,
    actor: Actor,
    variables: Mapping[str, Any],
    specification: Specification,
) -> Step:
    """Make the first step of a case."""
    now = clock.now(session)
    case = Case(
        specification,
        now=now,
        facts=facts(instance),
        variables=dict(variables),
    )
    return Step(session, instance, case, actor, now)
