"""A decision in a case: its table as it was, what went in, which rules fired."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import decisions
from engine.history import Entry
from engine.models import Definition
from engine.values import is_tagged
from web.formats import language
from web.monitor.submissions import shown
from web.words import say


@dataclass(frozen=True)
class TableRow:
    """One rule: its number from 1, its cells and whether it fired."""

    index: int
    inputs: list[str]
    outputs: list[str]
    note: str
    fired: bool


@dataclass(frozen=True)
class Decided:
    """A decision as the timeline shows it; ``definition`` is the version that decided."""

    name: str
    definition: Definition
    hit_policy: str
    given: list[tuple[str, str]]
    result: str
    input_names: list[str]
    output_names: list[str]
    rows: list[TableRow]


def decided(session: Session, entry: Entry) -> Decided | None:
    """Return the table behind an entry of kind ``decision_evaluated``; None without one."""
    if entry.kind != "decision_evaluated":
        return None
    definition = session.scalar(
        select(Definition).where(
            Definition.kind == "dmn",
            Definition.key == entry.data.get("decision"),
            Definition.version == entry.data.get("version"),
        )
    )
    if definition is None:
        return None
    table = decisions.read_table(definition.content, definition.key)
    fired = {rule.get("index") for rule in entry.data.get("rules") or ()}
    words = definition.words
    given: dict[str, Any] = entry.data.get("inputs") or {}
    return Decided(
        name=say(words, table.name),
        definition=definition,
        hit_policy=table.hit_policy,
        given=[(say(words, str(name)), shown(value)) for name, value in given.items()],
        result=_result(entry.data.get("result"), table, words),
        input_names=[say(words, column.label) for column in table.inputs],
        output_names=[say(words, column.label) for column in table.outputs],
        rows=[
            TableRow(
                number,
                [_cell(test, words) for test in rule.tests],
                [_cell(output, words) for output in rule.outputs],
                say(words, rule.annotation),
                number in fired,
            )
            for number, rule in enumerate(table.rules, 1)
        ],
    )


def _cell(text: str, words: Mapping[str, str]) -> str:
    """Return a cell; a text in quotes is said in the reader's language."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return f'"{say(words, text[1:-1])}"'
    return text


def _result(value: Any, table: decisions.Table, words: Mapping[str, str]) -> str:  # noqa: ANN401
    """Return the answer as people read it: each output with its label."""
    if not isinstance(value, dict) or is_tagged(value):
        return say(words, shown(value))
    labels = {output.name: output.label or output.name for output in table.outputs}
    separator = "，" if language() == "zh" else ", "
    colon = "：" if language() == "zh" else ": "
    return separator.join(
        f"{say(words, str(labels.get(name, name)))}{colon}{say(words, shown(each))}"
        for name, each in value.items()
    )
