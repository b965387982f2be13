"""The form's data while it is judged: what is hidden, what is computed, row by row.

The rules are the browser's: conditions and computed fields are FEEL in form-js's own dialect, on
plain JSON; conditions are judged twice, the second time without what the first has hidden.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine import feel
from engine.forms.components import Element, Path, drop, has, lookup, place

_MOST_ROUNDS = 10


@dataclass(frozen=True)
class Scope:
    """The form itself or one row of a repeated part, with what its expressions call this."""

    elements: tuple[Element, ...]
    path: Path = ()
    indexes: tuple[int, ...] = ()
    parent: Path | None = None

    def context(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the variables that form-js offers to an expression here."""
        special = {
            "this": lookup(data, self.path),
            "parent": None if self.parent is None else lookup(data, self.parent),
            "i": list(self.indexes),
        }
        return {**special, **data, **{f"_{name}_": value for name, value in special.items()}}


@dataclass
class State:
    """The values of the whole form, as the browser would hold them.

    ``case`` are the case's variables in the browser's notation: what a hidden field falls back
    to. ``view`` is what expressions see: the data without what is hidden. ``computed`` are the
    values of the expression fields, tagged; ``failed`` why some could not be evaluated.
    """

    elements: tuple[Element, ...]
    data: dict[str, Any]
    case: Mapping[str, Any]
    now: datetime
    failed: dict[Path, str] = field(default_factory=dict)
    computed: dict[Path, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.view = self.data

    def scopes(self) -> Iterator[Scope]:
        """Yield the form and every row of every repeated part."""
        yield from _scopes(Scope(self.elements), self.data)

    def evaluate(
        self, scope: Scope, items: Sequence[tuple[str, bool]], data: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Evaluate (expression, is a unary test) pairs as form-js would in a scope."""
        if not items:
            return []
        return feel.attempt(items, scope.context(data), now=self.now, dialect="form")

    def settle(self) -> set[Path]:
        """Compute what is computed and return the paths that are hidden."""
        self.compute(self.data)
        hidden = self.hidden(self.data)
        if not hidden:
            return hidden
        self.view = self.without(hidden)
        self.compute(self.view)
        return self.hidden(self.view)

    def without(self, hidden: set[Path]) -> dict[str, Any]:
        """Return the data with hidden values as the case has them."""
        filtered = deepcopy(self.data)
        for path in hidden:
            if any(path[:length] in hidden for length in range(len(path))):
                continue
            if has(self.case, path):
                place(filtered, path, deepcopy(lookup(self.case, path)))
            else:
                drop(filtered, path)
        return filtered

    def hidden(self, data: dict[str, Any]) -> set[Path]:
        """Return the paths of the fields and lists that are hidden given these values."""
        found: set[Path] = set()
        for scope in _scopes(Scope(self.elements), data):
            conditions = [e for e in flat(scope.elements) if e.hide]
            items = [(element.hide, True) for element in conditions]
            answers = self.evaluate(scope, items, data)
            closed = {
                id(element)
                for element, answer in zip(conditions, answers, strict=True)
                if answer.get("v") is True
            }
            found.update(_paths(scope.elements, scope.path, closed, hidden=False))
        return found

    def compute(self, data: dict[str, Any]) -> None:
        """Write the values of the expression fields, until they no longer change."""
        for _ in range(_MOST_ROUNDS):
            scopes = list(_scopes(Scope(self.elements), data))
            changed = [self._compute(scope, data) for scope in scopes]
            if not any(changed):
                return

    def _compute(self, scope: Scope, data: dict[str, Any]) -> bool:
        computed = [e for e in flat(scope.elements) if e.kind == "expression"]
        items = [(str(element.raw.get("expression") or "null"), False) for element in computed]
        changed = False
        for element, answer in zip(computed, self.evaluate(scope, items, data), strict=True):
            path = (*scope.path, *element.path)
            value = answer.get("v")
            self.computed[path] = answer.get("t", value)
            self.failed.pop(path, None)
            if "e" in answer:
                self.failed[path] = answer["e"]["reason"]
            changed = changed or not has(data, path) or lookup(data, path) != value
            place(data, path, value)
        return changed


def flat(elements: Sequence[Element]) -> Iterator[Element]:
    """Yield the elements of one scope, groups opened, rows not."""
    for element in elements:
        yield element
        if not element.repeated:
            yield from flat(element.children)


def _scopes(scope: Scope, data: Mapping[str, Any]) -> Iterator[Scope]:
    yield scope
    for element in flat(scope.elements):
        if not element.repeated:
            continue
        path = (*scope.path, *element.path)
        rows = lookup(data, path)
        for number in range(len(rows) if isinstance(rows, list) else 0):
            # FEEL counts from one.
            indexes = (*scope.indexes, number + 1)
            yield from _scopes(Scope(element.children, (*path, number), indexes, scope.path), data)


def _paths(
    elements: Sequence[Element], above: Path, closed: set[int], *, hidden: bool
) -> Iterator[Path]:
    for element in elements:
        gone = hidden or id(element) in closed
        if element.kind == "group":
            yield from _paths(element.children, above, closed, hidden=gone)
        elif gone:
            yield (*above, *element.path)
