"""What a check can say about an expression without evaluating it."""

import pytest

from engine import feel

TYPES = {
    "name": "string",
    "n": "number",
    "day": "date",
    "start": "date-time",
    "length": "duration",
    "ok": "boolean",
    "case.started": "date-time",
    "rows": "list",
}


@pytest.mark.parametrize(
    "expression",
    [
        '"2025-02-01" >= date("2026-01-01")',
        "name > day",
        "name = day",
        'n > "3"',
        "n + name",
        "start > today()",
        'case.started > "2026"',
        'start.hour > "8"',
        'rows[1 > "3"]',
        'n in (1, "a")',
        'n between 1 and "x"',
        "n * length",
        "(n) > (name)",
        "count(rows) > name",
        '{a: 1, b: n > "x"}',
        'for x in rows return n > "x"',
        'if ok then n > "x" else false',
        'ok = "true"',
    ],
)
def test_operands_that_do_not_go_together_are_found(expression):
    assert len(feel.type_problems(expression, TYPES)) == 1


@pytest.mark.parametrize(
    "expression",
    [
        "start - start > length",
        "day >= today()",
        "case.started <= now()",
        "date(start) = day",
        "string(n) = name",
        "name = null",
        'unknown > "x" or unknown > 3',
        'rows[price > "3"]',
        'some n in rows satisfies n = "a"',
        "if ok then n else name",
        "n + 1 > 3 and ok",
        "-n < 3",
        "day + length > day",
        "for name in rows return name > 3",
    ],
)
def test_what_goes_together_or_is_unknown_is_let_pass(expression):
    assert feel.type_problems(expression, TYPES) == []


@pytest.mark.parametrize(
    ("test", "type_", "count"),
    [
        ("> 3", "number", 0),
        ("> 3", "string", 1),
        ('"a", "b"', "string", 0),
        ('"a"', "number", 1),
        ("[1..3]", "date", 1),
        ('< date("2026-01-01")', "date", 0),
        ("? > 3 and n > 2", "number", 0),
        ('? > "x"', "number", 1),
        ("true", "string", 1),
        ("true", "boolean", 0),
        ("-", "number", 0),
        ('not("a")', "string", 0),
    ],
)
def test_a_cell_is_judged_against_the_type_of_its_column(test, type_, count):
    assert len(feel.type_problems(test, TYPES, unary_input=type_)) == count


def test_syntax_problems_and_unknown_functions_are_named():
    assert feel.syntax_problem("a + b") is None
    assert "4" in feel.syntax_problem("1 +")
    assert feel.syntax_problem("") is not None
    assert feel.syntax_problem("frobnicate(1)") == "unknown function: frobnicate"
    assert feel.syntax_problem("get or else(a, 1)") is None
    assert feel.syntax_problem("> 3", unary=True) is None
    assert feel.syntax_problem("> 3,", unary=True) is not None


def test_expressions_beyond_measure_are_a_problem_and_no_crash():
    for expression in ("(" * 1500 + "1" + ")" * 1500, "-" * 3000 + "1", "1 + " * 5000 + "1"):
        problem = feel.syntax_problem(expression)
        assert feel.names(expression) == set()
        assert feel.type_problems(expression, TYPES) == []
    assert "longer than" in problem


def test_the_form_dialect_has_only_what_the_browser_has():
    assert feel.syntax_problem("=a > 3", dialect="form") is None
    assert feel.syntax_problem("is defined(a)", dialect="form") == "unknown function: is defined"


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("a + b.c", {"a", "b"}),
        ("rows[price > limit]", {"rows"}),
        ("for i in xs return i + z", {"xs", "z"}),
        ("for i in xs, j in i return j", {"xs"}),
        ("some q in xs satisfies q > 1", {"xs"}),
        ("{a: 1, b: a + d}", {"d"}),
        ("(function(x) x + w)(1)", {"w"}),
        ("count(a) + now().hour", {"a"}),
        ("x instance of string", {"x"}),
        ("get or else(客户, 1)", {"客户"}),
    ],
)
def test_the_names_that_an_expression_reads_are_known(expression, names):
    assert feel.names(expression) == names
