"""Expressions as officials write them, with the platform's types, clock and functions."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feel, values
from engine.errors import ExpressionFailed

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def evaluate(expression, **context):
    return feel.evaluate(expression, context, now=NOW)


def at(text):
    return {"@type": "date-time", "@value": text}


def day(text):
    return {"@type": "date", "@value": text}


def test_a_leading_equals_sign_is_allowed():
    assert evaluate("= 1 + 1") == evaluate("1 + 1") == 2


def test_a_missing_variable_is_null():
    assert evaluate("missing") is None
    assert evaluate("missing.part.of it") is None
    assert evaluate("missing + 1") is None


def test_the_clock_is_the_callers_and_never_the_systems():
    assert evaluate("now()") == at("2026-11-23T09:00:00+08:00")
    assert evaluate("today()") == day("2026-11-23")
    later = datetime(2031, 1, 1, 17, 0, tzinfo=UTC)
    assert feel.evaluate("today()", {}, now=later) == day("2031-01-02")


def test_date_times_of_other_zones_are_compared_and_subtracted_as_instants():
    assert evaluate("a = b", a=at("2026-11-23T01:00:00Z"), b=at("2026-11-23T09:00:00+08:00"))
    difference = evaluate("a - b", a=at("2026-11-23T03:00:00Z"), b=at("2026-11-23T09:00:00+08:00"))
    assert difference == {"@type": "duration", "@value": "PT2H"}


def test_a_date_time_literal_without_zone_is_meant_in_shanghai():
    assert evaluate('date and time("2026-11-23T09:00:00") = now()') is True


def test_clock_times_and_parts_are_those_of_shanghai():
    assert evaluate("start.hour", start=at("2026-11-23T01:00:00Z")) == 9
    assert evaluate('time(start) = time("09:00:00")', start=at("2026-11-23T01:00:00Z")) is True


def test_a_date_plus_hours_is_counted_from_midnight_in_shanghai():
    assert evaluate('today() + duration("PT5H")') == at("2026-11-23T05:00:00+08:00")


def test_a_zone_name_in_a_value_is_understood():
    assert evaluate("x = now()", x=at("2026-11-23T09:00:00@Asia/Shanghai")) is True


def test_python_temporals_may_be_given_untagged():
    assert feel.evaluate("x = now()", {"x": NOW}, now=NOW) is True


def test_a_malformed_temporal_is_refused():
    with pytest.raises(ExpressionFailed) as failed:
        evaluate("x", x=day("2026-02-30"))
    assert failed.value.params["kind"] == "bad_value"


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("1 +", "syntax"),
        ("", "syntax"),
        ("nosuch(1)", "no_function"),
        ('1 + "a"', "invalid_type"),
        ('"2025-02-01" >= date("2026-01-01")', "invalid_type"),
        ("text > 3", "invalid_type"),
        ("text between 1 and 5", "invalid_type"),
        ("now() > today()", "invalid_type"),
        ('date("2026-02-30")', "invalid_arguments"),
        ("[1..3]", "not_a_value"),
        ("function(x) x", "not_a_value"),
        ("today", "not_a_value"),
    ],
)
def test_what_cannot_be_evaluated_fails_with_its_kind(expression, kind):
    with pytest.raises(ExpressionFailed) as failed:
        evaluate(expression, text="5")
    assert failed.value.params["kind"] == kind
    assert failed.value.params["expression"] == expression
    assert failed.value.params["reason"]


def test_a_condition_that_is_null_or_no_boolean_is_never_false():
    for expression in ("missing", "missing > 3", "1", '"true"'):
        with pytest.raises(ExpressionFailed) as failed:
            feel.condition(expression, {}, now=NOW)
        assert failed.value.params["kind"] == "not_boolean"
    assert feel.condition("=1 > 2", {}, now=NOW) is False


def test_text_without_equals_sign_is_itself():
    assert feel.resolve("P2D", {}, now=NOW) == "P2D"
    assert feel.resolve('=duration("P2D")', {}, now=NOW) == {"@type": "duration", "@value": "P2D"}
    assert feel.resolve("=a", {"a": 5}, now=NOW) == 5


def test_many_expressions_are_evaluated_in_one_context():
    assert feel.evaluate_many(["a", "=a + 1", "b"], {"a": 1}, now=NOW) == [1, 2, None]
    with pytest.raises(ExpressionFailed) as failed:
        feel.evaluate_many(["a", "1 +"], {"a": 1}, now=NOW)
    assert failed.value.params["expression"] == "1 +"


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("is defined(a)", True),
        ("is defined(b)", False),
        ("get or else(b, 7)", 7),
        ("get or else(a, 7)", 1),
        ("is empty([])", True),
        ("is empty([1])", False),
        ('is blank("　 ")', True),
        ('trim(" 仪器 ")', "仪器"),
        ('last day of month(date("2028-02-10"))', {"@type": "date", "@value": "2028-02-29"}),
        ("duplicate values([1, 2, 1, 2, 3])", [1, 2]),
        ('extract("a1b22", "[0-9]+")', ["1", "22"]),
        ('from json("{\\"a\\": [1]}").a[1]', 1),
        ("to json({a: 1})", '{"a":1}'),
    ],
)
def test_functions_known_from_other_modelers_are_there(expression, result):
    assert evaluate(expression, a=1) == result


def test_a_variable_with_a_functions_name_does_not_hide_the_function():
    assert evaluate("count(xs) + count", xs=[1, 2], count=10) == 12
    assert evaluate("string length(string)", string="abc") == 3
    assert evaluate("today()", today="x") == day("2026-11-23")


def test_names_with_spaces_and_chinese_names_are_found():
    assert evaluate("unit price * 数量", **{"unit price": 3, "数量": 4}) == 12
    assert evaluate("单据.unit price", 单据={"unit price": 3}) == 3


def test_the_same_text_is_parsed_anew_where_a_name_has_a_minus():
    assert evaluate("a-b", a=5, b=3) == 2
    assert evaluate("a-b", **{"a-b": 9, "a": 5, "b": 3}) == 9
    assert evaluate("a-b", a=5, b=3) == 2


def test_odd_json_does_not_stop_a_case():
    assert evaluate("is defined(x)", x=10**40) is True
    assert evaluate("string length(x)", x="a\ud800b") == 3
    assert evaluate("x", x="a\ud800b") == "a\ufffdb"
    assert evaluate("{x: x}.x", x="🔬") == "🔬"
    assert evaluate("x", x=UUID(int=5)) == str(UUID(int=5))


def test_a_very_deep_expression_fails_and_harms_nothing():
    for expression in ("(" * 3000 + "1" + ")" * 3000, "[" * 3000 + "]" * 3000):
        with pytest.raises(ExpressionFailed):
            evaluate(expression + " + nosuch(1)")
    assert evaluate("1 + 1") == 2


def test_objects_of_the_isolate_cannot_be_reached():
    for expression in ("x.constructor", "now.constructor", "x.__proto__", "constructor", "this"):
        assert evaluate(expression, x={"a": 1}) is None
    with pytest.raises(ExpressionFailed):
        evaluate('x.constructor.constructor("return 1")()', x=[1])


def test_a_prototype_key_in_data_changes_nothing_for_others():
    assert evaluate("x.polluted", x={"__proto__": {"polluted": True}}) is None
    assert evaluate("y.polluted", y={}) is None


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(-(2.0**53), 2.0**53)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.dates().map(values.tag),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"])).filter(
                lambda key: not key.startswith("@") and key != "__proto__"
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(_json)
def test_values_pass_through_the_isolate_unchanged(value):
    assert feel.evaluate("x", {"x": value}, now=NOW) == value


@settings(deadline=None, max_examples=100)
@given(
    st.datetimes(
        min_value=datetime(1995, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
        max_value=datetime(2200, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    st.integers(0, 500),
)
def test_adding_and_subtracting_days_returns_to_the_same_instant(moment, days):
    context = {"x": values.tag(moment), "d": {"@type": "duration", "@value": f"P{days}D"}}
    assert feel.evaluate("x + d - d = x", context, now=NOW) is True
    assert values.untag(feel.evaluate("x", context, now=NOW)) == moment
