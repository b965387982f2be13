from pathlib import Path

import pytest

from engine.difference import FACETS, Change, difference
from engine.errors import InvalidDefinition

DIAGRAMS = Path(__file__).parent / "diagrams"
EVENTS = (DIAGRAMS / "good_events.bpmn").read_text(encoding="utf-8")
GATEWAY = (DIAGRAMS / "good_gateway.bpmn").read_text(encoding="utf-8")
SERVICE = (DIAGRAMS / "good_service_task.bpmn").read_text(encoding="utf-8")


def test_a_diagram_does_not_differ_from_itself_redrawn() -> None:
    redrawn = EVENTS.replace("\n    ", "\n        ").replace(
        ' id="edge" name="边界"', ' name="边界" id="edge"'
    )
    assert redrawn != EVENTS
    assert difference(EVENTS, redrawn) == []


@pytest.mark.parametrize(
    ("content", "old", "new", "what", "before", "after"),
    [
        (EVENTS, "P2D", "P3D", "timer", "P2D", "P3D"),
        (EVENTS, "=case.initiator", "=managers", "assignee", "=case.initiator", "=managers"),
        (EVENTS, 'formId="apply"', 'formId="other"', "form", "apply", "other"),
        (EVENTS, 'name="paid"', 'name="settled"', "message", "paid", "settled"),
        (EVENTS, "=case.number", "=case.id", "key", "=case.number", "=case.id"),
        (EVENTS, 'cancelActivity="false"', "", "interrupts", "false", "true"),
        (EVENTS, 'name="审批"', 'name="复核"', "name", "审批", "复核"),
        (GATEWAY, "=1 &lt; 2", "=3 &lt; 4", "condition", "=1 < 2", "=3 < 4"),
        (GATEWAY, 'default="no"', 'default="yes"', "default", "no", "yes"),
        (GATEWAY, 'id="no" sourceRef="choice" targetRef="end"',
         'id="no" sourceRef="choice" targetRef="it"', "to", "end", "it"),
        (SERVICE, 'type="notify"', 'type="remind"', "operation", "notify", "remind"),
        (SERVICE, "=case.number", "=case.id", "input:recipient", "=case.number", "=case.id"),
    ],
)  # fmt: skip
def test_a_changed_setting_is_said_with_before_and_after(
    content: str, old: str, new: str, what: str, before: str, after: str
) -> None:
    assert old in content
    found = difference(content, content.replace(old, new))
    assert [(one.kind, one.what, one.before, one.after) for one in found] == [
        ("changed", what, before, after)
    ]


def test_added_and_removed_elements_are_listed() -> None:
    longer = SERVICE.replace(
        '<bpmn:endEvent id="end"', '<bpmn:task id="more" name="补充" />\n<bpmn:endEvent id="end"'
    )
    assert difference(SERVICE, longer) == [Change("added", "more", "补充", "element", "", "task")]
    assert difference(longer, SERVICE) == [Change("removed", "more", "补充", "element", "task", "")]


def test_changes_are_said_in_chinese_and_english() -> None:
    (change,) = difference(EVENTS, EVENTS.replace("P2D", "P3D"))
    assert change.sentence() == "边界 (edge) 的定时由“P2D”改为“P3D”"
    assert change.sentence("en") == "边界 (edge): timer changed from “P2D” to “P3D”"
    (mapping,) = difference(SERVICE, SERVICE.replace("=case.number", "=case.id"))
    assert mapping.facet() == "输入 recipient"


def test_an_old_version_that_is_no_xml_is_refused() -> None:
    with pytest.raises(InvalidDefinition):
        difference("<a", SERVICE)


def test_every_facet_has_two_languages() -> None:
    assert all(chinese and english for chinese, english in FACETS.values())
