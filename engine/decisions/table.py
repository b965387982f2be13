"""A decision table as dmn-js writes it (DMN 1.3), read into plain values."""

from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

from engine import xml as hardened
from engine.decisions.types import type_name
from engine.errors import NotFound

HIT_POLICIES = (
    "UNIQUE",
    "FIRST",
    "PRIORITY",
    "ANY",
    "COLLECT",
    "RULE ORDER",
    "OUTPUT ORDER",
)
AGGREGATIONS = ("", "SUM", "MIN", "MAX", "COUNT")


@dataclass(frozen=True)
class Column:
    """An input column; ``values`` are the unary tests that its author lists as allowed."""

    id: str
    label: str
    expression: str
    type: str
    values: str = ""


@dataclass(frozen=True)
class Output:
    """An output column; ``values`` are FEEL literals, highest priority first."""

    id: str
    label: str
    name: str
    type: str
    values: tuple[str, ...] = ()
    default: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One row; ``tests`` and ``outputs`` are FEEL texts, ``cell_ids`` their elements' ids."""

    id: str
    tests: tuple[str, ...]
    outputs: tuple[str, ...]
    annotation: str = ""
    cell_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A decision table."""

    decision_id: str
    name: str
    hit_policy: str
    aggregation: str
    inputs: tuple[Column, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]


def local(element: etree._Element) -> str:
    """Return an element's name without its namespace; empty for comments."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """Return the child elements of a name, in any version of DMN's namespace."""
    return [child for child in element if local(child) == name]


def child(element: etree._Element, name: str) -> etree._Element | None:
    """Return the first child element of a name."""
    return next(iter(children(element, name)), None)


def text_of(element: etree._Element | None) -> str:
    """Return the stripped text of an element's ``text`` child; empty without one."""
    if element is None:
        return ""
    inner = child(element, "text")
    return "" if inner is None else _all_text(inner)


def _all_text(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext()).strip()


@lru_cache(maxsize=256)
def read_table(xml: str | bytes, decision_id: str) -> Table:
    """Read one decision's table; raises NotFound and, for unreadable XML, InvalidDefinition."""
    root = hardened.parse(xml)
    for decision in children(root, "decision"):
        table = child(decision, "decisionTable")
        if decision.get("id") == decision_id and table is not None:
            return make_table(decision, table)
    raise NotFound(f"no decision table {decision_id}", kind="dmn", key=decision_id)


def make_table(decision: etree._Element, table: etree._Element) -> Table:
    """Make the table of a decision element, whatever is missing in it."""
    return Table(
        decision_id=decision.get("id") or "",
        name=decision.get("name") or decision.get("id") or "",
        hit_policy=table.get("hitPolicy") or "UNIQUE",
        aggregation=table.get("aggregation") or "",
        inputs=tuple(_input(element) for element in children(table, "input")),
        outputs=tuple(_output(element) for element in children(table, "output")),
        rules=tuple(_rule(element) for element in children(table, "rule")),
    )


def _input(element: etree._Element) -> Column:
    expression = child(element, "inputExpression")
    text = text_of(expression)
    type_ref = "" if expression is None else expression.get("typeRef") or ""
    return Column(
        id=element.get("id") or "",
        label=element.get("label") or text,
        expression=text,
        type=type_name(type_ref) or "any",
        values=text_of(child(element, "inputValues")),
    )


def _output(element: etree._Element) -> Output:
    name = element.get("name") or ""
    default = text_of(child(element, "defaultOutputEntry"))
    return Output(
        id=element.get("id") or "",
        label=element.get("label") or name,
        name=name,
        type=type_name(element.get("typeRef") or "") or "any",
        values=split_values(text_of(child(element, "outputValues"))),
        default=(default,) if default else (),
    )


def _rule(element: etree._Element) -> Rule:
    tests, outputs = children(element, "inputEntry"), children(element, "outputEntry")
    notes = [text_of(note) for note in children(element, "annotationEntry")]
    description = child(element, "description")
    if description is not None:
        notes.append(_all_text(description))
    return Rule(
        id=element.get("id") or "",
        tests=tuple(text_of(test) for test in tests),
        outputs=tuple(text_of(output) for output in outputs),
        annotation="; ".join(note for note in notes if note),
        cell_ids=tuple(cell.get("id") or "" for cell in (*tests, *outputs)),
    )


def split_values(text: str) -> tuple[str, ...]:
    """Split a list of FEEL literals at its commas outside of quotes and brackets."""
    parts: list[str] = []
    current, depth, quoted, escaped = "", 0, False, False
    for sign in text:
        if sign == "," and not quoted and depth == 0:
            parts.append(current.strip())
            current = ""
            continue
        current += sign
        if escaped:
            escaped = False
        elif quoted:
            quoted, escaped = sign != '"', sign == "\\"
        else:
            quoted = sign == '"'
            depth += (sign in "([{") - (sign in ")]}")
    return tuple(part for part in (*parts, current.strip()) if part)
