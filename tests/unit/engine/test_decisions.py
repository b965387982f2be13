"""Decision tables: every hit policy, typed columns, and which rules fired."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import decisions, definitions, feel
from engine.actors import SYSTEM
from engine.errors import DecisionFailed, ExpressionFailed, InvalidDefinition, NotFound
from tests.unit.engine.tables import column, output, table

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def decide(xml, **context):
    return decisions.evaluate_xml(xml, "d", context, now=NOW)


SMALL_OR_BIG = [(["< 10"], ['"small"'], "一档"), ([">= 10"], ['"big"'], "二档")]


def test_the_one_rule_that_applies_decides_and_is_named():
    decision = decide(table(SMALL_OR_BIG), x=12)
    assert decision.value == "big"
    assert [(hit.index, hit.rule_id, hit.annotation) for hit in decision.matched] == [
        (2, "rule_2", "二档")
    ]
    assert decision.inputs == {"x": 12}
    assert decision.hit_policy == "UNIQUE"
    assert decision.version is None


def test_two_rules_that_apply_under_unique_contradict():
    xml = table([(["< 10"], ['"a"']), (["< 20"], ['"b"'])])
    assert decide(xml, x=15).value == "b"
    with pytest.raises(DecisionFailed) as failed:
        decide(xml, x=5)
    assert failed.value.params["reason"] == "several_rules"
    assert failed.value.params["rules"] == ["rule_1", "rule_2"]


def test_under_unique_even_equal_answers_contradict():
    xml = table([(["< 10"], ['"a"']), (["< 20"], ['"a"'])])
    with pytest.raises(DecisionFailed):
        decide(xml, x=5)


def test_first_takes_the_first_rule_and_looks_no_further():
    xml = table([(["< 10"], ['"a"']), (["< 20"], ["nosuch(1)"]), (["-"], ['"c"'])], policy="FIRST")
    decision = decide(xml, x=5)
    assert decision.value == "a"
    assert [hit.index for hit in decision.matched] == [1]
    assert decide(xml, x=25).value == "c"


def test_any_accepts_equal_answers_and_names_all_their_rules():
    xml = table([(["< 10"], ['"a"']), (["< 20"], ['"a"']), (["> 0"], ['"b"'])], policy="ANY")
    assert decide(xml, x=-1).value == "a"
    assert [hit.index for hit in decide(xml, x=-1).matched] == [1, 2]
    with pytest.raises(DecisionFailed) as failed:
        decide(xml, x=5)
    assert failed.value.params["reason"] == "several_rules"


def test_priority_takes_the_answer_that_stands_first_in_the_list_of_values():
    xml = table(
        [(["-"], ['"低"']), (["-"], ['"高"']), (["-"], ['"中"'])],
        policy="PRIORITY",
        outputs=[output(values='"高","中","低"')],
    )
    decision = decide(xml, x=1)
    assert decision.value == "高"
    assert [hit.index for hit in decision.matched] == [2]


def test_output_order_lists_all_answers_by_priority():
    xml = table(
        [(["-"], ['"低"']), (["-"], ['"高"']), (["> 9"], ['"中"'])],
        policy="OUTPUT ORDER",
        outputs=[output(values='"高","中","低"')],
    )
    assert decide(xml, x=1).value == ["高", "低"]
    assert [hit.index for hit in decide(xml, x=10).matched] == [2, 3, 1]


def test_priority_compares_the_first_column_first():
    xml = table(
        [(["-"], ["2", '"a"']), (["-"], ["1", '"b"']), (["-"], ["1", '"a"'])],
        policy="PRIORITY",
        outputs=[output("n", "number", "1,2"), output("s", "string", '"a","b"')],
    )
    assert decide(xml, x=1).value == {"n": 1, "s": "a"}


def test_rule_order_and_collect_list_all_answers_in_the_order_of_rules():
    rules = [(["> 1"], ['"a"']), (["> 2"], ['"b"']), (["> 3"], ['"c"'])]
    for policy in ("RULE ORDER", "COLLECT"):
        assert decide(table(rules, policy=policy), x=3).value == ["a", "b"]
        assert decide(table(rules, policy=policy), x=0).value == []


@pytest.mark.parametrize(
    ("aggregation", "value", "nothing"),
    [("SUM", 0.3, None), ("MIN", 0.1, None), ("MAX", 0.2, None), ("COUNT", 2, 0)],
)
def test_collected_numbers_are_aggregated(aggregation, value, nothing):
    xml = table(
        [(["> 1"], ["0.1"]), (["> 2"], ["0.2"]), (["> 3"], ["0.4"])],
        policy="COLLECT",
        aggregation=aggregation,
        outputs=[output(type_="number")],
    )
    decision = decide(xml, x=3)
    assert decision.value == value
    assert [hit.index for hit in decision.matched] == [1, 2]
    assert decide(xml, x=0).value == nothing


def test_the_earliest_of_several_dates_can_be_collected():
    xml = table(
        [(["-"], ['date("2026-03-01")']), (["-"], ['date("2026-02-01")'])],
        policy="COLLECT",
        aggregation="MIN",
        outputs=[output(type_="date")],
    )
    assert decide(xml, x=1).value == {"@type": "date", "@value": "2026-02-01"}


def test_what_has_no_sum_fails():
    xml = table([(["-"], ['"a"'])], policy="COLLECT", aggregation="SUM")
    with pytest.raises(DecisionFailed) as failed:
        decide(xml, x=1)
    assert failed.value.params["reason"] == "aggregate"


def test_a_case_that_no_rule_covers_stops_instead_of_becoming_null():
    with pytest.raises(DecisionFailed) as failed:
        decide(table([(["< 10"], ['"small"'])]), x=12)
    assert failed.value.params["reason"] == "no_rule"


def test_a_default_answers_where_no_rule_applies():
    xml = table([(["< 10"], ['"small"'])], outputs=[output(default='"other"')])
    decision = decide(xml, x=12)
    assert decision.value == "other"
    assert decision.matched == ()


def test_several_outputs_become_a_context():
    xml = table([(["-"], ['"a"', "x + 1"])], outputs=[output("kind"), output("points", "number")])
    assert decide(xml, x=1).value == {"kind": "a", "points": 2}


def test_cells_may_be_lists_ranges_negations_dates_and_conditions_on_others():
    inputs = [column("kind", "string"), column("day", "date"), column("n")]
    xml = table(
        [
            (['"a","b"', '>= date("2026-01-01")', "[1..10)"], ['"one"']),
            (['not("a","b")', "-", "? > other"], ['"two"']),
        ],
        inputs=inputs,
    )
    day = {"@type": "date", "@value": "2026-06-01"}
    assert decide(xml, kind="b", day=day, n=9).value == "one"
    assert decide(xml, kind="c", day=day, n=9, other=3).value == "two"
    with pytest.raises(DecisionFailed):
        decide(xml, kind="b", day=day, n=10)


def test_an_input_of_the_wrong_type_is_refused_and_null_is_let_pass():
    xml = table([(["-"], ['"a"'])])
    assert decide(xml).value == "a"
    with pytest.raises(DecisionFailed) as failed:
        decide(xml, x="12")
    assert failed.value.params["reason"] == "input_type"
    assert failed.value.params["column"] == "x"


def test_an_integer_column_refuses_fractions():
    xml = table([(["-"], ['"a"'])], inputs=[column("x", "integer")])
    assert decide(xml, x=3).value == "a"
    with pytest.raises(DecisionFailed):
        decide(xml, x=3.5)


def test_an_output_of_the_wrong_type_or_outside_its_values_is_refused():
    with pytest.raises(DecisionFailed) as failed:
        decide(table([(["-"], ["1"])]), x=1)
    assert failed.value.params["reason"] == "output_type"
    with pytest.raises(DecisionFailed) as failed:
        decide(table([(["-"], ['"c"'])], outputs=[output(values='"a","b"')]), x=1)
    assert failed.value.params["reason"] == "output_value"
    assert failed.value.params["rule"] == "rule_1"


def test_an_expression_that_fails_is_located():
    with pytest.raises(ExpressionFailed) as failed:
        decide(table([(["< 1"], ['"a"']), (['> "b"'], ['"b"'])]), x=5)
    found = failed.value.params
    assert (found["rule"], found["column"], found["expression"]) == ("rule_2", "x", '> "b"')
    with pytest.raises(ExpressionFailed) as failed:
        decide(table([(["-"], ["nosuch()"])]), x=5)
    assert failed.value.params["rule"] == "rule_1"


def test_values_are_split_outside_of_quotes_only():
    xml = table([(["-"], ['"a,b"'])], outputs=[output(values='"a,b", "c\\"d"')])
    assert decisions.read_table(xml, "d").outputs[0].values == ('"a,b"', '"c\\"d"')
    assert decide(xml, x=1).value == "a,b"


def test_an_unknown_decision_is_not_found_and_broken_xml_is_refused():
    with pytest.raises(NotFound):
        decisions.read_table(table(SMALL_OR_BIG), "other")
    with pytest.raises(InvalidDefinition):
        decisions.read_table("<definitions>", "d")


def test_the_whole_table_goes_to_the_isolate_in_one_call(monkeypatch):
    calls = []
    perform = feel._perform
    monkeypatch.setattr(feel, "_perform", lambda request: calls.append(1) or perform(request))
    decide(table([([f"= {n}"], [f'"{n}"']) for n in range(60)]), x=59)
    assert len(calls) == 1


def test_the_latest_published_table_decides(session):
    for answer in ("old", "new"):
        xml = table([(["-"], [f'"{answer}"'])])
        resource = definitions.Resource("dmn", "d", "d.dmn", xml)
        definitions.publish(session, [resource], actor=SYSTEM)
    decision = decisions.evaluate(session, "d", {"x": 1}, now=NOW)
    assert (decision.value, decision.version) == ("new", 2)
    assert decision.definition_id == definitions.latest(session, "dmn", "d").public_id
    with pytest.raises(NotFound):
        decisions.evaluate(session, "nothing", {}, now=NOW)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=6), st.integers(-60, 60))
def test_first_agrees_with_collect_and_thresholds_with_python(limits, x):
    rules = [([f">= {limit}"], [str(limit)]) for limit in limits]
    numbers = [output(type_="number")]
    applying = [limit for limit in limits if x >= limit]
    assert decide(table(rules, policy="COLLECT", outputs=numbers), x=x).value == applying
    first = table(rules, policy="FIRST", outputs=[output(type_="number", default="-999")])
    assert decide(first, x=x).value == (applying[0] if applying else -999)
