"""One step of one case in one transaction: lock, restore, note what happens.

What happens to the tokens in between is ``engine.advance``'s business; what is stored afterwards
``engine.projection``'s. The caller holds system scope and commits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload, undefer

from engine import clock, definitions
from engine.actors import Actor
from engine.history import Happening
from engine.models import Definition, Instance
from engine.spiff import state
from engine.spiff.parser import Specification, specification
from engine.spiff.tokens import Token, Waiting, waiting
from engine.spiff.workflow import Case
from engine.values import tag

#: Specifications by content hash and process key; definitions never change.
_specifications: dict[tuple[str, str], Specification] = {}
_KEPT = 500


@dataclass
class Step:
    """A case between restoring and storing.

    ``before`` is what it waited for when it was restored; ``happenings``, ``elements`` and
    ``flows`` (ids in order) become its history; ``people`` become participants; ``done_tasks``
    are tokens that this step itself completed, so their rows go without a further word.
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
    moves: int = 0
    end_event: tuple[str, str] | None = None

    def tell(self, kind: str, task: Token | None = None, **details: Any) -> None:  # noqa: ANN401
        """Note an event of the history, at a token's element where one is given."""
        if task is not None:
            details.setdefault("element_id", task.task_spec.bpmn_id)
            details.setdefault("element_name", task.task_spec.bpmn_name or None)
        actor = details.pop("actor", self.actor)
        self.happenings.append(Happening(kind, actor, at=self.now, **details))


_READ = (
    select(Instance)
    .where(Instance.id == bindparam("id"))
    .options(
        undefer(Instance.state),
        undefer(Instance.variables),
        joinedload(Instance.definition, innerjoin=True).load_only(Definition.hash, Definition.key),
    )
    .execution_options(populate_existing=True)
)
_LOCK = _READ.with_for_update(of=Instance)
_TRY = _READ.with_for_update(of=Instance, skip_locked=True)


def lock(session: Session, instance_id: int, *, wait: bool = True) -> Instance | None:
    """Lock a case's row and read it anew with state and variables.

    None where it does not exist or, with ``wait=False``, somebody else holds it.
    """
    found: Instance | None = session.scalar(_LOCK if wait else _TRY, {"id": instance_id})
    return found


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


def specification_of(session: Session, instance: Instance) -> Specification:
    """Return the specification that the case was started with."""
    if "definition" in instance.__dict__:
        return specification_from(instance.definition)
    return specification_from(session.get_one(Definition, instance.definition_id))


def specification_at(session: Session, published: definitions.Published) -> Specification:
    """Return the specification of a published process, reading its content only once."""
    place = (published.hash, published.key)
    if place not in _specifications:
        return specification_from(session.get_one(Definition, published.id))
    return _specifications[place]


def specification_from(definition: Definition) -> Specification:
    """Return the specification of a published process."""
    place = (definition.hash, definition.key)
    if place not in _specifications:
        while len(_specifications) >= _KEPT:
            _specifications.pop(next(iter(_specifications)))
        _specifications[place] = specification(definition.content, definition.key)
    return _specifications[place]


def restore(session: Session, instance: Instance, actor: Actor) -> Step:
    """Restore a locked case for a step by an actor."""
    now = clock.now(session)
    case = state.load(
        instance.state,
        specification_of(session, instance),
        now=now,
        facts=facts(instance),
        variables=dict(instance.variables),
    )
    return Step(session, instance, case, actor, now, before=waiting(case))


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
