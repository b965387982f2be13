"""Repeated rows of a form: every row is judged on its own, and rows cannot be smuggled."""

from datetime import UTC, datetime

import pytest

from engine import forms
from engine.errors import InvalidSubmission

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def schema(*components, **more):
    rows = {"type": "dynamiclist", "path": "rows", "isRepeating": True, **more}
    return {"components": [{**rows, "components": list(components)}]}


NAME = {"type": "textfield", "key": "name", "validate": {"required": True}}
COUNT = {"type": "number", "key": "count", "validate": {"max": 9}}


def submit(form, sent, /, **context):
    return forms.validate(form, {"rows": sent}, context=context, now=NOW)


def problems(form, sent, /, **context):
    with pytest.raises(InvalidSubmission) as refused:
        submit(form, sent, **context)
    return refused.value.problems


def test_every_row_is_cleaned():
    rows = [{"name": "a", "count": "2", "evil": 1}, {"name": "b"}]
    assert submit(schema(NAME, COUNT), rows) == {
        "rows": [{"name": "a", "count": 2}, {"name": "b", "count": None}]
    }


def test_problems_name_the_row():
    rows = [{"name": "a"}, {"count": 10}]
    assert problems(schema(NAME, COUNT), rows) == {
        "rows[1].name": [{"code": "required"}],
        "rows[1].count": [{"code": "too_large", "max": 9}],
    }


@pytest.mark.parametrize("rows", ["a", 5, {"0": {}}, [1], [None], ["a"], True])
def test_what_is_no_list_of_rows_is_refused(rows):
    assert problems(schema(NAME), rows) == {"rows": [{"code": "not_a_list"}]}


def test_no_rows_are_an_empty_list():
    assert submit(schema(NAME), []) == {"rows": []}
    assert submit(schema(NAME), None) == {"rows": []}


def test_removing_every_row_empties_the_list_though_the_browser_then_sends_none():
    known = [{"name": "a"}]
    emptied = forms.validate(schema(NAME), {}, context={"rows": known}, now=NOW)
    assert emptied == {"rows": []}


def test_a_list_that_nobody_may_change_stays_as_it_is():
    form = schema({**NAME, "disabled": True})
    known = [{"name": "a", "id": 7}]
    for sent in ([], [{"name": "x"}] * 3):
        assert submit(form, sent, rows=known) == {"rows": known}


def test_too_many_rows_are_refused():
    assert problems(schema(COUNT), [{}] * 201) == {"rows": [{"code": "too_many_rows", "max": 200}]}


def test_where_rows_cannot_be_added_they_are_not_added():
    form = schema(NAME, allowAddRemove=False)
    known = [{"name": "a", "id": 7}, {"name": "b", "id": 8}]
    assert problems(form, [{"name": "x"}] * 3, rows=known) == {
        "rows": [{"code": "too_many_rows", "max": 2}]
    }
    assert len(submit(form, [{"name": "x"}], rows=known)["rows"]) == 2
    changed = submit(form, [{"name": "x"}, {"name": "y", "id": 9}], rows=known)
    assert changed == {"rows": [{"name": "x", "id": 7}, {"name": "y", "id": 8}]}


def test_a_row_is_hidden_by_its_own_values():
    form = schema(
        {"type": "checkbox", "key": "other"},
        {**NAME, "conditional": {"hide": "=not(this.other)"}},
    )
    assert submit(form, [{"other": False, "name": "x"}, {"other": True, "name": "y"}]) == {
        "rows": [{"other": False}, {"other": True, "name": "y"}]
    }
    assert problems(form, [{"other": True}]) == {"rows[0].name": [{"code": "required"}]}


def test_rows_are_computed_with_their_number_and_the_form_around_them():
    form = schema(
        COUNT, {"type": "expression", "key": "sum", "expression": "=this.count * price + i[1]"}
    )
    cleaned = submit(form, [{"count": 2, "sum": 0}, {"count": 3}], price=10)
    assert [row["sum"] for row in cleaned["rows"]] == [21, 32]


def test_a_sum_over_the_rows_is_computed():
    form = schema(COUNT)
    form["components"].append(
        {"type": "expression", "key": "total", "expression": "=sum(rows.count)"}
    )
    assert submit(form, [{"count": 2}, {"count": 3}])["total"] == 5


def test_a_hidden_list_is_dropped_with_all_its_problems():
    form = schema(NAME, conditional={"hide": "=true"})
    assert submit(form, [{}, {"name": 5}]) == {}
    assert submit(form, "nonsense") == {}


def test_a_disabled_field_of_a_row_keeps_the_cases_value():
    form = schema(NAME, {"type": "number", "key": "price", "disabled": True}, allowAddRemove=False)
    known = [{"name": "a", "price": 5}]
    assert submit(form, [{"name": "b", "price": 0}], rows=known) == {
        "rows": [{"name": "b", "price": 5}]
    }


def test_lists_in_lists_are_judged_row_by_row():
    inner = {"type": "dynamiclist", "path": "parts", "isRepeating": True, "components": [COUNT]}
    form = schema(NAME, inner)
    rows = [{"name": "a", "parts": [{"count": 1}, {"count": 10}]}]
    assert problems(form, rows) == {"rows[0].parts[1].count": [{"code": "too_large", "max": 9}]}
    rows[0]["parts"][1]["count"] = 2
    assert submit(form, rows) == {"rows": rows}


def test_the_case_is_not_changed_by_a_submission():
    known = [{"name": "a", "id": 7}]
    submit(schema(NAME, allowAddRemove=False), [{"name": "b"}], rows=known)
    assert known == [{"name": "a", "id": 7}]
