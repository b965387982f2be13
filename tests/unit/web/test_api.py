from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from app.database import Database
from engine.actors import SYSTEM
from engine.clock import DemoClock
from engine.db import make_sessions, set_scope
from engine.models import Event, Instance
from tests.unit.web.inbox_world import PASSWORD, Settings, World, house, make_world
from web.database import db

__all__ = ["house"]


def test_sign_in_answers_a_token_and_me_tells_name_and_roles(house: World) -> None:
    me = house.get("wangfang", "/api/v1/me").get_json()
    assert me["name"] == "王芳"
    assert [grant["role"] for grant in me["roles"]] == ["instrument_manager"]
    assert house.tokens["wangfang"]


def test_a_wrong_password_is_refused_without_saying_which_part_was_wrong(house: World) -> None:
    answers = [
        house.client().post("/api/v1/sign-in", json={"login": login, "password": "no"})
        for login in ("wangfang", "nobody")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    told = [{k: v for k, v in a.get_json().items() if k != "reference"} for a in answers]
    assert told[0] == told[1]


def test_sign_in_takes_no_form_of_another_site(house: World) -> None:
    data = {"login": "wangfang", "password": PASSWORD}
    answer = house.client().post("/api/v1/sign-in", data=data)
    assert answer.status_code == 400
    assert answer.get_json()["code"] == "not_json"


def test_errors_name_code_sentence_and_reference(house: World) -> None:
    answer = house.get("lina", f"/api/v1/cases/{uuid4()}")
    assert answer.status_code == 404
    body = answer.get_json()
    assert body["code"] == "not_found"
    assert body["message"]
    assert body["reference"]


def test_a_case_is_started_once_however_often_the_same_command_comes(house: World) -> None:
    body = {"process": "request", "data": {"goods": "滤膜"}}
    first = house.post("lina", "/api/v1/cases", body, key="one-intention")
    again = house.post("lina", "/api/v1/cases", body, key="one-intention")
    assert first.status_code == 201, first.text
    assert again.get_json() == first.get_json()
    with house.sessions() as session:
        set_scope(session, SYSTEM)
        assert session.scalar(select(func.count()).select_from(Instance)) == 1


def test_without_the_key_the_same_command_is_refused_and_with_two_keys_done_twice(
    house: World,
) -> None:
    """The twin of the test above: only the key makes a command count once."""
    body = {"process": "request", "data": {"goods": "滤膜"}}
    house.client("lina")
    bare = house.client("lina").post(
        "/api/v1/cases", json=body, headers={"X-CSRF-Token": house.tokens["lina"]}
    )
    assert (bare.status_code, bare.get_json()["code"]) == (400, "key_missing")
    numbers = {house.post("lina", "/api/v1/cases", body).get_json()["number"] for _ in range(2)}
    assert len(numbers) == 2


def test_a_command_without_the_csrf_token_is_refused(house: World) -> None:
    house.client("lina")
    answer = house.client("lina").post(
        "/api/v1/cases", json={"process": "request"}, headers={"Idempotency-Key": "k1"}
    )
    assert (answer.status_code, answer.get_json()["code"]) == (400, "csrf_failed")


def test_what_does_not_fit_the_form_is_told_by_field_in_the_readers_language(house: World) -> None:
    answer = house.post("lina", "/api/v1/cases", {"process": "request", "data": {"amount": 500}})
    assert answer.status_code == 422
    problems = answer.get_json()["problems"]
    assert {path: [p["code"] for p in found] for path, found in problems.items()} == {
        "goods": ["required"],
        "amount": ["too_large"],
    }
    assert all("一" <= p["message"][0] <= "龥" for found in problems.values() for p in found)


def test_what_does_not_fit_the_interface_is_told_by_field_too(house: World) -> None:
    answer = house.post("lina", "/api/v1/cases", {"proces": 7})
    assert answer.status_code == 422
    codes = {path: found[0]["code"] for path, found in answer.get_json()["problems"].items()}
    assert codes == {"process": "required", "proces": "unknown_field"}


def test_a_task_is_read_with_its_form_and_completed(house: World) -> None:
    case, task = house.a_task()
    detail = house.get("wangfang", f"/api/v1/tasks/{task}").get_json()
    assert detail["task"]["form"] == "request_review"
    assert detail["task"]["element"] == "review"
    assert detail["may_complete"] is True
    done = house.post("wangfang", f"/api/v1/tasks/{task}/complete", {"data": {"verdict": "no"}})
    assert done.status_code == 200, done.text
    assert done.get_json()["id"] == str(case.public_id)
    mine = house.get("lina", f"/api/v1/tasks?case={case.public_id}").get_json()
    assert [each["element"] for each in mine["items"]] == ["correct"]


def test_the_second_who_completes_a_task_hears_who_was_first_and_when(house: World) -> None:
    _, task = house.a_task()
    house.post("wangfang", f"/api/v1/tasks/{task}/complete", {"data": {"verdict": "no"}})
    second = house.post("wuqiang", f"/api/v1/tasks/{task}/complete", {"data": {"verdict": "yes"}})
    assert second.status_code == 409
    assert second.get_json()["code"] == "already_completed"
    assert "王芳" in second.get_json()["message"]
    assert "2026年11月23日" in second.get_json()["message"]


def test_history_and_verification_can_be_read_and_show_no_sealed_value(house: World) -> None:
    case = house.a_case()
    history = house.get("lina", f"/api/v1/cases/{case.public_id}/history")
    kinds = [event["kind"] for event in history.get_json()["items"]]
    assert kinds[0] == "case_started"
    assert "13800000000" not in history.text
    part = house.get("lina", f"/api/v1/cases/{case.public_id}/history?limit=1&offset=1").get_json()
    assert [event["seq"] for event in part["items"]] == [2]
    assert part["total"] == len(kinds)
    check = house.get("sunlei", f"/api/v1/cases/{case.public_id}/verification").get_json()
    assert check == {"ok": True, "events": len(kinds), "bad_seq": None, "reason": None}


def test_verification_tells_where_a_changed_history_breaks(
    house: World, database: Database
) -> None:
    from engine.db import connect

    case = house.a_case()
    owner = connect(database.owner_url)
    with owner.begin() as connection:
        connection.execute(text("alter table event disable trigger user"))
        connection.execute(text("alter table event no force row level security"))
        connection.execute(
            text("update event set record = replace(record, '离心管', '金条') where seq = 1")
        )
    owner.dispose()
    check = house.get("sunlei", f"/api/v1/cases/{case.public_id}/verification").get_json()
    assert (check["ok"], check["bad_seq"]) == (False, 1)


def test_a_message_moves_the_case_that_waits_and_its_copy_changes_nothing(house: World) -> None:
    case, task = house.a_task()
    house.post("wangfang", f"/api/v1/tasks/{task}/complete", {"data": {"verdict": "yes"}})
    body = {
        "name": "request.paid", "key": case.number, "payload": {"fen": 1200},
        "message_id": "bank-0001",
    }  # fmt: skip
    first = house.post("gateway", "/api/v1/messages", body)
    assert first.get_json() == {"delivered": True, "case": str(case.public_id)}, first.text
    again = house.post("gateway", "/api/v1/messages", body)
    assert again.get_json() == first.get_json()
    with house.sessions() as session:
        set_scope(session, SYSTEM)
        kinds = list(session.scalars(select(Event.kind).order_by(Event.seq)))
    assert kinds.count("message_received") == 1
    ended = house.get("lina", f"/api/v1/cases/{case.public_id}").get_json()
    assert ended["status"] == "completed"


@pytest.mark.parametrize("login", ["zhouyu", "sunlei", "wangfang"])
def test_seeing_a_case_is_not_enough_to_write_to_it(house: World, login: str) -> None:
    case, task = house.a_task()
    house.post("wuqiang", f"/api/v1/tasks/{task}/complete", {"data": {"verdict": "yes"}})
    body = {"name": "request.paid", "key": case.number, "message_id": f"from-{login}"}
    answer = house.post(login, "/api/v1/messages", body)
    assert answer.status_code == 404
    assert (
        house.post("lina", "/api/v1/messages", {**body, "message_id": "own-case"}).status_code
        == 200
    )


def test_instruments_are_found_and_their_free_times_listed(house: World) -> None:
    found = house.get("lina", "/api/v1/instruments?q=").get_json()
    assert found["total"] == 1
    instrument = found["items"][0]
    assert instrument["bookable"] is True
    one = house.get("lina", f"/api/v1/instruments/{house.instrument}").get_json()
    assert one["id"] == instrument["id"] == str(house.instrument)
    slots = house.get(
        "lina", f"/api/v1/instruments/{house.instrument}/slots?from=2026-11-24&days=1"
    ).get_json()
    assert slots["items"]
    assert slots["items"][0]["start"].startswith("2026-11-24T")


def test_the_clock_cannot_be_moved_where_it_is_the_real_one(house: World) -> None:
    assert house.get("lina", "/api/v1/demo/clock").status_code == 404
    assert house.post("lina", "/api/v1/demo/clock", {"advance": "PT1H"}).status_code == 404


def test_in_a_demonstration_the_clock_moves_and_a_case_names_who_could_act(
    database: Database, db_engine, tmp_path
) -> None:
    clock = DemoClock()
    demo = make_world(
        database, make_sessions(db_engine, clock=clock), clock, Settings(tmp_path, demo=True)
    )
    before = demo.get("lina", "/api/v1/demo/clock").get_json()["now"]
    moved = demo.post("lina", "/api/v1/demo/clock", {"advance": "P1DT2H30S"}).get_json()["now"]
    gone = _moment(moved) - _moment(before)
    assert timedelta(days=1, hours=2) <= gone < timedelta(days=1, hours=2, minutes=5)
    for bad in ("PT0S", "-PT1H", "P900D", "1h", "PT"):
        refused = demo.post("lina", "/api/v1/demo/clock", {"advance": bad})
        assert refused.status_code == 422, bad
    case = demo.a_case()
    shown = demo.get("lina", f"/api/v1/cases/{case.public_id}").get_json()
    assert shown["demo_logins"] == ["wangfang", "wuqiang"]
    with demo.app.app_context():
        db.engine.dispose()


def _moment(written: str):
    from datetime import datetime

    return datetime.fromisoformat(written)


def test_a_platform_that_is_no_demonstration_names_no_accounts(house: World) -> None:
    case = house.a_case()
    assert "demo_logins" not in house.get("lina", f"/api/v1/cases/{case.public_id}").get_json()


def test_the_document_describes_every_address_and_no_other(house: World) -> None:
    document = house.client().get("/api/v1/openapi.json").get_json()
    described = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
    }
    served = {
        (method, rule.rule.replace("<uuid:", "{").replace(">", "}"))
        for rule in house.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert described == served
    shapes = document["components"]["schemas"]
    assert shapes["Task"]["properties"]["due_at"]["type"] == ["string", "null"]
    assert "#/components/schemas/" + "Error" in str(document)
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
