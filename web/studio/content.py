"""What belongs to a process: its forms and decisions, and what differs between versions."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine import decisions, definitions
from engine.decisions import Table
from engine.errors import InvalidDefinition, NotFound
from engine.models import Definition
from web.formats import language
from web.monitor import drawing
from web.monitor.texts import gettext


@dataclass(frozen=True)
class Parts:
    """The newest forms and decisions that a process names; ``steps`` are named by form key."""

    forms: list[Definition]
    decisions: list[Definition]
    steps: dict[str, list[str]]


def parts(session: Session, definition: Definition) -> Parts:
    """Return the published forms and decisions that a version of a process names."""
    nodes = drawing.read(definition.content).nodes.values()
    forms = dict.fromkeys(node.form_id for node in nodes if node.form_id)
    tables = dict.fromkeys(node.decision_id for node in nodes if node.decision_id)
    steps = {key: [node.name for node in nodes if node.form_id == key] for key in forms}
    return Parts(_latest(session, "form", forms), _latest(session, "dmn", tables), steps)


def _latest(session: Session, kind: str, keys: Iterable[str]) -> list[Definition]:
    found = []
    for key in keys:
        try:
            found.append(definitions.latest(session, kind, key))
        except NotFound:
            # An expression may name the decision, or a form may have been withdrawn since.
            continue
    return found


def version_of(session: Session, kind: str, key: str, version: int | None) -> Definition:
    """Return a version, or the newest; raises NotFound."""
    if version is None:
        return definitions.latest(session, kind, key)
    for definition in definitions.versions(session, kind, key):
        if definition.version == version:
            return definition
    raise NotFound(f"no version {version} of {kind} {key}")


@dataclass(frozen=True)
class Change:
    """One difference as a row of a table: ``kind`` added, removed or changed; the rest words."""

    kind: str
    element_id: str
    element_name: str
    what: str
    before: str
    after: str


def changes(kind: str, before: str, after: str) -> list[Change]:
    """Return what differs between two contents of one kind, in words."""
    if kind == "bpmn":
        return [_in_words(change) for change in definitions.difference(before, after)]
    if kind == "dmn":
        return _table_changes(before, after)
    return _form_changes(before, after)


def _in_words(change: definitions.Change) -> Change:
    before, after = change.before, change.after
    if change.what in ("element", "kind"):
        before, after = kind_text(before), kind_text(after)
    what = change.facet(language())
    return Change(change.kind, change.element_id, change.element_name, what, before, after)


def kind_text(kind: str) -> str:
    """Return what an element of a diagram is called; unknown ones keep their BPMN name."""
    texts = {
        "startEvent": gettext("start"),
        "endEvent": gettext("end"),
        "userTask": gettext("task of a person"),
        "serviceTask": gettext("task of the platform"),
        "businessRuleTask": gettext("decision by a table"),
        "exclusiveGateway": gettext("gateway: one way"),
        "parallelGateway": gettext("gateway: all ways"),
        "eventBasedGateway": gettext("gateway: first event"),
        "boundaryEvent": gettext("event at a step"),
        "intermediateCatchEvent": gettext("wait"),
        "subProcess": gettext("sub-process"),
        "callActivity": gettext("called process"),
        "sequenceFlow": gettext("flow"),
    }
    name, _, detail = kind.partition(" ")
    text = texts.get(name, name)
    return f"{text} {detail}" if detail else text


def _table(content: str) -> Table | None:
    try:
        resource = definitions.read_bytes("table.dmn", content.encode())
        return decisions.read_table(content, resource.key)
    except InvalidDefinition:
        return None


def _table_changes(before: str, after: str) -> list[Change]:
    old, new = _table(before), _table(after)
    if old is None or new is None:
        return []
    found = []
    if old.hit_policy != new.hit_policy:
        what = gettext("hit policy")
        found.append(
            Change("changed", new.decision_id, new.name, what, old.hit_policy, new.hit_policy)
        )
    return found + _rule_changes(_rules(old), _rules(new))


@dataclass(frozen=True)
class _Row:
    """A rule of a table: its name for people and its cells by the column's label."""

    name: str
    cells: Mapping[str, str]

    @property
    def text(self) -> str:
        return "，".join(f"{label}：{text}" for label, text in self.cells.items() if text)


def _rules(table: Table) -> dict[str, _Row]:
    """Return the rules of a table by their ids."""
    labels = [*(each.label for each in table.inputs), *(each.label for each in table.outputs)]
    # Two columns may bear one label; no change in either of them may get lost.
    columns = [
        label if labels.count(label) == 1 else f"{label} ({number})"
        for number, label in enumerate(labels, 1)
    ]
    return {
        rule.id: _Row(
            gettext("rule %(n)s", n=number),
            dict(zip(columns, (*rule.tests, *rule.outputs), strict=True)),
        )
        for number, rule in enumerate(table.rules, 1)
    }


def _rule_changes(old: Mapping[str, _Row], new: Mapping[str, _Row]) -> list[Change]:
    what = gettext("rule")
    found = [
        Change("removed", key, row.name, what, row.text, "")
        for key, row in old.items()
        if key not in new
    ]
    for key, row in new.items():
        if key not in old:
            found.append(Change("added", key, row.name, what, "", row.text))
            continue
        before = old[key].cells
        found += [
            Change("changed", key, row.name, label, before.get(label, ""), row.cells.get(label, ""))
            for label in dict.fromkeys([*before, *row.cells])
            if before.get(label, "") != row.cells.get(label, "")
        ]
    return found


def _form_changes(before: str, after: str) -> list[Change]:
    old, new = _fields(before), _fields(after)
    found = [
        Change("removed", key, label, gettext("field"), text, "")
        for key, (label, text) in old.items()
        if key not in new
    ]
    for key, (label, text) in new.items():
        if key not in old:
            found.append(Change("added", key, label, gettext("field"), "", text))
        elif old[key] != (label, text):
            found.append(Change("changed", key, label, gettext("field"), old[key][1], text))
    return found


def _fields(content: str) -> dict[str, tuple[str, str]]:
    """Return each field's label and settings by its id."""
    found: dict[str, tuple[str, str]] = {}
    _collect(json.loads(content).get("components") or (), found)
    return found


def _collect(components: Iterable[Mapping[str, Any]], found: dict[str, tuple[str, str]]) -> None:
    for component in components:
        key = str(component.get("key") or component.get("id") or "")
        settings = {k: v for k, v in component.items() if k not in ("components", "layout", "id")}
        label = str(component.get("label") or key)
        found[key] = (label, json.dumps(settings, ensure_ascii=False, sort_keys=True))
        _collect(component.get("components") or (), found)
