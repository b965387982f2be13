"""Signing in, sessions, headers, forged requests."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from web.signin import accounts


@pytest.fixture
def zhang(world):
    return world.person("zhangwei", "applicant")


def test_a_person_signs_in_by_name_or_by_mail_in_any_case(visitor, zhang) -> None:
    for login in ("zhangwei", " ZhangWei ", "ZHANGWEI@example.org"):
        assert visitor.sign_in(login).status_code == 303
        visitor.client.post("/sign-out", data={"csrf_token": visitor.token()})


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(visitor, zhang) -> None:
    wrong = visitor.sign_in("zhangwei", "not it")
    unknown = visitor.sign_in("nobody", "not it")
    assert wrong.status_code == unknown.status_code == 401
    said = "账号或密码不正确"
    assert said in wrong.text
    assert said in unknown.text


def test_the_sixth_guess_is_refused_even_if_it_is_right(visitor, zhang) -> None:
    for _ in range(accounts.TRIES_PER_LOGIN):
        assert visitor.sign_in("zhangwei", "guess").status_code == 401
    answer = visitor.sign_in("zhangwei")
    assert answer.status_code == 429
    assert "15 分钟" in answer.text


def test_without_counting_a_guesser_gets_in(
    visitor, zhang, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sabotage twin of the lock."""
    monkeypatch.setattr(accounts, "_refuse_guessing", lambda *_: None)
    for _ in range(accounts.TRIES_PER_LOGIN + 3):
        visitor.sign_in("zhangwei", "guess")
    assert visitor.sign_in("zhangwei").status_code == 303


def test_a_lock_ends_by_itself(visitor, zhang, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(accounts.TRIES_PER_LOGIN):
        visitor.sign_in("zhangwei", "guess")
    later = datetime.now(UTC) + accounts.WINDOW + timedelta(seconds=1)
    monkeypatch.setattr(accounts, "_now", lambda: later)
    assert visitor.sign_in("zhangwei").status_code == 303


def test_the_application_cannot_rewrite_what_was_tried(sessions) -> None:
    with sessions() as session, pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text("update sign_in_attempt set succeeded = true"))


def test_signing_in_starts_a_new_session(visitor, zhang, app: Flask) -> None:
    """What somebody planted in the browser before sign-in is gone afterwards."""
    with visitor.client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
    visitor.sign_in("zhangwei")
    with visitor.client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie.permanent


def test_a_copied_cookie_is_worth_nothing_after_sign_out(signed_in, zhang, app: Flask) -> None:
    visitor = signed_in("zhangwei")
    name = app.config["SESSION_COOKIE_NAME"]
    stolen = visitor.client.get_cookie(name).value
    visitor.client.post("/sign-out", data={"csrf_token": visitor.token()})
    thief = app.test_client()
    thief.set_cookie(name, stolen)
    assert thief.get("/tasks").status_code == 302


def test_a_session_ends_after_twelve_hours_of_use(
    signed_in, zhang, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = signed_in("zhangwei")
    assert "/sign-out" in visitor.get("/").text
    soon = datetime.now(UTC) + accounts.LONGEST + timedelta(minutes=1)
    monkeypatch.setattr(accounts, "_now", lambda: soon)
    assert "/sign-out" not in visitor.get("/").text


def test_moving_the_demo_clock_ends_no_session(signed_in, zhang, clock) -> None:
    visitor = signed_in("zhangwei")
    clock.move(timedelta(days=3))
    assert "/sign-out" in visitor.get("/").text


def test_sign_in_leads_back_but_never_to_another_site(visitor, zhang) -> None:
    for target, expected in (
        ("/instruments?q=a", "/instruments?q=a"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
    ):
        form = {
            "login": "zhangwei",
            "password": "a-password-for-tests",
            "csrf_token": visitor.token(),
            "next": target,
        }
        assert visitor.client.post("/sign-in", data=form).location == expected
        visitor.client.post("/sign-out", data={"csrf_token": visitor.token()})


def test_sign_in_without_a_token_is_refused(visitor, zhang) -> None:
    form = {"login": "zhangwei", "password": "a-password-for-tests"}
    assert visitor.client.post("/sign-in", data=form).status_code == 400


def test_a_change_that_another_site_asked_for_is_refused(signed_in, zhang) -> None:
    visitor = signed_in("zhangwei")
    headers = {"Sec-Fetch-Site": "cross-site"}
    data = {"csrf_token": visitor.token()}
    assert visitor.client.post("/sign-out", data=data, headers=headers).status_code == 403
    assert "/sign-out" in visitor.get("/").text


@pytest.mark.parametrize("path", ["/", "/sign-in", "/instruments", "/health", "/nothing"])
def test_every_answer_forbids_inline_scripts_and_other_sites(visitor, path: str) -> None:
    headers = visitor.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == "'self'"
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(visitor, zhang) -> None:
    cookie = visitor.sign_in("zhangwei").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_over_tls_the_cookie_is_secure_and_the_browser_is_told_to_stay(app: Flask, zhang) -> None:
    client = app.test_client()
    page = client.get("/sign-in", base_url="https://dayi.example")
    token = page.text.split('name="csrf-token" content="')[1].split('"')[0]
    form = {"login": "zhangwei", "password": "a-password-for-tests", "csrf_token": token}
    answer = client.post(
        "/sign-in",
        data=form,
        base_url="https://dayi.example",
        headers={"Referer": "https://dayi.example/sign-in"},
    )
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_pages_hold_no_inline_script(visitor) -> None:
    import re

    for path in ("/", "/instruments", "/sign-in"):
        page = visitor.get(path).text
        scripts = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", page)
        assert (scripts, re.findall(r"\son\w+=", page)) == ([], [])
