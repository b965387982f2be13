"""DMN decision tables: read, checked, and evaluated with every hit policy, saying what fired."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from engine import definitions, feel
from engine.decisions.checks import check
from engine.decisions.hit_policies import Hit, settle
from engine.decisions.table import Column, Output, Rule, Table, read_table
from engine.decisions.types import fits
from engine.errors import DecisionFailed, ExpressionFailed

__all__ = [
    "Column",
    "Decision",
    "Output",
    "Rule",
    "RuleHit",
    "Table",
    "check",
    "evaluate",
    "evaluate_xml",
    "read_table",
]


@dataclass(frozen=True)
class RuleHit:
    """A rule that applied: its number from 1, its id and its annotation."""

    index: int
    rule_id: str
    annotation: str


@dataclass(frozen=True)
class Decision:
    """An answer with the evidence for it.

    ``value`` is tagged JSON: a bare value for one output, a context for several, a list of them
    under COLLECT, RULE ORDER and OUTPUT ORDER. ``inputs`` are the values of the input expressions
    by column label. ``version`` and ``definition_id`` are None for a table that is not published.
    """

    value: Any
    decision_id: str
    name: str
    hit_policy: str
    matched: tuple[RuleHit, ...]
    inputs: dict[str, Any] = field(default_factory=dict)
    version: int | None = None
    definition_id: UUID | None = None


def evaluate(
    session: Session, decision_id: str, context: Mapping[str, Any], *, now: datetime
) -> Decision:
    """Decide with the latest published version of a table; raises NotFound and as evaluate_xml."""
    definition = definitions.current(session, "dmn", decision_id)
    content = definitions.content(session, definition.id, definition.hash)
    table = read_table(content, decision_id)
    return _decide(table, context, now, version=definition.version, of=definition.public_id)


def evaluate_xml(
    xml: str | bytes, decision_id: str, context: Mapping[str, Any], *, now: datetime
) -> Decision:
    """Decide with a table that need not be published.

    Raises ExpressionFailed for an expression, and DecisionFailed with reason ``no_rule`` (none
    applied and there is no default), ``several_rules`` (UNIQUE or ANY contradicted),
    ``input_type``, ``output_type``, ``output_value`` or ``aggregate``. A gap in a table stops the
    case where an official can see it, instead of going on with null.
    """
    return _decide(read_table(xml, decision_id), context, now)


def _decide(
    table: Table,
    context: Mapping[str, Any],
    now: datetime,
    *,
    version: int | None = None,
    of: UUID | None = None,
) -> Decision:
    rules = [{"tests": rule.tests, "outputs": rule.outputs} for rule in table.rules]
    # Defaults and priorities are literals of the table: evaluated in the same call as its rules.
    answer = feel.decide(
        [column.expression for column in table.inputs],
        rules,
        context,
        now=now,
        only_first=table.hit_policy == "FIRST",
        values=[[*output.values, *output.default] for output in table.outputs],
    )
    if "e" in answer:
        raise _located(table, answer["e"])
    _check_inputs(table, answer["inputs"])
    hits = [Hit(found["index"], found["outputs"]) for found in answer["matched"]]
    _check_outputs(table, hits, answer["values"])
    value, counted = settle(table, hits, answer["values"])
    labels = [column.label for column in table.inputs]
    return Decision(
        value=value,
        decision_id=table.decision_id,
        name=table.name,
        hit_policy=table.hit_policy,
        matched=tuple(_rule_hit(table, hit) for hit in counted),
        inputs=dict(zip(labels, answer["inputs"], strict=True)),
        version=version,
        definition_id=of,
    )


def _rule_hit(table: Table, hit: Hit) -> RuleHit:
    rule = table.rules[hit.index]
    return RuleHit(hit.index + 1, rule.id, rule.annotation)


def _located(table: Table, problem: Mapping[str, Any]) -> ExpressionFailed:
    """Say in which cell an expression failed: rule (id) and column (label), or an input column."""
    where, number = problem.get("place") or [None, None]
    rule = ""
    if where == "input":
        column, text = table.inputs[number].label, table.inputs[number].expression
    elif isinstance(where, int):
        rule, column = table.rules[where].id, table.inputs[number].label
        text = table.rules[where].tests[number]
    else:
        column, text = "", ""
        rule = table.rules[number].id if where == "rule" else ""
    return ExpressionFailed(
        f"{table.decision_id}: {text}: {problem['reason']}",
        expression=text,
        reason=problem["reason"],
        kind=problem["kind"],
        decision=table.decision_id,
        rule=rule,
        column=column,
    )


def _check_inputs(table: Table, given: list[Any]) -> None:
    for column, value in zip(table.inputs, given, strict=True):
        if value is not None and not fits(value, column.type):
            raise DecisionFailed(
                f"{table.decision_id}: {column.label} is not a {column.type}",
                decision=table.decision_id,
                reason="input_type",
                column=column.label,
                expected=column.type,
                value=value,
            )


def _check_outputs(table: Table, hits: list[Hit], values: list[list[Any]]) -> None:
    for hit in hits:
        for output, value, known in zip(table.outputs, hit.outputs, values, strict=True):
            if value is None:
                continue
            allowed = known[: len(output.values)]
            if not fits(value, output.type):
                raise _bad_output(table, hit, output, value, "output_type")
            if allowed and value not in allowed:
                raise _bad_output(table, hit, output, value, "output_value")


def _bad_output(
    table: Table, hit: Hit, output: Output, value: object, reason: str
) -> DecisionFailed:
    return DecisionFailed(
        f"{table.decision_id}: rule {hit.index + 1}: {reason}",
        decision=table.decision_id,
        reason=reason,
        rule=table.rules[hit.index].id,
        column=output.label,
        expected=output.type,
        value=value,
    )
