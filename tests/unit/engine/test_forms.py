"""Submissions against their form: what is kept, and what is wrong with the rest."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import forms
from engine.errors import ExpressionFailed, InvalidSubmission

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def form(*components):
    return {"type": "default", "components": list(components)}


def field(type_, key="x", validate=None, **more):
    return {"type": type_, "key": key, "id": f"id_{key}", "validate": validate or {}, **more}


def submit(schema, data, **context):
    return forms.validate(schema, data, context=context, now=NOW)


def problems(schema, data, **context):
    with pytest.raises(InvalidSubmission) as refused:
        submit(schema, data, **context)
    return refused.value.problems


def code(type_, value, validate=None, **more):
    """The code with which a lone field refuses a value."""
    (problem,) = problems(form(field(type_, "x", validate, **more)), {"x": value})["x"]
    return problem


def kept(type_, value, validate=None, **more):
    return submit(form(field(type_, "x", validate, **more)), {"x": value})["x"]


OPTIONS = [{"label": "甲", "value": "a"}, {"label": "乙", "value": "b"}]


@pytest.mark.parametrize(
    ("type_", "more"),
    [
        ("textfield", {}),
        ("textarea", {}),
        ("number", {}),
        ("datetime", {"subtype": "date"}),
        ("checkbox", {}),
        ("radio", {"values": OPTIONS}),
        ("select", {"values": OPTIONS}),
        ("checklist", {"values": OPTIONS}),
        ("taglist", {"values": OPTIONS}),
        ("filepicker", {}),
    ],
)
def test_a_required_field_without_a_value_is_refused(type_, more):
    schema = form(field(type_, "x", {"required": True}, **more))
    for data in ({}, {"x": None}, {"x": ""}):
        assert problems(schema, data) == {"x": [{"code": "required"}]}
    optional = submit(form(field(type_, "x", {}, **more)), {"x": None})
    assert optional["x"] in (None, False, [])


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("textfield", 5, "not_text"),
        ("textfield", ["a"], "not_text"),
        ("textarea", "a\x00b", "not_text"),
        ("textarea", "a\ud800", "not_text"),
        ("number", "abc", "not_a_number"),
        ("number", True, "not_a_number"),
        ("number", [], "not_a_number"),
        ("number", "nan", "not_a_number"),
        ("number", "1e999", "not_a_number"),
        ("number", "1_000", "not_a_number"),
        ("number", 10**400, "not_a_number"),
        ("checkbox", "true", "not_a_boolean"),
        ("checkbox", 1, "not_a_boolean"),
        ("filepicker", 5, "not_text"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(type_, value, expected):
    assert code(type_, value) == {"code": expected}


@pytest.mark.parametrize(
    ("subtype", "value", "expected"),
    [
        ("date", "2026-02-30", "not_a_date"),
        ("date", "20260201", "not_a_date"),
        ("date", "2026-02-01T09:00", "not_a_date"),
        ("date", "0001-01-01", "not_a_date"),
        ("datetime", "2026-02-01", "not_a_date"),
        ("datetime", 5, "not_a_date"),
        ("datetime", {"@type": "date", "@value": "2026-02-01"}, "not_a_date"),
        ("time", "25:00", "not_a_time"),
        ("time", "soon", "not_a_time"),
    ],
)
def test_what_is_no_date_or_time_is_refused(subtype, value, expected):
    assert code("datetime", value, subtype=subtype) == {"code": expected}


@pytest.mark.parametrize(
    ("subtype", "value", "type_", "expected"),
    [
        ("date", "2026-02-01", "date", "2026-02-01"),
        ("datetime", "2026-02-01T09:00+08:00", "date-time", "2026-02-01T09:00:00+08:00"),
        ("datetime", "2026-02-01T01:00Z", "date-time", "2026-02-01T09:00:00+08:00"),
        ("datetime", "2026-02-01T09:00", "date-time", "2026-02-01T09:00:00+08:00"),
        ("time", "09:30", "time", "09:30:00"),
        ("time", "01:30Z", "time", "09:30:00"),
    ],
)
def test_dates_and_times_are_tagged_on_the_platforms_clock(subtype, value, type_, expected):
    tagged = {"@type": type_, "@value": expected}
    assert kept("datetime", value, subtype=subtype) == tagged
    assert kept("datetime", tagged, subtype=subtype) == tagged


def test_numbers_that_are_no_longer_exact_are_refused():
    for value in (2**53, -(2**53), 1e300, "9" * 20):
        assert code("number", value) == {"code": "too_large", "max": 2**53 - 1}


def test_limits_of_numbers_are_told():
    limits = {"min": 1, "max": 10}
    assert code("number", 0, limits) == {"code": "too_small", "min": 1}
    assert code("number", 11, limits) == {"code": "too_large", "max": 10}
    assert kept("number", "10", limits) == 10
    assert kept("number", 1.5, limits) == 1.5
    assert code("number", 1.234, decimalDigits=2) == {"code": "too_many_decimals", "digits": 2}
    assert kept("number", 100, decimalDigits=0) == 100
    assert code("number", 3, increment=2) == {"code": "not_a_multiple", "increment": "2"}
    assert kept("number", "007.50", serializeToString=True) == "007.50"


def test_limits_of_texts_are_told_and_counted_without_outer_blanks():
    limits = {"minLength": 2, "maxLength": 4}
    assert code("textfield", " 　a ", limits) == {"code": "too_short", "min": 2}
    assert code("textfield", "abcde", limits) == {"code": "too_long", "max": 4}
    assert code("textfield", "🔬🔬🔬", limits) == {"code": "too_long", "max": 4}
    assert kept("textfield", "  abcd  ", limits) == "  abcd  "


def test_a_pattern_is_javascripts_and_its_message_the_authors():
    rule = {"pattern": "^(?<year>\\d{4})$", "patternErrorMessage": "四位年份"}
    assert code("textfield", "26", rule) == {"code": "pattern", "message": "四位年份"}
    assert kept("textfield", "2026", rule) == "2026"
    assert code("textfield", "٢٠٢٦", rule)["code"] == "pattern"


def test_a_pattern_that_never_ends_is_cut_off():
    started = time.monotonic()
    with pytest.raises(ExpressionFailed):
        kept("textfield", "a" * 50 + "b", {"pattern": "^(a+)+$"})
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("value", ["wang@zju.edu.cn", "a.b+c@x.cn"])
def test_mail_addresses_are_accepted(value):
    assert kept("textfield", value, {"validationType": "email"}) == value


@pytest.mark.parametrize("value", ["wang", "a@", "@b", "a b@c.cn", "a@b..c"])
def test_what_is_no_mail_address_is_refused(value):
    assert code("textfield", value, {"validationType": "email"}) == {"code": "not_an_email"}


@pytest.mark.parametrize(
    "value", ["+8613800138000", "13800138000", "0571-87051234", "+4930664040900"]
)
def test_telephone_numbers_are_accepted(value):
    assert kept("textfield", value, {"validationType": "phone"}) == value


@pytest.mark.parametrize("value", ["12345", "phone", "138001380001", "+86"])
def test_what_is_no_telephone_number_is_refused(value):
    assert code("textfield", value, {"validationType": "phone"}) == {"code": "not_a_phone"}


def test_only_offered_options_can_be_chosen():
    for type_ in ("radio", "select"):
        assert kept(type_, "a", values=OPTIONS) == "a"
        for wrong in ("c", 1, True, {"value": "a"}, ["a"]):
            assert code(type_, wrong, values=OPTIONS) == {"code": "not_an_option"}
    for type_ in ("checklist", "taglist"):
        assert kept(type_, ["a", "b", "a"], values=OPTIONS) == ["a", "b"]
        assert code(type_, ["a", "c"], values=OPTIONS) == {"code": "not_an_option"}
        assert code(type_, "a", values=OPTIONS) == {"code": "not_a_list"}


def test_true_is_not_the_option_one():
    ones = [{"label": "一", "value": 1}]
    assert kept("radio", 1, values=ones) == 1
    assert code("radio", True, values=ones) == {"code": "not_an_option"}


def test_options_may_come_from_the_case_or_from_an_expression():
    schema = form(field("select", "x", valuesKey="units"))
    units = [{"label": "一", "value": "u1"}, "u2"]
    assert submit(schema, {"x": "u2"}, units=units) == {"x": "u2"}
    assert problems(schema, {"x": "u3", "units": ["u3"]}, units=units) == {
        "x": [{"code": "not_an_option"}]
    }
    schema = form(field("select", "x", valuesExpression="=units[active].id"))
    units = [{"id": "u1", "active": True}, {"id": "u2", "active": False}]
    schema["components"][0]["valuesExpression"] = "=units[active = true].id"
    assert submit(schema, {"x": "u1"}, units=units) == {"x": "u1"}
    assert problems(schema, {"x": "u2"}, units=units)


def test_unknown_keys_and_the_data_of_shown_components_are_dropped():
    schema = form(
        field("textfield"),
        {"type": "text", "key": "t", "text": "…"},
        {"type": "button", "key": "b"},
    )
    assert submit(schema, {"x": "a", "t": 1, "b": 2, "amount": 0, "typename": "x"}) == {"x": "a"}


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"case": 1}, "case"),
        ({"@type": "date"}, "@type"),
        ({"x": {"@type": "date", "@value": "2026-01-01", "more": 1}}, "x.@type"),
        ({"__proto__": {}}, "__proto__"),
        ({"rows": [{"__x": 1}]}, "rows[0].__x"),
    ],
)
def test_reserved_names_are_refused_wherever_they_are(data, path):
    assert problems(form(), data)[path] == [{"code": "reserved_name"}]


def test_a_submission_nested_ten_thousand_deep_does_no_harm():
    deep: dict = {}
    for _ in range(10_000):
        deep = {"a": deep}
    assert submit(form(), {"x": deep}) == {}


def test_a_hidden_field_is_neither_required_nor_kept():
    schema = form(
        field("radio", "answer", values=OPTIONS),
        field("textfield", "why", {"required": True}, conditional={"hide": '=answer != "b"'}),
    )
    assert submit(schema, {"answer": "a", "why": "smuggled"}) == {"answer": "a"}
    assert problems(schema, {"answer": "b"}) == {"why": [{"code": "required"}]}
    assert submit(schema, {"answer": "b", "why": "…"}) == {"answer": "b", "why": "…"}


def test_conditions_read_the_case_and_what_is_hidden_counts_as_not_entered():
    schema = form(
        field("checkbox", "a"),
        field("textfield", "b", conditional={"hide": "=not(a)"}),
        field("textfield", "c", conditional={"hide": '=b != "show"'}),
        field("textfield", "d", conditional={"hide": "=amount < 100"}),
    )
    data = {"a": False, "b": "show", "c": "x", "d": "y"}
    assert submit(schema, data, amount=500) == {"a": False, "d": "y"}
    assert submit(schema, data | {"a": True}, amount=5) == {"a": True, "b": "show", "c": "x"}


def test_everything_in_a_hidden_group_is_hidden():
    schema = form(
        {
            "type": "group",
            "conditional": {"hide": "=true"},
            "components": [field("textfield", "x", {"required": True})],
        }
    )
    assert submit(schema, {"x": "a"}) == {}


def test_a_condition_that_fails_hides_nothing_as_in_the_browser():
    schema = form(field("textfield", "x", conditional={"hide": "=1 +"}))
    assert submit(schema, {"x": "a"}) == {"x": "a"}


def test_what_the_client_computed_is_computed_anew():
    schema = form(
        field("number", "hours"),
        field("expression", "fee", expression="=hours * price", computeOn="change"),
        field("expression", "total", expression="=fee + 10", computeOn="change"),
    )
    cleaned = submit(schema, {"hours": 3, "fee": 1, "total": 1}, price=200)
    assert cleaned == {"hours": 3, "fee": 600, "total": 610}


def test_a_computed_date_is_tagged():
    schema = form(
        field("datetime", "day", subtype="date"),
        field("expression", "next", expression='=date(day) + duration("P1D")'),
    )
    assert submit(schema, {"day": "2026-02-28"})["next"] == {
        "@type": "date",
        "@value": "2026-03-01",
    }


def test_a_computed_field_that_fails_is_told():
    schema = form(field("expression", "fee", expression="=1 +"))
    (problem,) = problems(schema, {})["fee"]
    assert problem["code"] == "expression_failed"


def test_disabled_and_readonly_fields_cannot_be_changed():
    schema = form(
        field("textfield", "a", disabled=True, validate={"required": True}),
        field("textfield", "b", readonly=True),
        field("textfield", "c", readonly="=locked"),
        field("textfield", "d", readonly="=unlocked"),
    )
    data = {"a": "new", "b": "new", "c": "new", "d": "new"}
    assert submit(schema, data, a="old", locked=True) == {"d": "new"}


def test_readonly_is_judged_by_the_case_not_by_the_submission():
    schema = form(field("textfield", "x", readonly="=locked"), field("checkbox", "locked"))
    assert "x" not in submit(schema, {"x": "new", "locked": False}, locked=True)


def test_limits_may_be_expressions():
    schema = form(field("number", "hours", {"min": "=1 + 1", "max": "=longest"}))
    assert problems(schema, {"hours": 1}, longest=4) == {"hours": [{"code": "too_small", "min": 2}]}
    assert problems(schema, {"hours": 5}, longest=4) == {"hours": [{"code": "too_large", "max": 4}]}
    assert submit(schema, {"hours": 50}) == {"hours": 50}


def test_a_field_that_was_not_sent_stays_as_the_case_has_it():
    schema = form(field("textfield", "x", {"required": True}), field("number", "n", defaultValue=3))
    assert submit(schema, {}, x="old") == {"x": "old", "n": 3}
    assert problems(schema, {"x": ""}, x="old") == {"x": [{"code": "required"}]}


def test_nested_keys_keep_what_the_form_does_not_show():
    schema = form(
        {"type": "group", "path": "unit", "components": [field("textfield", "name")]},
        field("textfield", "contact.phone"),
    )
    cleaned = submit(
        schema, {"unit": {"name": "浙大", "id": 9}, "contact": {"phone": "1"}}, unit={"id": 7}
    )
    assert cleaned == {"unit": {"id": 7, "name": "浙大"}, "contact": {"phone": "1"}}


def test_days_gone_by_are_refused_where_the_picker_does_not_offer_them():
    assert code("datetime", "2026-11-22", subtype="date", disallowPassedDates=True) == {
        "code": "too_small",
        "min": "2026-11-23",
    }
    assert kept("datetime", "2026-11-23", subtype="date", disallowPassedDates=True)


def test_the_data_to_show_has_strings_for_temporals_and_only_what_the_form_mentions():
    schema = form(
        field("datetime", "start", subtype="datetime", timeSerializingFormat="utc_offset"),
        field("datetime", "at", subtype="time", timeSerializingFormat="no_timezone"),
        field("number", "n", defaultValue=3),
        {"type": "text", "text": "{{instrument.name}}"},
    )
    variables = {
        "start": {"@type": "date-time", "@value": "2026-11-23T01:00:00Z"},
        "at": {"@type": "time", "@value": "08:30:00"},
        "instrument": {"name": "电镜", "since": {"@type": "date", "@value": "2020-01-01"}},
        "identity_card": "3301…",
    }
    assert forms.initial(schema, variables) == {
        "start": "2026-11-23T09:00+08:00",
        "at": "08:30",
        "n": 3,
        "instrument": {"name": "电镜", "since": "2020-01-01"},
    }


def test_what_is_shown_and_sent_back_unchanged_is_the_same_value():
    schema = form(field("datetime", "start", subtype="datetime"), field("textfield", "x"))
    variables = {"start": {"@type": "date-time", "@value": "2026-11-23T09:00:00+08:00"}, "x": None}
    assert submit(schema, forms.initial(schema, variables)) == variables


def test_the_fields_of_a_form_have_types_and_grades():
    schema = form(
        field("textfield", "phone", label="电话", properties={"grade": "L3"}),
        field("datetime", "day", subtype="date"),
        field("radio", "score", values=[{"label": "好", "value": 5}]),
        {"type": "group", "path": "unit", "components": [field("checkbox", "ok")]},
        {"type": "dynamiclist", "path": "rows", "components": [field("number", "n")]},
    )
    found = [(one.key, one.type, one.grade) for one in forms.fields(schema)]
    assert found == [
        ("phone", "string", "L3"),
        ("day", "date", ""),
        ("score", "number", ""),
        ("unit.ok", "boolean", ""),
        ("rows", "list", ""),
        ("rows[].n", "number", ""),
    ]


HOUSE = sorted((Path(forms.__file__).parents[2] / "processes").glob("*/*.form"))
_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_no_submission_whatever_breaks_the_forms_of_the_house(data):
    schema = json.loads(data.draw(st.sampled_from(HOUSE)).read_text(encoding="utf-8"))
    names = [one.key for one in forms.fields(schema)]
    submitted = data.draw(st.dictionaries(st.sampled_from([*names, "other"]), _anything))
    try:
        cleaned = submit(schema, submitted)
    except InvalidSubmission:
        return
    assert set(cleaned) <= set(names)
    json.dumps(cleaned, allow_nan=False)
