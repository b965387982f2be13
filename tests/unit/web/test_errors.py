"""Errors: a status, a sentence in the reader's language, a reference that finds the log line."""

import logging
from uuid import uuid4

import pytest
from flask import Flask, g
from sqlalchemy import text

import domain.errors
import engine.errors
from engine.errors import AlreadyCompleted, EngineError, InvalidSubmission, NotFound
from web import error_texts, errors


def every_error() -> list[type[EngineError]]:
    found: list[type[EngineError]] = []
    waiting = [EngineError]
    while waiting:
        kind = waiting.pop()
        if kind.__module__ in (engine.errors.__name__, domain.errors.__name__):
            found.append(kind)
        waiting += kind.__subclasses__()
    return found


@pytest.fixture
def failing(app: Flask) -> None:
    def fail(kind: str) -> str:
        if kind == "boom":
            raise RuntimeError("the password is hunter2")
        if kind == "database":
            g.session.execute(text("select nothing from nowhere"))
        if kind == "submission":
            raise InvalidSubmission({"hours": [{"code": "too_large", "max": 8}]})
        raise NotFound

    app.add_url_rule("/test/<kind>", "fail", fail)


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.code)
def test_every_refusal_has_a_sentence(kind: type[EngineError]) -> None:
    assert kind.code in error_texts.TEXTS


def test_an_unexpected_failure_tells_nothing_but_a_reference(visitor, failing, caplog) -> None:
    with caplog.at_level(logging.ERROR):
        page = visitor.get("/test/boom")
    assert page.status_code == 500
    assert "hunter2" not in page.text
    number = page.headers["X-Reference"]
    assert number in page.text
    assert number in caplog.text
    assert "hunter2" in caplog.text  # the original error is in the log


def test_a_broken_transaction_still_gets_a_page(visitor, failing) -> None:
    page = visitor.get("/test/database")
    assert page.status_code == 503
    assert "nowhere" not in page.text


def test_problems_of_fields_are_told_in_both_languages(visitor, failing) -> None:
    headers = {"Accept": "application/json"}
    chinese = visitor.get("/test/submission", headers=headers)
    assert chinese.status_code == 422
    assert chinese.json["problems"]["hours"][0]["message"] == "不得大于 8。"
    visitor.get("/language/en")
    english = visitor.get("/test/submission", headers=headers)
    assert english.json["problems"]["hours"][0]["message"] == "At most 8."


def test_a_fragment_is_answered_with_a_fragment(visitor, failing) -> None:
    answer = visitor.get("/test/missing", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (404, "#messages")
    assert "<html" not in answer.text


def test_the_second_of_two_learns_who_was_first_and_when(app: Flask, world) -> None:
    person = world.person("wangfang", "instrument_manager", name="王芳")
    with app.test_request_context("/tasks"):
        app.preprocess_request()
        error = AlreadyCompleted(who=str(person.public_id), at="2026-11-23T06:30:00+00:00")
        assert errors.sentence(error) == "王芳已于 2026年11月23日 14:30 办结这项待办。"
        nobody = AlreadyCompleted(who=str(uuid4()), at="2026-11-23T06:30:00+00:00")
        assert "人已于 2026年11月23日 14:30" in errors.sentence(nobody)


def test_a_value_with_a_per_cent_sign_does_no_harm(app: Flask) -> None:
    with app.test_request_context("/"):
        error = engine.errors.DecisionFailed(decision="100%(x)s", reason="")
        assert "100%(x)s" in errors.sentence(error)


def test_a_method_that_an_address_does_not_know_is_405(visitor) -> None:
    assert visitor.get("/sign-out").status_code == 405
