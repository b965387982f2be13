"""Reads ``scenarios.yaml``: strictly, so that a mistyped key cannot make a test that tests nothing.

Text that begins with ``$`` stands for what the given world calls by that name; timestamps become
tagged date-times.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml

from engine.values import tag

FILE = "scenarios.yaml"
_VERBS = ("complete", "message", "outside", "until", "check")
T = TypeVar("T")


class BadScenario(Exception):
    """The file does not say a scenario; the text names the place."""


@dataclass(frozen=True)
class Expectation:
    """What must hold; None where the scenario says nothing.

    ``passes`` are element ids that come in this order, others may stand between; ``avoids`` are
    never passed; ``decisions`` maps a decision to (a part of) its last answer; ``tasks`` are all
    element ids that wait for somebody.
    """

    outcome: str | None = None
    status: str | None = None
    tasks: list[str] | None = None
    passes: list[str] = field(default_factory=list)
    avoids: list[str] = field(default_factory=list)
    decisions: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Action:
    """One thing that happens: somebody completes a task, a message comes, time passes, a check.

    ``outside`` names something that happens in the given world, beyond the platform: a payer pays
    at the provider. ``refused`` is the code of the error that the engine must answer with.
    """

    complete: str | None = None
    message: str | None = None
    outside: str | None = None
    until: datetime | None = None
    check: dict[str, Any] | None = None
    by: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    key: str | None = None
    refused: str | None = None


@dataclass(frozen=True)
class Scenario:
    """A story of one case."""

    name: str
    start: dict[str, Any]
    steps: list[Action]
    expect: Expectation
    now: datetime | None = None


@dataclass(frozen=True)
class Book:
    """All scenarios of a process folder and the world that they take place in."""

    process: str
    now: datetime
    given: dict[str, Any]
    scenarios: list[Scenario]


def read(folder: Path) -> Book:
    """Read a folder's scenarios. Raises BadScenario."""
    with (folder / FILE).open(encoding="utf-8") as source:
        raw = yaml.safe_load(source)
    raw = _mapping(raw, FILE, {"process", "now", "given", "scenarios"})
    return Book(
        process=str(raw["process"]),
        now=_moment(raw["now"], "now"),
        given=raw.get("given") or {},
        scenarios=[_scenario(one) for one in raw["scenarios"]],
    )


def _scenario(raw: Any) -> Scenario:  # noqa: ANN401 - YAML
    where = str(raw.get("name")) if isinstance(raw, dict) else "scenario"
    raw = _mapping(raw, where, {"name", "start", "steps", "expect", "now"})
    start = _mapping(raw.get("start"), f"{where}: start", {"by", "data"})
    return Scenario(
        name=where,
        start=start,
        steps=[
            _action(step, f"{where}: step {n}") for n, step in enumerate(raw.get("steps", []), 1)
        ],
        expect=expectation(raw.get("expect"), f"{where}: expect"),
        now=_moment(raw["now"], where) if "now" in raw else None,
    )


def _action(raw: Any, where: str) -> Action:  # noqa: ANN401 - YAML
    action = _build(Action, raw, where)
    verbs = [verb for verb in _VERBS if getattr(action, verb) is not None]
    if len(verbs) != 1:
        raise BadScenario(f"{where}: one of {', '.join(_VERBS)} is needed, not {verbs}")
    if action.until is not None:
        _moment(action.until, where)
    if (action.complete or action.message) and not action.by:
        raise BadScenario(f"{where}: by whom?")
    return action


def expectation(raw: Any, where: str) -> Expectation:  # noqa: ANN401 - YAML
    """Read an expectation; one that expects nothing is refused."""
    if not raw:
        raise BadScenario(f"{where}: nothing is expected")
    return _build(Expectation, raw, where)


def _build(kind: type[T], raw: Any, where: str) -> T:  # noqa: ANN401 - YAML
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    return kind(**_mapping(raw, where, known))


def _mapping(raw: Any, where: str, known: set[str]) -> dict[str, Any]:  # noqa: ANN401 - YAML
    if not isinstance(raw, dict):
        raise BadScenario(f"{where}: a mapping is needed")
    unknown = sorted(set(raw) - known)
    if unknown:
        raise BadScenario(f"{where}: unknown {', '.join(map(str, unknown))}")
    return raw


def _moment(value: Any, where: str) -> datetime:  # noqa: ANN401 - YAML
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise BadScenario(f"{where}: {value!r} is not a time with offset")
    return value


def filled(value: Any, names: Mapping[str, Any]) -> Any:  # noqa: ANN401 - YAML in, JSON out
    """Replace ``$name`` by the given world's value and tag dates and times, deep."""
    if isinstance(value, dict):
        return {key: filled(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, names) for inner in value]
    if isinstance(value, str) and value.startswith("$"):
        if value[1:] not in names:
            raise BadScenario(f"the given world has no {value}")
        return names[value[1:]]
    return tag(value) if isinstance(value, date) else value
