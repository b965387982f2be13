"""Everything that is checked before a definition may be published."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from engine import xml
from engine.errors import InvalidDefinition
from engine.problems import Problem

if TYPE_CHECKING:
    from engine.definitions import Resource


def check_all(
    resources: "Sequence[Resource]",
    *,
    session: Session | None = None,  # noqa: ARG001
    beside: "Iterable[Resource]" = (),  # noqa: ARG001
) -> list[Problem]:
    """Return the problems of these resources."""
    found: list[Problem] = []
    for resource in resources:
        if resource.kind != "form":
            try:
                xml.parse(resource.content)
            except InvalidDefinition as refused:
                found.extend(one.in_file(resource.file) for one in refused.problems)
    return found
