from engine.problems import Problem, errors


def test_a_problem_names_the_element_the_cause_and_what_to_do() -> None:
    problem = Problem("unknown_form", "approve", "审批\n预约", form="missing")
    assert problem.sentence() == (
        "「审批 预约」(approve)：找不到表单“missing”。请一并提交该表单，或改为已发布的表单。"
    )
    assert problem.sentence("en").startswith("“审批 预约” (approve): There is no form “missing”.")


def test_params_may_be_given_as_one_dictionary() -> None:
    assert Problem("x", params={"a": 1}) == Problem("x", a=1)


def test_an_unknown_code_or_a_missing_param_still_makes_a_sentence() -> None:
    assert Problem("nobody_wrote_this").sentence() == "nobody_wrote_this"
    assert "{form}" in Problem("unknown_form").sentence()


def test_a_value_with_braces_is_shown_as_it_is() -> None:
    assert "${x}" in Problem("not_feel", what="condition", text="${x}").sentence()
    assert "{0.__class__}" in Problem("unknown_form", form="{0.__class__}").sentence()


def test_only_errors_stop_publishing() -> None:
    stop, notice = Problem("x"), Problem("y", severity="warning")
    assert errors([notice, stop]) == [stop]


def test_a_problem_keeps_the_file_it_was_found_in() -> None:
    problem = Problem("x").in_file("a.bpmn")
    assert problem.in_file("b.bpmn").file == "a.bpmn"
    assert problem.as_json()["file"] == "a.bpmn"
