"""Everything that is checked before a definition may be published: one small rule a function.

A rule takes the diagram and what surrounds it and yields problems. Rules never raise: one that
meets something it cannot read leaves it to the rule whose business it is.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from engine import xml
from engine.checks import (
    dependents,
    events,
    expressions,
    files,
    flows,
    loops,
    structure,
    tasks,
    types,
    variables,
)
from engine.checks.diagram import Diagram
from engine.checks.surroundings import Surroundings
from engine.errors import InvalidDefinition
from engine.problems import Problem, errors

if TYPE_CHECKING:
    from engine.definitions import Resource

Rule = Callable[[Diagram, Surroundings], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    *structure.RULES,
    *flows.RULES,
    *events.RULES,
    *tasks.RULES,
    *loops.RULES,
    *variables.RULES,
    *expressions.RULES,
    *types.RULES,
)


def check_all(
    resources: "Sequence[Resource]",
    *,
    session: Session | None = None,
    beside: "Iterable[Resource]" = (),
) -> list[Problem]:
    """Return the problems of these resources, file by file."""
    if not resources:
        return [Problem("nothing_to_publish")]
    around = Surroundings([*beside, *resources], session)
    found: list[Problem] = []
    for resource in resources:
        found += [one.in_file(resource.file) for one in _check_one(resource, around)]
    counted = Counter((one.kind, one.key) for one in resources if one.key)
    for resource in resources:
        if counted.pop((resource.kind, resource.key), 0) > 1:
            found.append(Problem("same_key_twice", file=resource.file, key=resource.key))
    if session is not None and not errors(found):
        found += dependents.broken_processes(resources, session)
    return found


def _check_one(resource: "Resource", around: Surroundings) -> list[Problem]:
    if resource.kind == "form":
        return files.check_form(resource)
    if resource.kind == "dmn":
        return files.check_decision(resource)
    return check_diagram(resource.content, around)


def check_diagram(content: str, around: Surroundings) -> list[Problem]:
    """Return the problems of one BPMN file; the engine's own parser has the last word."""
    try:
        diagram = Diagram(xml.parse(content))
    except InvalidDefinition as refused:
        return list(refused.problems)
    found = [one for rule in RULES for one in rule(diagram, around)]
    if not errors(found) and diagram.process is not None:
        found += files.check_by_parsing(content, diagram.process.get("id") or "")
    return found
