"""Forms that would mislead or fail are found before anybody fills them in."""

import json
import re
from pathlib import Path

import pytest

from engine import forms
from engine.sentences import SENTENCES


def form(*components):
    return {"components": list(components)}


def field(type_="textfield", key="x", **more):
    return {"type": type_, "key": key, "id": "id_" + str(key), **more}


def codes(schema):
    return [problem.code for problem in forms.check_schema(schema)]


OPTIONS = [{"label": "甲", "value": "a"}]


def test_a_sound_form_has_no_problems():
    sound = form(
        {"type": "text", "text": "# {{x}}"},
        field(),
        field("number", "n", validate={"min": 1, "max": "=n + 1"}),
        field("select", "s", values=OPTIONS, conditional={"hide": "=n > 3"}),
        field("expression", "e", expression="=n * 2"),
        field("datetime", "d", subtype="date"),
        field("textarea", "t", conditional={"hide": '=date(d) > date("2026-01-01")'}),
        {"type": "dynamiclist", "path": "rows", "components": [field()]},
        {"type": "group", "path": "unit", "components": [field()]},
    )
    assert codes(sound) == []


@pytest.mark.parametrize(
    ("component", "code"),
    [
        (field("iframe"), "form_unknown_type"),
        (field("datetime", subtype="year"), "form_unknown_subtype"),
        (field("select"), "form_no_options"),
        (field("select", values=OPTIONS * 2), "form_same_option"),
        (field(properties={"grade": "secret"}), "form_unknown_grade"),
        (field(validate={"pattern": "("}), "form_bad_pattern"),
        (field("number", validate={"min": 5, "max": 1}), "form_empty_range"),
        (field("number", validate={"min": "five"}), "form_bad_limit"),
        (field("number", validate={"min": "=5 +"}), "form_bad_feel"),
        (field(conditional={"hide": "=x >"}), "form_bad_feel"),
        (field(conditional={"hide": "=is defined(x)"}), "form_bad_feel"),
        (field(conditional={"hide": "x > 3"}), "form_condition_not_feel"),
        (field(conditional={"hide": "=x > 3"}), "form_types"),
        (field(conditional={"hide": '=x >= date("2026-01-01")'}), "form_types"),
        (field("datetime", subtype="date", conditional={"hide": "=x > today()"}), "form_types"),
        (field("expression", expression=""), "form_bad_feel"),
        (field(conditional={"hide": "=x = null"}), "form_never_null"),
        (field(key=""), "form_bad_key"),
        (field(key="1x"), "form_bad_key"),
        (field(key="a b"), "form_bad_key"),
        (field(key="@x"), "form_bad_key"),
        (field(key=None), "form_bad_key"),
        (field(key="__x"), "form_reserved_key"),
        (field(key="case"), "form_reserved_key"),
        (field(key="today"), "form_reserved_key"),
        (field(key="this"), "form_reserved_key"),
    ],
)
def test_each_defect_is_found_by_its_code(component, code):
    assert codes(form(component)) == [code]


def test_a_key_may_be_used_once_in_its_scope():
    assert codes(form(field(), field())) == ["form_same_key"]
    rows = {"type": "dynamiclist", "path": "rows", "components": [field()]}
    assert codes(form(field(), rows)) == []
    group = {"type": "group", "components": [field()]}
    assert codes(form(field(), group)) == ["form_same_key"]


def test_a_field_cannot_hold_other_fields():
    assert codes(form(field(key="a"), field(key="a.b"))) == ["form_key_inside_field"]


def test_forms_beyond_measure_are_refused():
    assert codes(form(*[field(key=f"k{n}") for n in range(301)])) == ["form_too_large"]
    deep = field()
    for _ in range(5000):
        deep = {"type": "group", "components": [deep]}
    assert codes(form(deep)) == ["form_too_large"]


@pytest.mark.parametrize("content", [None, [], 5, "x", {}, {"components": {}}])
def test_what_is_no_form_is_told(content):
    assert codes(content) == ["form_not_a_form"]


@pytest.mark.parametrize(
    "component",
    [
        {},
        {"type": None},
        {"type": "select", "key": "x", "values": [1, None, "a"]},
        {"type": "textfield", "key": "x", "validate": [], "conditional": "x", "properties": 5},
        {"type": "group", "components": "x"},
        {"type": "textfield", "key": {"a": 1}},
    ],
)
def test_odd_contents_are_problems_and_no_crash(component):
    forms.check_schema(form(component, 5, None))
    forms.fields(form(component, 5, None))


def test_every_code_of_the_checks_has_sentences_that_can_be_said():
    source = Path(forms.__file__).with_name("checks.py").read_text(encoding="utf-8")
    found = set(re.findall(r'"(form_\w+)"', source))
    assert len(found) > 15
    assert found <= set(SENTENCES)
    for problem in forms.check_schema(form(field("select"), field(key="case"), field("number"))):
        assert "{" not in problem.sentence("zh") + problem.sentence("en")


def test_the_forms_of_the_house_have_no_errors():
    for file in (Path(forms.__file__).parents[2] / "processes").glob("*/*.form"):
        schema = json.loads(file.read_text(encoding="utf-8"))
        assert [p for p in forms.check_schema(schema) if p.is_error] == [], file
