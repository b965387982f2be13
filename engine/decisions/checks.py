"""What is wrong with a DMN file before anybody relies on it."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from engine import feel, xml
from engine.decisions.table import (
    AGGREGATIONS,
    HIT_POLICIES,
    Output,
    Rule,
    Table,
    child,
    children,
    local,
    make_table,
)
from engine.decisions.types import feel_type, type_name
from engine.errors import InvalidDefinition
from engine.problems import Problem

_TYPED = ("inputExpression", "output")


def check(content: str | bytes) -> list[Problem]:
    """Return the problems of a DMN file; never raises for any content."""
    try:
        root = xml.parse(content)
    except InvalidDefinition as error:
        return list(error.problems)
    decisions = children(root, "decision")
    if not decisions:
        return [Problem("dmn_no_decision")]
    if len(decisions) > 1:
        ids = "、".join(decision.get("id") or "?" for decision in decisions)
        return [Problem("dmn_several_decisions", decisions[1].get("id") or "", decisions=ids)]
    return list(_of_decision(decisions[0]))


def _of_decision(decision: etree._Element) -> Iterator[Problem]:
    name = decision.get("name") or ""
    if not decision.get("id"):
        yield Problem("dmn_no_id", "", name)
    element = child(decision, "decisionTable")
    if element is None:
        kinds = [local(part) for part in decision if local(part).endswith("xpression")]
        yield Problem("dmn_no_table", decision.get("id") or "", name, found="、".join(kinds))
        return
    yield from _unreadable_parts(decision, element)
    table = make_table(decision, element)
    yield from _of_policy(table)
    yield from _of_columns(table)
    for number, rule in enumerate(table.rules, start=1):
        yield from _of_rule(table, rule, number)
    if not table.rules:
        yield Problem("dmn_no_rules", table.decision_id, table.name)


def _unreadable_parts(decision: etree._Element, table: etree._Element) -> Iterator[Problem]:
    for element in decision.iter():
        if local(element) in _TYPED:
            type_ref = element.get("typeRef") or ""
            if type_name(type_ref) is None:
                yield Problem("dmn_unknown_type", element.get("id") or "", type=type_ref)
        language = element.get("expressionLanguage") or ""
        if language and "feel" not in language.lower():
            yield Problem("dmn_not_feel", element.get("id") or "", language=language)
    for rule in children(table, "rule"):
        if not rule.get("id"):
            yield Problem("dmn_rule_no_id", "", number=children(table, "rule").index(rule) + 1)


def _of_policy(table: Table) -> Iterator[Problem]:
    where = (table.decision_id, table.name)
    if table.hit_policy not in HIT_POLICIES:
        yield Problem("dmn_unknown_hit_policy", *where, policy=table.hit_policy)
    if table.aggregation not in AGGREGATIONS:
        yield Problem("dmn_unknown_aggregation", *where, aggregation=table.aggregation)
    if table.aggregation and table.hit_policy != "COLLECT":
        yield Problem("dmn_aggregation_without_collect", *where, policy=table.hit_policy)
    if table.aggregation and len(table.outputs) > 1:
        yield Problem("dmn_aggregation_of_several", *where, aggregation=table.aggregation)
    by_values = table.hit_policy in {"PRIORITY", "OUTPUT ORDER"}
    if by_values and not any(output.values for output in table.outputs):
        yield Problem("dmn_no_priorities", *where, policy=table.hit_policy)


def _of_columns(table: Table) -> Iterator[Problem]:
    for number, column in enumerate(table.inputs, start=1):
        if not column.expression:
            yield Problem("dmn_no_input_expression", column.id, column.label, number=number)
        else:
            yield from _of_input(_Cell(column.id, column.label, column.expression, 0), column.type)
    if not table.outputs:
        yield Problem("dmn_no_output", table.decision_id, table.name)
    names = [output.name for output in table.outputs]
    for output in table.outputs:
        if len(names) > 1 and (not output.name or names.count(output.name) > 1):
            yield Problem("dmn_output_name", output.id, output.label, name=output.name)
        for text in (*output.values, *output.default):
            yield from _syntax(_Cell(output.id, output.label, text, 0))


def _of_input(cell: "_Cell", type_: str) -> Iterator[Problem]:
    problems = list(_syntax(cell))
    yield from problems
    if problems:
        return
    reasons = feel.type_problems(cell.text, {})
    found = feel.type_of(cell.text, {})
    if not reasons and type_ != "any" and found not in {"any", feel_type(type_)}:
        reasons = [f"{cell.text}: {found}, not {type_}"]
    for reason in reasons:
        yield _problem("dmn_types", cell, reason=reason)


@dataclass(frozen=True)
class _Cell:
    """A text to check: element id, column label, FEEL, number of the rule (0: the head)."""

    id: str
    label: str
    text: str
    rule: int


def _syntax(cell: _Cell, *, unary: bool = False) -> Iterator[Problem]:
    reason = feel.syntax_problem(cell.text, unary=unary)
    if reason is not None:
        yield _problem("dmn_bad_feel", cell, reason=reason)


def _problem(code: str, cell: _Cell, **params: str) -> Problem:
    where = {"expression": cell.text, "rule": cell.rule, **params}
    return Problem(code, cell.id, cell.label, params=where)


def _of_rule(table: Table, rule: Rule, number: int) -> Iterator[Problem]:
    columns, outputs = len(table.inputs), len(table.outputs)
    if len(rule.tests) != columns or len(rule.outputs) != outputs:
        yield Problem("dmn_cells", rule.id, table.name, rule=number)
        return
    types = {
        column.expression: feel_type(column.type) for column in table.inputs if column.expression
    }
    for position, text in enumerate(rule.tests):
        if text in {"", "-"}:
            continue
        column = table.inputs[position]
        cell = _Cell(rule.cell_ids[position], column.label, text, number)
        problems = list(_syntax(cell, unary=True))
        yield from problems or _of_test(cell, feel_type(column.type), types)
    for position, text in enumerate(rule.outputs):
        if text not in {"", "-"}:
            output = table.outputs[position]
            cell = _Cell(rule.cell_ids[columns + position], output.label, text, number)
            yield from _of_output(cell, output, types)


def _of_test(cell: _Cell, type_: str, types: dict[str, str]) -> Iterator[Problem]:
    for reason in feel.type_problems(cell.text, types, unary_input=type_):
        yield _problem("dmn_types", cell, reason=reason)
    if _is_bare_word(cell.text, types) and type_ == "string":
        yield _problem("dmn_unquoted", cell)


def _of_output(cell: _Cell, output: Output, types: dict[str, str]) -> Iterator[Problem]:
    problems = list(_syntax(cell))
    yield from problems
    if problems:
        return
    for reason in feel.type_problems(cell.text, types):
        yield _problem("dmn_types", cell, reason=reason)
    found = feel.type_of(cell.text, types)
    if found not in {"any", feel_type(output.type)} and output.type != "any":
        reason = f"{cell.text}: {found}, not {output.type}"
        yield _problem("dmn_types", cell, reason=reason)
    if _is_bare_word(cell.text, types) and output.type == "string":
        yield _problem("dmn_unquoted", cell)


def _is_bare_word(text: str, types: dict[str, str]) -> bool:
    """Say whether a cell is just a name: most likely text whose quotes were forgotten."""
    return text not in types and feel.names(text) == {" ".join(text.split())}
