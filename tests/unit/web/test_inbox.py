import io
import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from tests.unit.web.inbox_world import World, house
from web.inbox.files import file_size

__all__ = ["house"]


def form_data(page: str) -> dict[str, Any]:
    found = re.search(r'id="task-form-data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def complete(house: World, login: str, task: str, data: dict[str, Any], **more: Any) -> Any:
    return house.post(login, f"/tasks/{task}/complete", {"data": data}, **more)


def test_the_list_shows_what_waits_for_whom_until_when(house: World) -> None:
    case, task = house.a_task()
    page = house.get("wangfang", "/tasks").text
    assert f"/tasks/{task}" in page
    for shown in ("审核申请", "申请 离心管", case.number, "李娜", "2026年11月25日 09:00"):
        assert shown in page, shown


def test_an_overdue_task_is_marked_and_has_its_filter(house: World) -> None:
    _, task = house.a_task()
    assert "show=overdue" not in house.get("wangfang", "/tasks").text
    house.clock.move(timedelta(days=3))
    page = house.get("wangfang", "/tasks?show=overdue").text
    assert f"/tasks/{task}" in page
    assert "已逾期" in page


def test_the_filters_part_what_is_mine_from_what_my_groups_may_take(house: World) -> None:
    _, task = house.a_task()
    assert f"/tasks/{task}" in house.get("wangfang", "/tasks?show=groups").text
    assert f"/tasks/{task}" not in house.get("wangfang", "/tasks?show=mine").text
    house.post("wangfang", f"/tasks/{task}/claim", data={})
    assert f"/tasks/{task}" in house.get("wangfang", "/tasks?show=mine").text
    assert f"/tasks/{task}" not in house.get("wuqiang", "/tasks").text


def test_an_empty_list_says_what_to_do_next(house: World) -> None:
    page = house.get("wangfang", "/tasks").text
    assert "没有待办任务" in page
    assert 'href="/"' in page


def test_the_page_gives_the_form_its_words_in_both_languages(house: World) -> None:
    _, task = house.a_task()
    chinese = form_data(house.get("wangfang", f"/tasks/{task}").text)
    assert chinese["locale"] == "zh"
    labels = [part.get("label") for part in chinese["schema"]["components"]]
    assert labels == [None, "意见", "说明"]
    house.get("wangfang", "/language/en?next=/tasks")
    page = house.get("wangfang", f"/tasks/{task}").text
    english = form_data(page)
    assert [part.get("label") for part in english["schema"]["components"]] == [
        None, "Verdict", "Note",
    ]  # fmt: skip
    assert [v["label"] for v in english["schema"]["components"][1]["values"]] == [
        "Agree", "Send back",
    ]  # fmt: skip
    assert "Review the request" in page


def test_values_from_a_case_cannot_break_out_of_the_page(house: World) -> None:
    case = house.a_case(item="</script><img src=x onerror=alert(1)>")
    page = house.get("wangfang", f"/api/v1/tasks?case={case.public_id}").get_json()
    shown = house.get("wangfang", f"/tasks/{page['items'][0]['id']}").text
    assert "<img src=x" not in shown
    assert form_data(shown)["data"]["goods"] == "</script><img src=x onerror=alert(1)>"


def test_a_completed_task_leads_on_and_the_case_moves(house: World) -> None:
    case, task = house.a_task()
    answer = complete(house, "wangfang", task, {"verdict": "no", "note": "请写明数量"})
    assert answer.get_json()["next"] == f"/tasks?done={case.number}"
    assert "已进入下一步" in house.get("wangfang", answer.get_json()["next"]).text
    assert "修改申请" in house.get("lina", "/tasks").text
    assert "修改申请" in house.get("lina", "/my").text


def test_a_second_click_with_the_same_key_gets_the_same_answer(house: World) -> None:
    _, task = house.a_task()
    first = complete(house, "wangfang", task, {"verdict": "no"}, key="one-click")
    second = complete(house, "wangfang", task, {"verdict": "no"}, key="one-click")
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.get_json() == first.get_json()


def test_the_same_click_with_another_key_is_too_late(house: World) -> None:
    """The twin of the test above: a client that makes a new key for a retry is refused."""
    _, task = house.a_task()
    complete(house, "wangfang", task, {"verdict": "no"}, key="one-click")
    assert complete(house, "wangfang", task, {"verdict": "no"}, key="another").status_code == 409


def test_the_page_of_a_completed_task_says_who_and_when(house: World) -> None:
    _, task = house.a_task()
    complete(house, "wangfang", task, {"verdict": "no"})
    for login, who in (("wuqiang", "王芳 已于"), ("wangfang", "您已于")):
        page = house.get(login, f"/tasks/{task}")
        assert page.status_code == 409
        assert who in page.text
        assert "2026年11月23日 09:00" in page.text


def test_what_does_not_fit_is_told_by_field_and_nothing_moves(house: World) -> None:
    _, task = house.a_task()
    refused = complete(house, "wangfang", task, {"note": "x" * 300})
    assert refused.status_code == 422
    problems = refused.get_json()["problems"]
    assert problems["verdict"][0]["message"] == "请填写此项。" or problems["verdict"][0]["message"]
    assert problems["note"][0]["code"] == "too_long"
    assert complete(house, "wangfang", task, {"verdict": "yes"}).status_code == 200


@pytest.mark.parametrize("body", [{}, {"data": "text"}, {"data": None}, []])
def test_a_body_without_data_is_refused(house: World, body: Any) -> None:
    _, task = house.a_task()
    assert house.post("wangfang", f"/tasks/{task}/complete", body).status_code == 422


def test_a_draft_comes_back_to_its_writer_alone(house: World) -> None:
    _, task = house.a_task()
    saved = house.post("wangfang", f"/tasks/{task}/draft", {"data": {"note": "还没写完"}})
    assert saved.get_json()["saved_at"].startswith("2026-11-23T")
    back = form_data(house.get("wangfang", f"/tasks/{task}").text)
    assert back["draft"]["data"] == {"note": "还没写完"}
    assert form_data(house.get("wuqiang", f"/tasks/{task}").text)["draft"] is None


def test_a_draft_is_neither_checked_nor_part_of_the_history(house: World) -> None:
    case, task = house.a_task()
    before = house.get("lina", f"/api/v1/cases/{case.public_id}/history").get_json()["total"]
    saved = house.post("wangfang", f"/tasks/{task}/draft", {"data": {"verdict": "perhaps"}})
    assert saved.status_code == 200
    after = house.get("lina", f"/api/v1/cases/{case.public_id}/history").get_json()["total"]
    assert after == before


def test_a_taken_task_is_the_takers_until_it_is_handed_back(house: World) -> None:
    _, task = house.a_task()
    assert house.post("wangfang", f"/tasks/{task}/claim", data={}).status_code == 303
    assert complete(house, "wuqiang", task, {"verdict": "yes"}).status_code == 403
    page = house.get("wuqiang", f"/tasks/{task}").text
    assert "王芳" in page
    assert "task-form-submit" not in page
    assert house.post("wangfang", f"/tasks/{task}/release", data={}).status_code == 303
    assert complete(house, "wuqiang", task, {"verdict": "yes"}).status_code == 200


def upload(house: World, task: str, content: bytes, name: str) -> Any:
    return house.post(
        "wangfang",
        f"/tasks/{task}/files",
        data={"file": (io.BytesIO(content), name)},
        headers={"Accept": "application/json"},
    )


def test_a_file_comes_back_as_it_was_under_its_own_name(house: World) -> None:
    _, task = house.a_task()
    kept = upload(house, task, "温度,20\n".encode(), "读数.csv")
    assert kept.status_code == 201, kept.text
    page = house.get("wangfang", f"/tasks/{task}").text
    assert "读数.csv" in unescape(page)
    back = house.get("lina", kept.get_json()["url"])
    assert back.data == "温度,20\n".encode()
    assert back.headers["Content-Disposition"].startswith("attachment")
    assert "%E8%AF%BB%E6%95%B0.csv" in back.headers["Content-Disposition"]
    assert back.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "empty.csv", "空"),
        (b"<script>alert(1)</script>", "page.html", "类型"),
        (b"MZ\x90\x00", "report.pdf", ""),
    ],
)
def test_a_file_that_cannot_be_kept_is_refused_with_the_reason(
    house: World, content: bytes, name: str, reason: str
) -> None:
    _, task = house.a_task()
    refused = upload(house, task, content, name)
    assert refused.status_code == 422
    assert refused.get_json()["code"] == "document_refused"


def test_my_page_shows_the_next_booking_and_cancels_it_only_with_a_reason(house: World) -> None:
    case = house.a_case()
    booking = house.a_booking("lina", case)
    page = house.get("lina", "/my").text
    assert "场发射扫描电子显微镜" in page
    assert "13:59" not in page
    assert "14:00–16:00" in page
    refused = house.post("lina", f"/my/bookings/{booking}/cancel", data={"reason": " "})
    assert refused.status_code == 422
    # This case waits for no cancellation, so the engine refuses; the booking's own process does.
    asked = house.post(
        "lina", f"/my/bookings/{booking}/cancel", data={"reason": "样品未到", "_key": "k"}
    )
    assert asked.status_code == 409


def test_a_booking_is_given_out_as_a_calendar_entry(house: World) -> None:
    booking = house.a_booking("lina", house.a_case())
    entry = house.get("lina", f"/my/bookings/{booking}.ics")
    assert entry.mimetype == "text/calendar"
    assert "DTSTART:20261124T060000Z\r\n" in entry.text
    assert "SUMMARY:场发射扫描电子显微镜\r\n" in entry.text
    assert all(len(line.encode()) <= 75 for line in entry.text.split("\r\n"))


def test_managers_see_who_comes_to_their_instruments_today(house: World) -> None:
    house.a_booking("lina")
    assert "今天没有人预约" in house.get("wangfang", "/my").text
    house.clock.move(timedelta(days=1))
    page = house.get("wangfang", "/my").text
    assert "14:00–16:00" in page
    assert "今日我管理的仪器" not in house.get("lina", "/my").text


def test_sizes_of_files_read_well() -> None:
    assert [file_size(n) for n in (0, 512, 14_541, 3_250_586)] == [
        "0 B", "512 B", "14.2 KB", "3.1 MB",
    ]  # fmt: skip
