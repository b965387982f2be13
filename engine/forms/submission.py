"""A submission against its form: what is kept of it, and everything that is wrong with it."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine import feel
from engine.errors import InvalidSubmission
from engine.forms import components
from engine.forms.browser import as_browser, as_field
from engine.forms.components import FIELDS, Element, Path, Schema, has, lookup, place
from engine.forms.reading import Unreadable, empty, read_value
from engine.forms.rules import Judged, problems_of
from engine.forms.scopes import Scope, State, flat
from engine.values import is_tagged

MOST_ROWS = 200
_RESERVED = ("@", "__")
#: The case itself, in every expression.
_CASE = "case"

Problems = dict[str, list[dict[str, Any]]]


def validate(
    schema: Schema, submitted: Mapping[str, Any], *, context: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Return the variables that a submission sets, temporals tagged.

    Hidden fields are ignored, computed fields computed anew, unknown keys dropped, disabled and
    readonly fields left as the case has them; a field that was not sent counts as untouched.
    ``context`` are the case's variables. Raises InvalidSubmission with problems by field path
    (``rows[0].name``).
    """
    problems: Problems = {}
    _refuse_reserved(submitted, problems)
    reader = _Reader(components.read(schema), submitted, context, now)
    reader.read()
    hidden = reader.state.settle()
    for entry in reader.entries():
        if not _is_hidden(entry.path, hidden):
            problems.update(_problems(entry, reader))
    for path, found in reader.lists.items():
        if found and not _is_hidden(path, hidden):
            problems[components.write(path)] = found
    if problems:
        raise InvalidSubmission(problems)
    return _cleaned(reader, hidden)


def _refuse_reserved(submitted: Mapping[str, Any], problems: Problems) -> None:
    waiting: list[tuple[Path, Any]] = [((), submitted)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(((*path, at), entry) for at, entry in enumerate(value))
        elif isinstance(value, Mapping) and not is_tagged(value):
            for key, entry in value.items():
                inner = (*path, str(key))
                if str(key).startswith(_RESERVED) or inner == (_CASE,):
                    problems[components.write(inner)] = [{"code": "reserved_name"}]
                else:
                    waiting.append((inner, entry))


@dataclass(frozen=True)
class _Entry:
    """A field at its place in the data."""

    element: Element
    path: Path
    scope: Scope


@dataclass
class _Reader:
    """Reads a submission into the state of the form.

    ``values`` are the fields' values as the case will have them, ``state`` the same as the browser
    has them; ``unreadable`` are fields, ``lists`` repeated parts that were sent in a wrong shape.
    """

    elements: tuple[Element, ...]
    submitted: Mapping[str, Any]
    context: Mapping[str, Any]
    now: datetime
    values: dict[Path, Any] = field(default_factory=dict)
    unreadable: dict[Path, dict[str, Any]] = field(default_factory=dict)
    lists: dict[Path, list[dict[str, Any]]] = field(default_factory=dict)
    fixed: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        case = as_browser(self.context)
        self.state = State(self.elements, as_browser(self.context), case, self.now)
        self.readonly = self._readonly()

    def _readonly(self) -> set[int]:
        """Return the elements that nobody may change; their conditions see the case only."""
        found, asked = set(), []
        for element in _all(self.elements):
            setting = element.raw.get("readonly")
            if element.raw.get("disabled") or setting is True:
                found.add(id(element))
            elif isinstance(setting, str) and setting.startswith("="):
                asked.append((element, setting))
        answers = feel.attempt(
            [(text, False) for _, text in asked],
            Scope(self.elements).context(self.state.case),
            now=self.now,
            dialect="form",
        )
        found.update(
            id(element)
            for (element, _), answer in zip(asked, answers, strict=True)
            if answer.get("v") is True
        )
        return found

    def read(self) -> None:
        """Read every field of every row; the rows come from the submission."""
        self._read(Scope(self.elements))

    def _read(self, scope: Scope) -> None:
        for element in flat(scope.elements):
            path = (*scope.path, *element.path)
            if element.repeated:
                self._read_rows(element, path, scope)
            elif element.kind not in {"group", "expression"}:
                self._read_field(element, path)

    def _read_field(self, element: Element, path: Path) -> None:
        sent = has(self.submitted, path) and id(element) not in self.readonly
        try:
            value = (
                read_value(element, lookup(self.submitted, path))
                if sent
                else self._untouched(element, path)
            )
        except Unreadable as error:
            self.unreadable[path] = error.problem
            value = empty(element)
        self.values[path] = value
        place(self.state.data, path, as_field(element, value))

    def _untouched(self, element: Element, path: Path) -> Any:  # noqa: ANN401 - JSON
        if has(self.context, path):
            return lookup(self.context, path)
        default = element.raw.get("defaultValue")
        if default is not None and id(element) not in self.readonly:
            return read_value(element, default)
        return empty(element)

    def _read_rows(self, element: Element, path: Path, scope: Scope) -> None:
        known = lookup(self.context, path)
        known = known if isinstance(known, list) and all(map(_is_row, known)) else []
        # Where rows can neither be added nor removed they are the case's own, number by number.
        if element.raw.get("allowAddRemove") is False or not self._is_editable(element):
            self.fixed.add(path)
        rows = self._sent_rows(element, path, known)
        own = known if path in self.fixed else []
        start = [as_browser(own[at]) if at < len(own) else {} for at in range(len(rows))]
        place(self.state.data, path, start)
        for number in range(len(rows)):
            indexes = (*scope.indexes, number + 1)
            self._read(Scope(element.children, (*path, number), indexes, scope.path))

    def _sent_rows(self, element: Element, path: Path, known: list[Any]) -> list[Any]:
        """Return the submitted rows, or the case's; none, and a problem, if they do not do."""
        found = self.lists.setdefault(path, [])
        # The browser sends no list at all where every row was removed.
        rows = lookup(self.submitted, path) or []
        if not self._is_editable(element) or (path in self.fixed and not rows):
            return known
        most = max(len(known), _default_rows(element)) if path in self.fixed else MOST_ROWS
        if not isinstance(rows, list) or not all(map(_is_row, rows)):
            found.append({"code": "not_a_list"})
            return []
        if len(rows) > most:
            found.append({"code": "too_many_rows", "max": most})
            return []
        return [*rows, *known[len(rows) :]] if path in self.fixed else rows

    def _is_editable(self, element: Element) -> bool:
        return any(
            inner.kind in FIELDS - {"expression"} and id(inner) not in self.readonly
            for inner in _all(element.children)
        )

    def entries(self) -> Iterator[_Entry]:
        """Yield every field of every row."""
        for scope in self.state.scopes():
            for element in flat(scope.elements):
                if element.kind not in {"group", "dynamiclist"}:
                    yield _Entry(element, (*scope.path, *element.path), scope)


def _all(elements: tuple[Element, ...]) -> Iterator[Element]:
    for element in elements:
        yield element
        yield from _all(element.children)


def _is_row(row: object) -> bool:
    return isinstance(row, Mapping) and not is_tagged(row)


def _default_rows(element: Element) -> int:
    default = element.raw.get("defaultRepetitions")
    return default if isinstance(default, int) else 1


def _is_hidden(path: Path, hidden: set[Path]) -> bool:
    return any(path[: len(above)] == above for above in hidden)


def _problems(entry: _Entry, reader: _Reader) -> Problems:
    where = components.write(entry.path)
    if entry.path in reader.unreadable:
        return {where: [reader.unreadable[entry.path]]}
    if entry.element.kind == "expression":
        reason = reader.state.failed.get(entry.path)
        return {} if reason is None else {where: [{"code": "expression_failed", "reason": reason}]}
    if id(entry.element) in reader.readonly:
        return {}
    value = reader.values[entry.path]
    found = problems_of(Judged(entry.element, value, entry.scope, reader.state))
    return {where: found} if found else {}


def _cleaned(reader: _Reader, hidden: set[Path]) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    for path in reader.lists:
        if not _is_hidden(path, hidden):
            _keep(cleaned, path, _rows_of(reader, path), reader.context)
    for entry in reader.entries():
        if _is_hidden(entry.path, hidden):
            continue
        if entry.element.kind == "expression":
            _keep(cleaned, entry.path, reader.state.computed.get(entry.path), reader.context)
        elif id(entry.element) not in reader.readonly or len(entry.scope.path) > 0:
            _keep(cleaned, entry.path, reader.values[entry.path], reader.context)
    return cleaned


def _rows_of(reader: _Reader, path: Path) -> list[dict[str, Any]]:
    rows = lookup(reader.state.data, path) or []
    known = (lookup(reader.context, path) or []) if path in reader.fixed else []
    return [deepcopy(known[at]) if at < len(known) else {} for at in range(len(rows))]


def _keep(
    cleaned: dict[str, Any],
    path: Path,
    value: Any,  # noqa: ANN401 - JSON
    context: Mapping[str, Any],
) -> None:
    """Put a value; a context that the form shows in part keeps its other entries."""
    top = path[0]
    if len(path) > 1 and top not in cleaned and isinstance(context.get(str(top)), Mapping):
        cleaned[str(top)] = deepcopy(dict(context[str(top)]))
    place(cleaned, path, value)
