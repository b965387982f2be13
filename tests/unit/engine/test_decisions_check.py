"""Tables that would fail or mislead are found before anybody relies on them."""

import re
from pathlib import Path

import pytest

from engine import decisions
from engine.sentences import SENTENCES
from tests.unit.engine.tables import column, output, table

GOOD = table([(["< 10"], ['"small"']), ([">= 10"], ['"big"'])])


def codes(xml):
    return [problem.code for problem in decisions.check(xml)]


def test_a_sound_table_has_no_problems():
    assert codes(GOOD) == []


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ("<definitions/>", "dmn_no_decision"),
        (GOOD.replace("</decision>", "</decision><decision id='e'/>"), "dmn_several_decisions"),
        (GOOD.replace('<decision id="d"', "<decision"), "dmn_no_id"),
        (GOOD.replace("decisionTable", "literalExpression"), "dmn_no_table"),
        (GOOD.replace("typeRef='string'", "typeRef='money'"), "dmn_unknown_type"),
        (
            GOOD.replace("<inputExpression", "<inputExpression expressionLanguage='groovy'"),
            "dmn_not_feel",
        ),
        (GOOD.replace("<rule id='rule_2'>", "<rule>"), "dmn_rule_no_id"),
        (GOOD.replace('"UNIQUE"', '"SOMETIMES"'), "dmn_unknown_hit_policy"),
        (
            table(
                [(["-"], ["1"])],
                policy="COLLECT",
                aggregation="MEAN",
                outputs=[output(type_="number")],
            ),
            "dmn_unknown_aggregation",
        ),
        (
            table([(["-"], ["1"])], aggregation="SUM", outputs=[output(type_="number")]),
            "dmn_aggregation_without_collect",
        ),
        (
            table(
                [(["-"], ["1", "2"])],
                policy="COLLECT",
                aggregation="SUM",
                outputs=[output("a", "number"), output("b", "number")],
            ),
            "dmn_aggregation_of_several",
        ),
        (table([(["-"], ['"a"'])], policy="PRIORITY"), "dmn_no_priorities"),
        (table([(["-"], ['"a"'])], inputs=[column("")]), "dmn_no_input_expression"),
        (table([(["-"], [])], outputs=[]), "dmn_no_output"),
        (table([(["-"], ['"a"', '"b"'])], outputs=[output("a"), output("a")]), "dmn_output_name"),
        (table([(["< "], ['"a"'])]), "dmn_bad_feel"),
        (table([(["-"], ["nosuch(1)"])]), "dmn_bad_feel"),
        (table([(["-"], ['"a"'])], inputs=[column("x +")]), "dmn_bad_feel"),
        (table([(['"ten"'], ['"a"'])]), "dmn_types"),
        (table([(["-"], ['"a"'])], inputs=[column("today()")]), "dmn_types"),
        (table([(["-"], ['"a"'])], inputs=[column('count(x) > "a"', "boolean")]), "dmn_types"),
        (table([(["-"], ["1"])]), "dmn_types"),
        (table([(["-"], ['if x > "a" then "b" else "c"'])]), "dmn_types"),
        (table([(["open"], ['"a"'])], inputs=[column("state", "string")]), "dmn_unquoted"),
        (table([(["-"], ["small"])]), "dmn_unquoted"),
        (table([([], ['"a"'])]), "dmn_cells"),
        (table([]), "dmn_no_rules"),
    ],
)
def test_each_defect_is_found_by_its_code(xml, code):
    found = codes(xml)
    assert code in found
    assert set(found) <= {code, "dmn_output_name"}, found


def test_every_code_of_the_checks_has_sentences():
    source = Path(decisions.__file__).with_name("checks.py").read_text(encoding="utf-8")
    found = set(re.findall(r'"(dmn_\w+)"', source))
    assert len(found) > 15
    assert found <= set(SENTENCES)


def test_a_problem_in_a_cell_names_the_element_and_the_rule():
    (problem,) = decisions.check(table([(["-"], ['"a"']), (["< "], ['"a"'])]))
    assert problem.element_id == "t2"
    assert problem.params["rule"] == 2
    assert "< " in problem.sentence("zh") or "<" in problem.sentence("zh")
    assert problem.sentence("en") != problem.sentence("zh")


@pytest.mark.parametrize(
    "content", ["", "no xml", b"\xff\xfe", "<!DOCTYPE a><definitions/>", "<a>" * 100]
)
def test_unreadable_files_are_problems_and_no_crash(content):
    assert decisions.check(content)


def test_the_tables_of_the_house_have_no_problems():
    files = list((Path(decisions.__file__).parents[2] / "processes").glob("*/*.dmn"))
    for file in files:
        assert decisions.check(file.read_text(encoding="utf-8")) == [], file
