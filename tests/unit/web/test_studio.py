"""The studio: who reads, uploads and publishes; a change reaches the next case only."""

import importlib.util
import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from engine import definitions
from engine.actors import SYSTEM
from engine.clock import FixedClock
from engine.db import set_scope
from engine.models import OpenTask

_spec = importlib.util.spec_from_file_location(
    "monitor_world", Path(__file__).parent / "monitor_world.py"
)
assert _spec is not None
assert _spec.loader is not None
monitor_world = importlib.util.module_from_spec(_spec)
sys.modules["monitor_world"] = monitor_world
_spec.loader.exec_module(monitor_world)

SignIn = Callable[[str], Any]
FILES = Path(__file__).parent / "monitor_files"
DIAGRAM = (FILES / "process.bpmn").read_text(encoding="utf-8")
TABLE = (FILES / "route.dmn").read_text(encoding="utf-8")
DOCTYPE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


@pytest.fixture
def lending(world: Any, sessions: sessionmaker[Session], clock: FixedClock, app: Any) -> Any:
    return monitor_world.Lending(world, sessions, clock)


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
    return str(answer.get_data(as_text=True))


def upload(visitor: Any, *files: tuple[str, str]) -> Any:
    data = {"files": [(io.BytesIO(content.encode()), name) for name, content in files]}
    return visitor.command(
        "/processes/lending/proposals", data=data, content_type="multipart/form-data"
    )


def proposed(visitor: Any, *files: tuple[str, str]) -> str:
    answer = upload(visitor, *files)
    assert answer.status_code == 303, answer.get_data(as_text=True)[:3000]
    return str(answer.headers["Location"])


def publish(visitor: Any, address: str, **changes: str) -> Any:
    page = text(visitor.get(address))
    base = re.search(r'name="base" value="([^"]*)"', page)
    confirm = re.search(r'data-confirm="([^"]*)"', page)
    form = {
        "base": base.group(1) if base else "",
        "confirm": confirm.group(1) if confirm else "",
        "note": "门槛改为三天",
        **changes,
    }
    return visitor.command(f"{address}/publish", data=form)


def versions(lending: Any, kind: str, key: str) -> list[int]:
    with lending.sessions() as session:
        set_scope(session, SYSTEM)
        return [each.version for each in definitions.versions(session, kind, key)]


@pytest.mark.parametrize("login", ["des", "pub", "off", "aud", "ops"])
def test_readers_see_the_processes_and_what_runs(
    lending: Any, signed_in: SignIn, login: str
) -> None:
    visitor = signed_in(login)
    assert "样品借阅" in text(visitor.get("/processes"))
    page = text(visitor.get("/processes/lending"))
    assert "借阅要不要审批" in page
    assert "首次发布" in page
    assert "&#34;approve&#34;: 1" in page  # one case waits there


@pytest.mark.parametrize("login", ["ada", "manfred", "steve"])
@pytest.mark.parametrize(
    "path",
    ["/processes", "/processes/lending", "/decisions/lending_route", "/processes/lending/change",
     "/definitions/bpmn/lending/1"],
)  # fmt: skip
def test_people_without_a_role_in_it_do_not_know_of_the_studio(
    lending: Any, signed_in: SignIn, login: str, path: str
) -> None:
    assert signed_in(login).get(path).status_code == 404


@pytest.mark.parametrize("login", ["off", "aud", "ops", "ada"])
def test_readers_do_not_upload(lending: Any, signed_in: SignIn, login: str) -> None:
    visitor = signed_in(login)
    assert visitor.get("/processes/lending/change").status_code == 404
    assert upload(visitor, ("process.bpmn", DIAGRAM)).status_code == 404


def test_a_designer_uploads_and_checks_but_does_not_publish(
    lending: Any, signed_in: SignIn
) -> None:
    designer = signed_in("des")
    address = proposed(designer, ("route.dmn", TABLE.replace("&gt; 7", "&gt; 3")))
    page = text(designer.get(address))
    assert "检查通过" in page
    assert "须由流程发布员发布" in page
    assert f'action="{address}/publish"' not in page
    answer = publish(designer, address, confirm="发布 lending_route 第 2 版")
    assert answer.status_code == 403
    assert versions(lending, "dmn", "lending_route") == [1]


def test_a_changed_threshold_decides_the_next_case_and_no_running_one(
    lending: Any, signed_in: SignIn
) -> None:
    waiting = lending.begin()  # three days: no approval under the old table
    address = proposed(signed_in("des"), ("route.dmn", TABLE.replace("&gt; 7", "&gt; 30")))
    publisher = signed_in("pub")
    page = text(publisher.get(address))
    assert '<td class="text-break">&gt; 7</td><td class="text-break">&gt; 30</td>' in page
    assert publish(publisher, address).status_code == 303
    with lending.sessions() as session:
        set_scope(session, SYSTEM)
        before = session.scalars(
            select(OpenTask).where(OpenTask.instance_id == lending.case.id)
        ).one()
        assert before.element_id == "approve"
    monitor_world.complete(
        lending.sessions, waiting, lending.applicant, sample="膜", days=10, phone="1"
    )
    path = signed_in("aud").get(f"/cases/{waiting.public_id}/path.json").get_json()
    assert path["ended"] == "lent"
    assert "approve" not in {each["id"] for each in path["passed"]}


def test_a_changed_diagram_becomes_a_version_that_running_cases_do_not_follow(
    lending: Any, signed_in: SignIn
) -> None:
    changed = DIAGRAM.replace('=route = "approval"', "=days > 1").replace("机主审批", "机主复核")
    publisher = signed_in("pub")
    address = proposed(publisher, ("new.bpmn", changed))
    page = text(publisher.get(address))
    assert "正在办理的 1 个案件仍按原版本办完" in page
    assert publish(publisher, address).headers["Location"] == (
        "/processes/lending?version=2&compare=1"
    )
    fresh = lending.begin()
    with lending.sessions() as session:
        set_scope(session, SYSTEM)
        found = {case.id: case for case in (session.merge(fresh), session.merge(lending.case))}
        assert found[fresh.id].definition.version == 2
        assert found[lending.case.id].definition.version == 1
    assert versions(lending, "bpmn", "lending") == [2, 1]
    # The English words of what did not change stay with the new version.
    publisher.get("/language/en")
    assert "Sample loan" in text(publisher.get("/processes/lending?version=2&compare=1"))


def test_the_words_to_type_protect_against_publishing_by_accident(
    lending: Any, signed_in: SignIn
) -> None:
    publisher = signed_in("pub")
    address = proposed(publisher, ("route.dmn", TABLE.replace("&gt; 7", "&gt; 3")))
    for changes in ({"confirm": "发布"}, {"note": " "}, {"base": "dmn:lending_route:0"}):
        answer = publish(publisher, address, **changes)
        assert answer.headers["Location"] == address
    assert versions(lending, "dmn", "lending_route") == [1]


def test_what_somebody_else_published_meanwhile_is_looked_at_first(
    lending: Any, signed_in: SignIn
) -> None:
    publisher = signed_in("pub")
    mine = proposed(publisher, ("route.dmn", TABLE.replace("&gt; 7", "&gt; 3")))
    page = text(publisher.get(mine))
    base = re.search(r'name="base" value="([^"]*)"', page)
    confirm = re.search(r'data-confirm="([^"]*)"', page)
    assert base is not None
    assert confirm is not None
    other = proposed(publisher, ("route.dmn", TABLE.replace("&gt; 7", "&gt; 5")))
    assert publish(publisher, other).status_code == 303
    publish(publisher, mine, base=base.group(1), confirm=confirm.group(1))
    assert versions(lending, "dmn", "lending_route") == [2, 1]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("a.bpmn", "this is no XML")], "a.bpmn"),
        ([("a.bpmn", DOCTYPE + DIAGRAM.split("?>", 1)[1])], "DOCTYPE"),
        ([("a.bpmn", DIAGRAM.replace('id="lending"', 'id="other"'))], "此处只能修改“lending”"),
        ([("a.dmn", TABLE.replace("lending_route", "foreign"))], "没有使用“foreign”"),
        ([("a.txt", "hello")], "a.txt"),
        ([("words.en.json", "{}")], "只有英文词表"),
        ([("words.en.json", "[1]")], "words.en.json"),
        ([("a.dmn", TABLE), ("b.dmn", TABLE)], "重复出现"),
        ([], "请至少选择一个文件"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_a_reason(
    lending: Any, signed_in: SignIn, files: list[tuple[str, str]], said: str
) -> None:
    designer = signed_in("des")
    answer = upload(designer, *files)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert "已上传、未发布" not in text(designer.get("/processes/lending/change"))


def test_each_problem_names_its_element_and_is_red_on_the_diagram(
    lending: Any, signed_in: SignIn
) -> None:
    broken = DIAGRAM.replace('=route = "approval"', "=route = =").replace(
        'formId="lending_approval"', 'formId="no_such_form"'
    )
    publisher = signed_in("pub")
    address = proposed(publisher, ("broken.bpmn", broken))
    page = text(publisher.get(address))
    assert 'data-element="approve"' in page
    assert 'data-element="f4"' in page
    assert "机主审批" in page
    marked = re.search(r'data-path="([^"]*)"', page)
    assert marked is not None
    assert "approve" in marked.group(1)
    assert "data-confirm" not in page
    publish(publisher, address, confirm="发布 lending 第 2 版")
    assert versions(lending, "bpmn", "lending") == [1]


def test_a_file_as_published_changes_nothing(lending: Any, signed_in: SignIn) -> None:
    publisher = signed_in("pub")
    address = proposed(publisher, ("process.bpmn", DIAGRAM))
    assert "无需发布" in text(publisher.get(address))
    publish(publisher, address)
    assert versions(lending, "bpmn", "lending") == [1]


def test_the_published_file_comes_back_as_it_was(lending: Any, signed_in: SignIn) -> None:
    answer = signed_in("des").get("/definitions/bpmn/lending/1")
    assert text(answer) == DIAGRAM
    assert "attachment" in answer.headers["Content-Disposition"]
    assert signed_in("des").get("/definitions/bpmn/lending/9").status_code == 404
    assert signed_in("des").get("/definitions/exe/lending/1").status_code == 404
