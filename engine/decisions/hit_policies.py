"""What the rules that applied mean together: the seven hit policies of DMN 1.3."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine import values
from engine.decisions.table import Table
from engine.errors import DecisionFailed

#: The evaluated ``outputValues`` of each output column, then its default (if any).
Known = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Hit:
    """A rule that applied: its index from 0, and its output values in the order of columns."""

    index: int
    outputs: list[Any]


def settle(table: Table, hits: Sequence[Hit], known: Known) -> tuple[Any, list[Hit]]:
    """Return the decision's value and the hits that made it; raises DecisionFailed."""
    if table.hit_policy in _LISTS:
        return _collected(table, _LISTS[table.hit_policy](table, hits, known), known)
    if not hits:
        return _default(table, known), []
    hit = _SINGLE[table.hit_policy](table, hits, known)
    counted = list(hits) if table.hit_policy == "ANY" else [hit]
    return _value(table, hit.outputs), counted


def _value(table: Table, outputs: Sequence[Any]) -> Any:  # noqa: ANN401 - JSON
    if len(table.outputs) == 1:
        return outputs[0]
    return {output.name: value for output, value in zip(table.outputs, outputs, strict=True)}


def _default(table: Table, known: Known) -> Any:  # noqa: ANN401 - JSON
    if not any(output.default for output in table.outputs):
        raise DecisionFailed(
            f"{table.decision_id}: no rule applies", decision=table.decision_id, reason="no_rule"
        )
    outputs = [
        given[len(output.values)] if output.default else None
        for output, given in zip(table.outputs, known, strict=True)
    ]
    return _value(table, outputs)


def _contradiction(table: Table, hits: Sequence[Hit]) -> DecisionFailed:
    rules = [table.rules[hit.index].id for hit in hits]
    return DecisionFailed(
        f"{table.decision_id}: several rules apply: {rules}",
        decision=table.decision_id,
        reason="several_rules",
        rules=rules,
        numbers=[hit.index + 1 for hit in hits],
    )


def _unique(table: Table, hits: Sequence[Hit], _known: Known) -> Hit:
    if len(hits) > 1:
        raise _contradiction(table, hits)
    return hits[0]


def _any(table: Table, hits: Sequence[Hit], _known: Known) -> Hit:
    if any(hit.outputs != hits[0].outputs for hit in hits):
        raise _contradiction(table, hits)
    return hits[0]


def _first(_table: Table, hits: Sequence[Hit], _known: Known) -> Hit:
    return hits[0]


def _priority(table: Table, hits: Sequence[Hit], known: Known) -> Hit:
    return _by_priority(table, hits, known)[0]


def _by_priority(table: Table, hits: Sequence[Hit], known: Known) -> list[Hit]:
    """Sort by the place of the outputs in their columns' values, first column first."""
    ranks = [
        given[: len(column.values)] for column, given in zip(table.outputs, known, strict=True)
    ]

    def rank(hit: Hit) -> list[int]:
        return [
            order.index(value) if value in order else len(order)
            for value, order in zip(hit.outputs, ranks, strict=True)
        ]

    return sorted(hits, key=rank)


def _in_rule_order(_table: Table, hits: Sequence[Hit], _known: Known) -> list[Hit]:
    return list(hits)


def _collected(table: Table, hits: list[Hit], known: Known) -> tuple[Any, list[Hit]]:
    if not hits and not table.aggregation and any(output.default for output in table.outputs):
        return [_default(table, known)], []
    found = [_value(table, hit.outputs) for hit in hits]
    if table.hit_policy != "COLLECT" or not table.aggregation:
        return found, hits
    if table.aggregation == "COUNT":
        return len(found), hits
    return _aggregate(table, [value for value in found if value is not None]), hits


def _aggregate(table: Table, found: list[Any]) -> Any:  # noqa: ANN401 - JSON
    """Apply SUM, MIN or MAX; null without any value."""
    if not found:
        return None
    try:
        return _AGGREGATORS[table.aggregation](found)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise DecisionFailed(
            f"{table.decision_id}: {table.aggregation} of {found}",
            decision=table.decision_id,
            reason="aggregate",
            aggregation=table.aggregation,
        ) from error


def _sum(found: list[Any]) -> int | float:
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in found):
        raise TypeError("only numbers have a sum")
    # Decimal of the shortest text, so that 0.1 and 0.2 are 0.3 as the official wrote them.
    total = sum((Decimal(str(value)) for value in found), Decimal(0))
    return int(total) if total == total.to_integral_value() else float(total)


def _extreme(choose: Callable[..., Any]) -> Callable[[list[Any]], Any]:
    def choose_from(found: list[Any]) -> Any:  # noqa: ANN401 - JSON
        if any(isinstance(value, bool) for value in found):
            raise TypeError("truth values have no order")
        return choose(found, key=values.untag)

    return choose_from


_AGGREGATORS: dict[str, Callable[[list[Any]], Any]] = {
    "SUM": _sum,
    "MIN": _extreme(min),
    "MAX": _extreme(max),
}
_SINGLE: dict[str, Callable[[Table, Sequence[Hit], Known], Hit]] = {
    "UNIQUE": _unique,
    "ANY": _any,
    "FIRST": _first,
    "PRIORITY": _priority,
}
_LISTS: dict[str, Callable[[Table, Sequence[Hit], Known], list[Hit]]] = {
    "COLLECT": _in_rule_order,
    "RULE ORDER": _in_rule_order,
    "OUTPUT ORDER": _by_priority,
}
