"""A command is carried out once, however often and however fast it comes."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from flask import Flask, g, jsonify, request
from sqlalchemy import select, text

from engine.clock import ClockOffset
from engine.errors import NotAllowed
from engine.models import Command
from web import transactions
from web.transactions import command


@pytest.fixture
def effects(app: Flask) -> Iterator[list[str]]:
    """Addresses whose effects can be counted: each adds a row and a word."""
    done: list[str] = []

    def act() -> object:
        with_number = request.get_json(silent=True) or {}
        g.session.execute(
            text("insert into case_number values (:s, 2026, 1)"), {"s": uuid4().hex[:10]}
        )
        done.append("acted")
        if with_number.get("refuse"):
            raise NotAllowed
        return jsonify(number=len(done), said=with_number)

    app.add_url_rule("/test/act", "act", command(act), methods=["POST"])
    return done


def rows(sessions) -> int:
    with sessions() as session:
        return session.scalar(text("select count(*) from case_number"))


@pytest.fixture
def visitor(world, signed_in: Callable, effects):
    world.person("zhangwei", "applicant")
    return signed_in("zhangwei")


def test_the_same_command_again_gets_the_kept_answer(visitor, effects, sessions) -> None:
    key = str(uuid4())
    first = visitor.command("/test/act", key=key, json={"a": 1})
    second = visitor.command("/test/act", key=key, json={"a": 1})
    assert (first.status_code, first.json) == (200, {"number": 1, "said": {"a": 1}})
    assert (second.json, second.headers["Idempotent-Replay"]) == (first.json, "true")
    assert (effects, rows(sessions)) == (["acted"], 1)


def test_a_known_key_with_another_body_is_refused(visitor, effects) -> None:
    key = str(uuid4())
    visitor.command("/test/act", key=key, json={"a": 1})
    answer = visitor.command("/test/act", key=key, json={"a": 2})
    assert (answer.status_code, answer.json["code"]) == (422, "key_reused")
    assert effects == ["acted"]


def test_a_command_without_a_key_is_refused(visitor, effects) -> None:
    answer = visitor.client.post("/test/act", json={}, headers={"X-CSRF-Token": visitor.token()})
    assert (answer.status_code, answer.json["code"]) == (400, "key_missing")
    assert effects == []


def test_a_command_without_a_csrf_token_is_refused(visitor, effects) -> None:
    answer = visitor.client.post("/test/act", json={}, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json["code"]) == (400, "csrf_failed")
    assert effects == []


def test_a_refused_command_leaves_nothing_and_its_key_can_be_used_again(visitor, sessions) -> None:
    key = str(uuid4())
    refused = visitor.command("/test/act", key=key, json={"refuse": True})
    assert (refused.status_code, refused.json["code"]) == (403, "not_allowed")
    assert rows(sessions) == 0
    assert visitor.command("/test/act", key=key, json={"a": 1}).status_code == 200


def test_a_key_counts_for_one_person_only(visitor, world, signed_in, effects) -> None:
    world.person("chenyu", "applicant")
    key = str(uuid4())
    visitor.command("/test/act", key=key, json={"a": 1})
    answer = signed_in("chenyu").command("/test/act", key=key, json={"a": 1})
    assert (answer.status_code, len(effects)) == (200, 2)


def test_somebody_who_has_not_signed_in_is_asked_to(app: Flask, effects) -> None:
    client = app.test_client()
    page = client.get("/instruments").text
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    headers = {"X-CSRF-Token": token, "Idempotency-Key": "k"}
    assert client.post("/test/act", json={}, headers=headers).status_code == 401
    assert effects == []


def together(visitor, path: str, count: int = 4) -> list:
    """Send the same command from several threads at the same moment."""
    key, token = str(uuid4()), visitor.token()
    cookies = {c.key: c.value for c in visitor.client._cookies.values()}
    barrier = threading.Barrier(count)
    app = visitor.client.application

    def send() -> object:
        client = app.test_client()
        for name, value in cookies.items():
            client.set_cookie(name, value)
        headers = {"X-CSRF-Token": token, "Idempotency-Key": key}
        barrier.wait()
        return client.post(path, json={"a": 1}, headers=headers)

    with ThreadPoolExecutor(count) as pool:
        return [each.result() for each in [pool.submit(send) for _ in range(count)]]


def test_identical_commands_at_the_same_moment_have_one_effect(visitor, effects, sessions) -> None:
    answers = together(visitor, "/test/act")
    assert [a.status_code for a in answers] == [200] * 4
    assert {a.json["number"] for a in answers} == {1}
    assert (len(effects), rows(sessions)) == (1, 1)


def test_without_the_keys_lock_the_same_moment_has_several_effects(
    visitor, effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sabotage twin: a check without a lock lets several through."""
    monkeypatch.setattr(transactions, "_wait_for_turn", lambda *_: None)
    for _ in range(10):
        effects.clear()
        together(visitor, "/test/act")
        if len(effects) > 1:
            return
    pytest.fail("the naive variant was expected to act more than once")


def test_a_command_that_runs_for_too_long_is_told_so(
    visitor, sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "PATIENCE", "100ms")
    key = str(uuid4())
    with sessions() as session:
        me = session.scalar(text("select person_id from account where login = 'zhangwei'"))
        session.execute(
            text("select pg_advisory_xact_lock(hashtextextended(:n, 0))"),
            {"n": f"command {me} {key}"},
        )
        answer = visitor.command("/test/act", key=key, json={"a": 1})
    assert (answer.status_code, answer.json["code"]) == (409, "still_running")


def test_the_kept_answer_is_stored_with_the_clocks_time(visitor, sessions, clock) -> None:
    visitor.command("/test/act", json={"a": 1})
    with sessions() as session:
        kept = session.scalars(select(Command)).one()
    assert (kept.status, kept.at) == (200, clock.at)


def test_a_failing_block_rolls_back_what_it_did(app: Flask, sessions) -> None:
    def spoil() -> None:
        with transactions.transaction() as session:
            session.add(ClockOffset(id=1, seconds=5))
            session.flush()
            raise ValueError

    with app.test_request_context("/instruments"):
        app.preprocess_request()
        with pytest.raises(ValueError):  # noqa: PT011 - its own
            spoil()
    with sessions() as session:
        assert session.scalar(text("select count(*) from clock_offset")) == 0
