"""What was submitted: every field with its label, before and after, sensitive values masked."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from engine import definitions
from engine.history import Entry
from engine.models import Definition
from engine.values import is_tagged
from web.formats import day, when
from web.monitor.drawing import Drawing
from web.monitor.texts import gettext
from web.words import say


@dataclass(frozen=True)
class Change:
    """One field of a submission as text; ``before`` is None where it had no value yet."""

    label: str
    before: str | None
    after: str
    sealed: bool = False

    @property
    def changed(self) -> bool:
        """Tell whether an earlier value was replaced."""
        return self.before is not None and self.before != self.after


@dataclass(frozen=True)
class Labels:
    """The labels and option texts of the fields of a process's forms, by key."""

    fields: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sealed: frozenset[str] = frozenset()


def labels(session: Session, drawing: Drawing) -> Labels:
    """Return what the forms of a process call their fields."""
    found = Labels({}, {}, frozenset())
    sealed: set[str] = set()
    for form_id in {node.form_id for node in drawing.nodes.values() if node.form_id}:
        for form in definitions.versions(session, "form", form_id)[:1]:
            _collect(json.loads(form.content).get("components", []), form, found, sealed)
    return Labels(found.fields, found.options, frozenset(sealed))


def _collect(
    components: Iterable[Mapping[str, Any]], form: Definition, found: Labels, sealed: set[str]
) -> None:
    for component in components:
        key = component.get("key") or component.get("path")
        if key:
            # Both maps are filled here and only read afterwards.
            found.fields.setdefault(key, say(form.words, component.get("label") or key))  # type: ignore[attr-defined]
            found.options.setdefault(key, _options(component, form))  # type: ignore[attr-defined]
            if (component.get("properties") or {}).get("grade") == "L3":
                sealed.add(key)
        _collect(component.get("components", ()), form, found, sealed)


def _options(component: Mapping[str, Any], form: Definition) -> dict[str, str]:
    return {
        str(option.get("value")): say(form.words, str(option.get("label")))
        for option in component.get("values") or ()
    }


def changes(entries: Iterable[Entry], known: Labels) -> dict[int, list[Change]]:
    """Return the fields of every submission by the number of its entry, in order."""
    values: dict[str, Any] = {}
    found: dict[int, list[Change]] = {}
    for entry in entries:
        submitted = _submitted(entry)
        if submitted is None:
            continue
        rows = [_change(key, values.get(key), value, known) for key, value in submitted.items()]
        if entry.sealed_for:
            rows.extend(_sealed_rows(known))
        values.update(submitted)
        if rows:
            found[entry.seq] = rows
    return found


def _submitted(entry: Entry) -> dict[str, Any] | None:
    if entry.kind == "task_completed":
        return entry.data
    return entry.data.get("data") or {} if entry.kind == "case_started" else None


def _change(key: str, before: Any, after: Any, known: Labels) -> Change:  # noqa: ANN401 - JSON
    label = known.fields.get(key, key)
    return Change(
        label,
        None if before is None else shown(before, known.options.get(key)),
        shown(after, known.options.get(key)),
    )


def _sealed_rows(known: Labels) -> list[Change]:
    """Sensitive values of this form: which of them were filled in is sealed, too."""
    names = [known.fields.get(key, key) for key in sorted(known.sealed)]
    label = "、".join(names) or gettext("Sensitive values")
    return [Change(label, None, gettext("sealed"), sealed=True)]


def shown(value: Any, options: Mapping[str, str] | None = None) -> str:  # noqa: ANN401 - JSON
    """Return a process value as people read it."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if is_tagged(value):
        return _temporal(value)
    if isinstance(value, list):
        return "、".join(shown(each, options) for each in value) or "—"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return (options or {}).get(str(value), str(value))


def _temporal(value: Mapping[str, str]) -> str:
    kind, text = value["@type"], value["@value"]
    if kind == "date-time":
        return when(text)
    return day(text) if kind == "date" else text
