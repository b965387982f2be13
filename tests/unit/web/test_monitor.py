"""The pages of cases: what they say, and that nobody sees a case that is not theirs."""

import csv
import importlib.util
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from engine.clock import FixedClock

_spec = importlib.util.spec_from_file_location(
    "monitor_world", Path(__file__).parent / "monitor_world.py"
)
assert _spec is not None
assert _spec.loader is not None
monitor_world = importlib.util.module_from_spec(_spec)
sys.modules["monitor_world"] = monitor_world
_spec.loader.exec_module(monitor_world)

SignIn = Callable[[str], Any]


@pytest.fixture
def lending(world: Any, sessions: sessionmaker[Session], clock: FixedClock, app: Any) -> Any:
    return monitor_world.Lending(world, sessions, clock)


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
    return str(answer.get_data(as_text=True))


def english(visitor: Any) -> Any:
    visitor.get("/language/en")
    return visitor


def test_an_auditor_reads_in_plain_sentences_who_did_what(lending: Any, signed_in: SignIn) -> None:
    page = text(signed_in("aud").get(f"/cases/{lending.case.public_id}"))
    assert lending.case.number in page
    assert "艾达完成了“填写借阅单”" in page
    assert "“机主审批”等待机主办理" in page
    assert "杭州样品研究所" in page


def test_the_case_page_is_complete_in_english(lending: Any, signed_in: SignIn) -> None:
    page = text(english(signed_in("aud")).get(f"/cases/{lending.case.public_id}"))
    assert "Ada completed “Fill in the loan slip”." in page
    assert "Manager approves" in page
    assert "Sample loan" in page
    body = page.split("<main", 1)[1].split("</main>", 1)[0]
    assert "“机主审批”" not in body


def test_the_decision_shows_its_table_and_the_rule_that_fired(
    lending: Any, signed_in: SignIn
) -> None:
    page = text(signed_in("aud").get(f"/cases/{lending.case.public_id}"))
    fired = page.split('class="mn-fired"', 1)[1].split("</tr>", 1)[0]
    assert "超过七天" in fired
    assert page.count('class="mn-fired"') == 1
    assert "/decisions/lending_route?version=1" in page


def test_sensitive_values_are_masked_in_timeline_and_variables(
    lending: Any, signed_in: SignIn
) -> None:
    case = lending.case
    auditor = signed_in("aud")
    for path in (f"/cases/{case.public_id}", f"/cases/{case.public_id}/history.json"):
        assert "13800000000" not in text(auditor.get(path))
    page = text(auditor.get(f"/cases/{case.public_id}"))
    assert "硅片" in page
    assert "联系电话" in page


@pytest.mark.parametrize("login", ["aud", "off", "ops", "manfred", "ada"])
def test_people_of_the_case_and_of_its_scope_open_it(
    lending: Any, signed_in: SignIn, login: str
) -> None:
    assert lending.case.number in text(signed_in(login).get(f"/cases/{lending.case.public_id}"))


@pytest.mark.parametrize("login", ["steve", "omar", "audnb", "des", "pub"])
@pytest.mark.parametrize("page", ["", "/path.json", "/diagram.bpmn", "/history.json"])
def test_anybody_else_gets_the_answer_for_an_address_that_does_not_exist(
    lending: Any, signed_in: SignIn, login: str, page: str
) -> None:
    visitor = signed_in(login)
    assert visitor.get(f"/cases/{lending.case.public_id}{page}").status_code == 404


def test_a_visitor_who_has_not_signed_in_is_asked_to(lending: Any, visitor: Any) -> None:
    answer = visitor.get(f"/cases/{lending.case.public_id}")
    assert answer.status_code == 302
    assert "/sign-in" in answer.headers["Location"]


def test_the_applicant_sees_no_list_of_variables(lending: Any, signed_in: SignIn) -> None:
    assert 'id="h-variables"' not in text(signed_in("ada").get(f"/cases/{lending.case.public_id}"))
    assert 'id="h-variables"' in text(signed_in("aud").get(f"/cases/{lending.case.public_id}"))


def test_the_path_tells_what_was_passed_and_where_the_case_waits(
    lending: Any, signed_in: SignIn
) -> None:
    answer = signed_in("aud").get(f"/cases/{lending.case.public_id}/path.json")
    path = json.loads(text(answer))
    assert [each["id"] for each in path["passed"]] == ["asked", "fill", "route", "needed"]
    assert set(path["flows"]) == {"f1", "f2", "f3", "f4"}
    assert path["active"] == ["approve"]
    assert path["ended"] is None
    assert path["steps"][-1]["active"] == ["approve"]
    assert path["steps"][0]["sentence"].startswith("艾达发起了案件")


def test_a_case_sent_back_counts_each_pass_and_ends_where_it_ended(
    lending: Any, signed_in: SignIn
) -> None:
    case = lending.case
    lending.approve(case, granted=False)
    monitor_world.complete(
        lending.sessions, case, lending.applicant, sample="硅片", days=3, phone="1"
    )
    path = json.loads(text(signed_in("aud").get(f"/cases/{case.public_id}/path.json")))
    counts = {each["id"]: each["count"] for each in path["passed"]}
    assert counts["fill"] == 2
    assert counts["approve"] == 1
    assert path["ended"] == "lent"
    assert path["active"] == []
    page = text(signed_in("aud").get(f"/cases/{case.public_id}"))
    assert '<span class="mn-before">10</span>' in page  # what was submitted before the change


def test_verification_says_that_an_untouched_record_is_whole(
    lending: Any, signed_in: SignIn
) -> None:
    page = text(signed_in("aud").get(f"/cases/{lending.case.public_id}?verify=1"))
    assert "记录完整，未被改动" in page


def test_verification_names_the_entry_that_was_tampered_with(
    lending: Any, signed_in: SignIn, database: Any
) -> None:
    from sqlalchemy import text as sql

    from engine.db import connect

    owner = connect(database.owner_url)
    with owner.begin() as connection:
        connection.execute(sql("alter table event disable trigger event_append_only"))
        connection.execute(
            sql("update event set record = replace(record, '硅片', '金片') where seq = "
                "(select seq from event where kind = 'task_completed' and instance_id = :id)"),
            {"id": lending.case.id},
        )  # fmt: skip
    owner.dispose()
    page = text(signed_in("aud").get(f"/cases/{lending.case.public_id}?verify=1"))
    assert "记录完整" not in page
    assert "记录在第" in page


def test_the_list_finds_by_number_title_person_and_date(lending: Any, signed_in: SignIn) -> None:
    auditor = signed_in("aud")
    other = lending.begin()
    for query, expected in [
        (f"text={lending.case.number}", {lending.case.number}),
        ("person=艾达", {lending.case.number, other.number}),
        ("person=孟机主", set()),
        ("status=completed", set()),
        ("since=2026-11-23&until=2026-11-23", {lending.case.number, other.number}),
        ("until=2026-11-22", set()),
        ("region=330100", {lending.case.number, other.number}),
        ("region=330200", set()),
        (f"unit={lending.unit.id}", {lending.case.number, other.number}),
        ("process=lending", {lending.case.number, other.number}),
        ("unit=x&since=yesterday&region=abc", {lending.case.number, other.number}),
    ]:
        page = text(auditor.get(f"/cases?{query}"))
        found = {n for n in (lending.case.number, other.number) if f">{n}</a>" in page}
        assert found == expected, query


def test_the_list_shows_each_reader_only_their_own_scope(lending: Any, signed_in: SignIn) -> None:
    assert lending.case.number in text(signed_in("aud").get("/cases"))
    assert lending.case.number in text(signed_in("manfred").get("/cases"))
    for login in ("audnb", "omar"):
        page = text(signed_in(login).get("/cases"))
        assert lending.case.number not in page
        assert "您的范围内还没有案件" in page


@pytest.mark.parametrize("login", ["ada", "steve", "des"])
@pytest.mark.parametrize("path", ["/cases", "/cases.csv"])
def test_people_without_a_watching_role_do_not_know_of_the_list(
    lending: Any, signed_in: SignIn, login: str, path: str
) -> None:
    assert signed_in(login).get(path).status_code == 404


def test_the_export_is_exactly_what_the_filters_show(lending: Any, signed_in: SignIn) -> None:
    done = lending.begin()
    monitor_world.complete(
        lending.sessions, done, lending.applicant, sample="=1+1", days=1, phone="1"
    )
    auditor = signed_in("aud")
    answer = auditor.get("/cases.csv?status=completed")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == [done.number]
    whole = list(csv.reader(io.StringIO(auditor.get("/cases.csv").data.decode("utf-8-sig"))))
    assert [row[0] for row in whole[1:]] == [done.number, lending.case.number]


def test_no_cell_of_the_export_is_a_formula() -> None:
    from web.monitor.search_views import _harmless

    assert [_harmless(v) for v in ("=1+1", "+1", "-1", "@x", "1", "")] == [
        "'=1+1", "'+1", "'-1", "'@x", "1", "",
    ]  # fmt: skip


def test_the_export_of_the_record_can_be_verified_by_its_own_hashes(
    lending: Any, signed_in: SignIn
) -> None:
    answer = signed_in("aud").get(f"/cases/{lending.case.public_id}/history.json")
    record = json.loads(text(answer))
    assert record["number"] == lending.case.number
    assert record["last"]["hash"] == record["events"][-1]["hash"]
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_diagram_is_handed_out_as_a_download_and_never_rendered(
    lending: Any, signed_in: SignIn
) -> None:
    answer = signed_in("aud").get(f"/cases/{lending.case.public_id}/diagram.bpmn")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "<bpmn:process" in text(answer)


@pytest.mark.parametrize("login", ["aud", "ada", "off", "des"])
def test_only_operators_know_of_incidents(lending: Any, signed_in: SignIn, login: str) -> None:
    assert signed_in(login).get("/incidents").status_code == 404


def incident(lending: Any) -> Any:
    """A case that stands still: nobody of the table's types fits, so the decision fails."""
    from sqlalchemy import select

    from engine.actors import SYSTEM
    from engine.db import set_scope
    from engine.models import Incident

    case = lending.begin()
    with lending.sessions.begin() as session:
        set_scope(session, SYSTEM)
        found = Incident(
            instance_id=case.id,
            element_id="fill",
            kind="operation_failed",
            message="ConnectionError: the ledger does not answer",
            detail="Traceback: …",
            created_at=lending.clock.at,
        )
        session.add(found)
        session.flush()
        session.expunge(found)
        assert session.scalar(select(Incident.id)) is not None
    return found, case


def test_an_operator_sees_the_original_error_and_the_case(lending: Any, signed_in: SignIn) -> None:
    _, case = incident(lending)
    page = text(signed_in("ops").get("/incidents"))
    assert "ConnectionError: the ledger does not answer" in page
    assert case.number in page
    assert "填写借阅单" in page


def test_a_step_is_not_skipped_without_a_reason(lending: Any, signed_in: SignIn) -> None:
    found, _ = incident(lending)
    operator = signed_in("ops")
    answer = operator.command(f"/incidents/{found.public_id}/skip", data={"reason": " "})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/incidents"
    assert found.message in text(operator.get("/incidents"))


@pytest.mark.parametrize("verb", ["retry", "skip"])
def test_nobody_but_an_operator_mends_an_incident(
    lending: Any, signed_in: SignIn, verb: str
) -> None:
    found, _ = incident(lending)
    answer = signed_in("aud").command(
        f"/incidents/{found.public_id}/{verb}", data={"reason": "because I want to"}
    )
    assert answer.status_code == 404


def test_it_is_the_readers_scope_that_hides_a_case(lending: Any) -> None:
    """The twin of the 404 tests: a careless query in the platform's scope would find the case."""
    from domain.organisations import actors
    from engine import instances
    from engine.actors import SYSTEM
    from engine.db import set_scope
    from engine.errors import NotFound

    with lending.sessions() as session:
        set_scope(session, SYSTEM)
        stranger = actors.load(session, lending.stranger.public_id)
        assert instances.read(session, lending.case.public_id).id == lending.case.id
        session.expunge_all()
        set_scope(session, stranger)
        with pytest.raises(NotFound):
            instances.read(session, lending.case.public_id)
