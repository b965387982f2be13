"""What a diagram may refer to: operations, forms and decisions, wherever they are found."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from engine import contract
from engine.contract import Operation
from engine.errors import NotFound

if TYPE_CHECKING:
    from engine.definitions import Resource


@dataclass
class Surroundings:
    """Looks up what a diagram names: first among its own files, then among the published."""

    resources: Iterable["Resource"] = ()
    session: Session | None = None
    operations: Mapping[str, Operation] = field(default_factory=contract.catalogue)

    def __post_init__(self) -> None:
        self._own = {(one.kind, one.key): one.content for one in self.resources if one.key}

    def content(self, kind: str, key: str) -> str | None:
        """Return the content of a form (JSON) or decision (XML) by its key, or None."""
        if (kind, key) not in self._own and self.session is not None:
            from engine.definitions import latest  # noqa: PLC0415 - definitions calls the checks

            try:
                self._own[kind, key] = latest(self.session, kind, key).content
            except NotFound:
                return None
        return self._own.get((kind, key))

    def form(self, form_id: str) -> dict[str, Any] | None:
        """Return a form's schema; an unreadable form counts as an empty one."""
        content = self.content("form", form_id)
        if content is None:
            return None
        try:
            schema = json.loads(content)
        except (ValueError, RecursionError):
            return {}
        return schema if isinstance(schema, dict) else {}
