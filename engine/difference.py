"""What a changed diagram changes, in words that an official can read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from engine import xml
from engine.checks.diagram import (
    Diagram,
    Element,
    Node,
    children,
    local,
    mappings,
    text_of,
    zeebe,
    zeebe_value,
)

Kind = Literal["added", "removed", "changed"]

#: What an element may say, in both languages; the order is the order of reading.
FACETS: dict[str, tuple[str, str]] = {
    "element": ("元素", "element"),
    "name": ("名称", "name"),
    "kind": ("类型", "type"),
    "from": ("从", "from"),
    "to": ("到", "to"),
    "default": ("默认流", "default flow"),
    "condition": ("条件", "condition"),
    "host": ("附着于", "attached to"),
    "interrupts": ("是否中断", "interrupting"),
    "timer": ("定时", "timer"),
    "message": ("消息", "message"),
    "key": ("关联键", "correlation key"),
    "error": ("错误代码", "error code"),
    "operation": ("操作", "operation"),
    "form": ("表单", "form"),
    "assignee": ("办理人", "assignee"),
    "candidate_users": ("候选人", "candidate users"),
    "candidate_groups": ("候选组", "candidate groups"),
    "due": ("到期", "due date"),
    "follow_up": ("跟进", "follow-up date"),
    "priority": ("优先级", "priority"),
    "decision": ("决策表", "decision"),
    "result": ("结果变量", "result variable"),
    "script": ("表达式", "expression"),
    "input": ("输入", "input"),
    "output": ("输出", "output"),
    "property": ("属性", "property"),
    "documentation": ("说明", "documentation"),
}

_ATTRIBUTES = {
    "operation": ("taskDefinition", "type"),
    "form": ("formDefinition", "formId"),
    "assignee": ("assignmentDefinition", "assignee"),
    "candidate_users": ("assignmentDefinition", "candidateUsers"),
    "candidate_groups": ("assignmentDefinition", "candidateGroups"),
    "due": ("taskSchedule", "dueDate"),
    "follow_up": ("taskSchedule", "followUpDate"),
    "priority": ("priorityDefinition", "priority"),
    "decision": ("calledDecision", "decisionId"),
    "script": ("script", "expression"),
}


@dataclass(frozen=True)
class Change:
    """One difference between two versions of a diagram.

    ``what`` names the facet (a key of FACETS, for mappings with the variable: ``input:start``);
    ``before`` and ``after`` are its values as written, empty where there was none.
    """

    kind: Kind
    element_id: str
    element_name: str
    what: str
    before: str
    after: str

    def facet(self, locale: str = "zh") -> str:
        """Return what changed, in words."""
        name, _, variable = self.what.partition(":")
        word = FACETS[name][0 if locale.startswith("zh") else 1]
        return f"{word} {variable}" if variable else word

    def sentence(self, locale: str = "zh") -> str:
        """Say the change in one sentence, in Chinese or English."""
        chinese = locale.startswith("zh")
        name = f"{self.element_name} ({self.element_id})" if self.element_name else self.element_id
        if self.kind == "added":
            return f"新增 {self.after}：{name}" if chinese else f"Added {self.after}: {name}"
        if self.kind == "removed":
            return f"删除 {self.before}：{name}" if chinese else f"Removed {self.before}: {name}"
        before, after = self.before or "—", self.after or "—"
        if chinese:
            return f"{name} 的{self.facet()}由“{before}”改为“{after}”"
        return f"{name}: {self.facet('en')} changed from “{before}” to “{after}”"


def difference(old_xml: str, new_xml: str) -> list[Change]:
    """Return what was removed, added and changed between two diagrams.

    Positions in the drawing, order in the file and white space do not count. Raises
    InvalidDefinition where one of them is not XML.
    """
    old, new = _described(old_xml), _described(new_xml)
    changes = [
        Change("removed", key, facts["name"], "element", facts["kind"], "")
        for key, facts in old.items()
        if key not in new
    ]
    for key, facts in new.items():
        if key not in old:
            changes.append(Change("added", key, facts["name"], "element", "", facts["kind"]))
        else:
            changes.extend(_changed(key, old[key], facts))
    return changes


def _changed(key: str, old: dict[str, str], new: dict[str, str]) -> Iterator[Change]:
    order = list(FACETS)
    names = sorted({*old, *new}, key=lambda name: (order.index(name.partition(":")[0]), name))
    for name in names:
        before, after = old.get(name, ""), new.get(name, "")
        if before != after:
            yield Change("changed", key, new["name"] or old["name"], name, before, after)


def _described(content: str) -> dict[str, dict[str, str]]:
    diagram = Diagram(xml.parse(content))
    found: dict[str, dict[str, str]] = {}
    if diagram.process is not None:
        found[diagram.process.get("id") or "process"] = _common(diagram.process)
    for node in diagram.nodes:
        found[node.id] = _of_node(diagram, node)
    for flow in diagram.flows:
        found[flow.id] = {
            **_common(flow.element),
            "from": flow.element.get("sourceRef") or "",
            "to": flow.element.get("targetRef") or "",
            "condition": flow.condition or "",
        }
    return found


def _common(element: Element) -> dict[str, str]:
    facts = {
        "name": " ".join((element.get("name") or "").split()),
        "kind": local(element),
        "documentation": " ".join(text_of(one) for one in children(element, "documentation")),
    }
    for holder in zeebe(element, "properties"):
        for one in holder:
            facts[f"property:{one.get('name')}"] = one.get("value") or ""
    return facts


def _of_node(diagram: Diagram, node: Node) -> dict[str, str]:
    facts = {**_common(node.element), "default": node.default}
    for name, (holder, attribute) in _ATTRIBUTES.items():
        facts[name] = zeebe_value(node.element, holder, attribute)
    facts["result"] = zeebe_value(node.element, "calledDecision", "resultVariable") or zeebe_value(
        node.element, "script", "resultVariable"
    )
    for name in ("input", "output"):
        for one in mappings(node.element, name):
            facts[f"{name}:{one.get('target')}"] = one.get("source") or ""
    if node.kind == "boundaryEvent":
        facts["host"] = node.element.get("attachedToRef") or ""
        facts["interrupts"] = node.element.get("cancelActivity") or "true"
    return {**facts, **_of_event(diagram, node)}


def _of_event(diagram: Diagram, node: Node) -> dict[str, str]:
    facts: dict[str, str] = {}
    if node.is_event and node.event != "none":
        facts["kind"] = f"{node.kind} ({node.event})"
    if node.event == "timer":
        facts["timer"] = " ".join(text_of(one) for one in children(node.definitions[0]))
    reference = node.definitions[0] if node.event in ("message", "error") else node.element
    message = diagram.top_element("message", reference.get("messageRef"))
    if message is not None:
        facts["message"] = message.get("name") or ""
        facts["key"] = zeebe_value(message, "subscription", "correlationKey")
    error = diagram.top_element("error", reference.get("errorRef"))
    if error is not None:
        facts["error"] = error.get("errorCode") or ""
    return facts
