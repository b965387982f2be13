"""Who is let in: roles, sign-in first, and nothing told to anybody else."""

from collections.abc import Callable

import pytest
from flask import Flask, g
from sqlalchemy import text

from web.access import ANONYMOUS, current_actor, requires


@pytest.fixture
def guarded(app: Flask) -> None:
    app.add_url_rule("/test/anybody", "anybody", requires()(lambda: current_actor().name))
    app.add_url_rule("/test/operators", "operators", requires("operator")(lambda: "secret"))
    app.add_url_rule(
        "/test/scope",
        "scope",
        lambda: g.session.scalar(text("select current_setting('dayi.person', true)")),
    )
    app.add_url_rule(
        "/test/people", "people", lambda: str(g.session.scalar(text("select count(*) from person")))
    )


def test_a_stranger_is_led_to_the_sign_in_page_and_back(visitor, guarded) -> None:
    answer = visitor.get("/test/operators?a=1")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/test/operators?a%3D1"


def test_a_program_is_told_to_sign_in_instead(visitor, guarded) -> None:
    answer = visitor.get("/test/operators", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["code"]) == (401, "sign_in_needed")


def test_the_wrong_role_gets_what_an_unknown_address_gets(world, signed_in, guarded) -> None:
    world.person("zhangwei", "applicant")
    visitor = signed_in("zhangwei")
    headers = {"Accept": "application/json"}
    hidden = visitor.get("/test/operators", headers=headers)
    unknown = visitor.get("/test/nothing", headers=headers)
    assert hidden.status_code == unknown.status_code == 404
    assert (hidden.json["code"], hidden.json["message"]) == (
        unknown.json["code"],
        unknown.json["message"],
    )
    assert "secret" not in hidden.text


def test_the_right_role_is_let_in(world, signed_in, guarded) -> None:
    world.person("zhuhai", "operator")
    assert signed_in("zhuhai").get("/test/operators").text == "secret"


def test_every_request_runs_in_the_scope_of_who_asks(world, signed_in, visitor, guarded) -> None:
    person = world.person("zhangwei", "applicant")
    world.person("chenyu", "applicant")
    assert visitor.get("/test/scope").text == str(ANONYMOUS.id)
    mine = signed_in("zhangwei")
    assert mine.get("/test/scope").text == str(person.public_id)
    assert mine.get("/test/people").text == "1"
    assert visitor.get("/test/people").text == "0"


def test_scope_does_not_leak_to_the_next_request(world, signed_in, visitor, guarded) -> None:
    world.person("zhuhai", "operator")
    operator = signed_in("zhuhai")
    for _ in range(12):  # more requests than the pool has connections
        assert operator.get("/test/people").text == "1"
        assert visitor.get("/test/people").text == "0"


def test_a_person_made_inactive_is_out_at_once(world, signed_in, guarded, sessions) -> None:
    world.person("zhangwei", "applicant")
    visitor = signed_in("zhangwei")
    with sessions.begin() as session:
        session.execute(text("update account set active = false"))
    assert visitor.get("/test/anybody").status_code == 302


@pytest.mark.parametrize("path", ["/tasks", "/my", "/cases", "/incidents", "/processes"])
def test_no_inner_page_opens_without_sign_in(visitor, path: str) -> None:
    assert visitor.get(path).status_code == 302


@pytest.mark.parametrize("path", ["/cases", "/incidents"])
def test_an_applicant_cannot_open_officials_pages(world, signed_in: Callable, path: str) -> None:
    world.person("zhangwei", "applicant")
    answer = signed_in("zhangwei").get(path)
    assert answer.status_code in (200, 404)
    if answer.status_code == 200:
        assert "/cases/" not in answer.text
