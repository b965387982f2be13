"""Every address of the inbox and the interface, tried by people who have no right to it.

The table is compared with the application's own addresses: a new one without a line fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from tests.unit.web.inbox_world import World, house

__all__ = ["house"]


@dataclass
class Scene:
    """What the addresses are about: all of it belongs to lina and to unit a."""

    case: str
    number: str
    task: str
    file: str
    booking: str


#: endpoint → (method, address, body, status for a stranger); None: it is everybody's own list
LINES: dict[str, tuple[str, Callable[[Scene], str], Any, set[int] | None]] = {
    "api.sign_in": ("POST", lambda _s: "/api/v1/sign-in", {}, None),
    "api.describe_interface": ("GET", lambda _s: "/api/v1/openapi.json", None, None),
    "api.read_me": ("GET", lambda _s: "/api/v1/me", None, None),
    "api.find_instruments": ("GET", lambda _s: "/api/v1/instruments", None, None),
    "api.read_instrument": ("GET", lambda _s: f"/api/v1/instruments/{uuid4()}", None, {404}),
    "api.list_free_slots": ("GET", lambda _s: f"/api/v1/instruments/{uuid4()}/slots", None, {404}),
    "api.start_case": ("POST", lambda _s: "/api/v1/cases", {"process": "no-such"}, {404}),
    "api.read_case": ("GET", lambda s: f"/api/v1/cases/{s.case}", None, {404}),
    "api.read_order": ("GET", lambda s: f"/api/v1/cases/{s.case}/order", None, {404}),
    "api.read_history": ("GET", lambda s: f"/api/v1/cases/{s.case}/history", None, {404}),
    "api.verify_history": ("GET", lambda s: f"/api/v1/cases/{s.case}/verification", None, {404}),
    "api.list_tasks": ("GET", lambda s: f"/api/v1/tasks?case={s.case}", None, None),
    "api.read_task": ("GET", lambda s: f"/api/v1/tasks/{s.task}", None, {404}),
    "api.complete_task": (
        "POST", lambda s: f"/api/v1/tasks/{s.task}/complete", {"data": {"verdict": "yes"}}, {404},
    ),
    "api.deliver_message": (
        "POST", lambda _s: "/api/v1/messages",
        {"name": "request.paid", "key": "HC-2026-000001", "message_id": "a stranger's"}, {404},
    ),
    "api.read_demo_clock": ("GET", lambda _s: "/api/v1/demo/clock", None, {404}),
    "api.advance_demo_clock": ("POST", lambda _s: "/api/v1/demo/clock", {"advance": "PT1H"}, {404}),
    "inbox.task_list": ("GET", lambda _s: "/tasks", None, None),
    "inbox.task_page": ("GET", lambda s: f"/tasks/{s.task}", None, {404}),
    "inbox.complete": (
        "POST", lambda s: f"/tasks/{s.task}/complete", {"data": {"verdict": "yes"}}, {404},
    ),
    "inbox.confirm": ("POST", lambda s: f"/tasks/{s.task}/confirm", {}, {404}),
    "inbox.save_draft": ("POST", lambda s: f"/tasks/{s.task}/draft", {"data": {}}, {404}),
    "inbox.claim": ("POST", lambda s: f"/tasks/{s.task}/claim", {}, {404}),
    "inbox.release": ("POST", lambda s: f"/tasks/{s.task}/release", {}, {404}),
    "inbox.upload": ("POST", lambda s: f"/tasks/{s.task}/files", {}, {404}),
    "inbox.download": ("GET", lambda s: f"/files/{s.file}", None, {404}),
    "inbox.mine": ("GET", lambda _s: "/my", None, None),
    "inbox.cancel_booking": ("POST", lambda s: f"/my/bookings/{s.booking}/cancel", {}, {404}),
    "inbox.calendar_file": ("GET", lambda s: f"/my/bookings/{s.booking}.ics", None, {404}),
}  # fmt: skip
PUBLIC = {"api.sign_in", "api.describe_interface"}
#: Another applicant of another unit; a manager of another unit.
STRANGERS = ("zhouyu", "zhengli")


@pytest.fixture
def scene(house: World) -> Scene:
    import io

    case, task = house.a_task()
    booking = house.a_booking("lina", case)
    kept = house.post(
        "wangfang",
        f"/tasks/{task}/files",
        data={"file": (io.BytesIO(b"temperature,20\n"), "readings.csv")},
        headers={"Accept": "application/json"},
    )
    assert kept.status_code == 201, kept.text
    return Scene(str(case.public_id), case.number, task, kept.get_json()["id"], str(booking))


def send(house: World, login: str, line: tuple[Any, ...], scene: Scene) -> Any:
    method, address, body, _ = line
    if method == "GET":
        return house.get(login, address(scene))
    return house.post(login, address(scene), body)


def test_every_address_has_a_line_and_every_line_an_address(house: World) -> None:
    served = {
        rule.endpoint
        for rule in house.app.url_map.iter_rules()
        if rule.endpoint.split(".")[0] in ("api", "inbox")
    }
    assert served == set(LINES)


@pytest.mark.parametrize("login", STRANGERS)
def test_strangers_get_not_found_everywhere(house: World, scene: Scene, login: str) -> None:
    wrong = {}
    for endpoint, line in LINES.items():
        if line[3] is None:
            continue
        answer = send(house, login, line, scene)
        if answer.status_code not in line[3]:
            wrong[endpoint] = (answer.status_code, answer.get_data(as_text=True)[:200])
    assert wrong == {}


@pytest.mark.parametrize("login", STRANGERS)
def test_the_lists_of_strangers_name_nothing_of_the_case(
    house: World, scene: Scene, login: str
) -> None:
    for endpoint in ("api.list_tasks", "inbox.task_list", "inbox.mine"):
        page = send(house, login, LINES[endpoint], scene)
        assert page.status_code == 200
        assert scene.number not in page.text
        assert scene.task not in page.text
        assert scene.booking not in page.text


def test_without_signing_in_nothing_but_the_public_addresses_answers(
    house: World, scene: Scene
) -> None:
    client = house.client()
    for endpoint, (method, address, body, _) in LINES.items():
        if endpoint in PUBLIC:
            continue
        path = address(scene)
        answer = client.get(path) if method == "GET" else client.post(path, json=body)
        if path.startswith("/api/"):
            assert answer.status_code in (400, 401), endpoint
        else:
            assert answer.status_code in (302, 400, 401), endpoint


def test_the_same_addresses_answer_the_people_they_are_for(house: World, scene: Scene) -> None:
    """The twin of the tests above: with the right people the same requests succeed."""
    for login, endpoint in (
        ("lina", "api.read_case"),
        ("lina", "api.read_history"),
        ("wangfang", "api.read_task"),
        ("wangfang", "inbox.task_page"),
        ("lina", "inbox.download"),
        ("wangfang", "inbox.download"),
        ("lina", "inbox.calendar_file"),
        ("wangfang", "inbox.claim"),
        ("wangfang", "inbox.release"),
        ("wangfang", "inbox.save_draft"),
        ("wangfang", "api.complete_task"),
    ):
        answer = send(house, login, LINES[endpoint], scene)
        assert answer.status_code in (200, 303), (endpoint, answer.status_code, answer.text[:300])


def test_the_applicant_can_see_the_task_that_judges_them_but_not_do_it(
    house: World, scene: Scene
) -> None:
    for endpoint in ("inbox.complete", "api.complete_task", "inbox.claim", "inbox.upload"):
        answer = send(house, "lina", LINES[endpoint], scene)
        assert answer.status_code == 403, (endpoint, answer.text[:200])
    page = house.get("lina", f"/tasks/{scene.task}")
    assert page.status_code == 200
    assert '"read_only": true' in page.text
    assert "task-form-submit" not in page.text
