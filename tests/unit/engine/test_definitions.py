import json
import threading
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from engine import clock as clocks
from engine import definitions
from engine.actors import SYSTEM, Actor, Grant
from engine.db import set_scope
from engine.definitions import Resource
from engine.errors import InvalidDefinition, NotAllowed, NotFound
from engine.identity import uuid7
from engine.models import Definition, Deployment

PUBLISHER = Actor(uuid7(), "王芳", (Grant("process_publisher"),))
DESIGNER = Actor(uuid7(), "李娜", (Grant("process_designer"),))
PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d">
  <bpmn:process id="trial" name="试 用" isExecutable="true">
    <bpmn:startEvent id="start" name="{name}" />
    <bpmn:endEvent id="end" />
    <bpmn:sequenceFlow id="flow" sourceRef="start" targetRef="end" />
  </bpmn:process>
</bpmn:definitions>
"""


def a_process(name: str = "开始", words: dict[str, str] | None = None) -> Resource:
    content = PROCESS.format(name=name)
    return Resource("bpmn", "trial", "process.bpmn", content, words or {})


def test_the_first_version_is_number_one_and_knows_who_published_it(session: Session) -> None:
    set_scope(session, PUBLISHER)
    deployment = definitions.publish(session, [a_process()], actor=PUBLISHER, note="首版")
    session.commit()
    found = definitions.latest(session, "bpmn", "trial")
    assert deployment is not None
    assert (found.version, found.name, found.published_by) == (1, "试 用", PUBLISHER.id)
    assert found.deployment_id == deployment.id
    assert found.published_at == clocks.now(session)
    assert len(found.hash) == 64


def test_publishing_the_same_again_makes_no_version(session: Session) -> None:
    definitions.publish(session, [a_process()], actor=SYSTEM)
    assert definitions.publish(session, [a_process()], actor=SYSTEM) is None
    redrawn = a_process().content.replace('id="start" name="开始"', "name='开始'   id='start'")
    same = Resource("bpmn", "trial", "process.bpmn", redrawn)
    assert definitions.publish(session, [same], actor=SYSTEM) is None
    assert len(definitions.versions(session, "bpmn", "trial")) == 1


def test_a_change_makes_the_next_version_and_leaves_the_old_one_as_it_was(
    session: Session,
) -> None:
    definitions.publish(session, [a_process()], actor=SYSTEM)
    definitions.publish(session, [a_process("提交")], actor=SYSTEM)
    newest, oldest = definitions.versions(session, "bpmn", "trial")
    assert (newest.version, oldest.version) == (2, 1)
    assert oldest.content == a_process().content
    assert definitions.latest(session, "bpmn", "trial").id == newest.id


def test_an_official_can_return_to_an_earlier_content(session: Session) -> None:
    for name in ("甲", "乙", "甲"):
        definitions.publish(session, [a_process(name)], actor=SYSTEM)
    newest, _, oldest = definitions.versions(session, "bpmn", "trial")
    assert newest.version == 3
    assert newest.hash == oldest.hash


def test_changed_english_words_make_a_version_only_where_they_are_used(session: Session) -> None:
    definitions.publish(session, [a_process(words={"开始": "Start"})], actor=SYSTEM)
    other = a_process(words={"开始": "Start", "别处": "Elsewhere"})
    assert definitions.publish(session, [other], actor=SYSTEM) is None
    changed = a_process(words={"开始": "Begin"})
    assert definitions.publish(session, [changed], actor=SYSTEM) is not None
    assert definitions.latest(session, "bpmn", "trial").words == {"开始": "Begin"}


@pytest.mark.parametrize("actor", [DESIGNER, Actor(uuid7(), "访客")])
def test_only_a_publisher_may_publish_or_withdraw(session: Session, actor: Actor) -> None:
    definitions.publish(session, [a_process()], actor=SYSTEM)
    found = definitions.latest(session, "bpmn", "trial")
    with pytest.raises(NotAllowed):
        definitions.publish(session, [a_process("乙")], actor=actor)
    with pytest.raises(NotAllowed):
        definitions.withdraw(session, found.public_id, actor=actor)


def test_a_broken_definition_is_refused_with_its_problems_and_nothing_is_kept(
    session: Session,
) -> None:
    broken = Resource(
        "bpmn", "trial", "process.bpmn", a_process().content.replace('targetRef="end"', "")
    )
    with pytest.raises(InvalidDefinition) as refused:
        definitions.publish(session, [broken], actor=SYSTEM)
    assert "loose_flow" in {one.code for one in refused.value.problems}
    assert session.scalars(select(Deployment)).all() == []


def test_a_withdrawn_version_is_not_the_latest_and_can_be_published_anew(
    session: Session,
) -> None:
    definitions.publish(session, [a_process("甲")], actor=SYSTEM)
    definitions.publish(session, [a_process("乙")], actor=SYSTEM)
    found = definitions.latest(session, "bpmn", "trial")
    definitions.withdraw(session, found.public_id, actor=PUBLISHER)
    assert definitions.latest(session, "bpmn", "trial").version == 1
    definitions.publish(session, [a_process("乙")], actor=SYSTEM)
    assert definitions.latest(session, "bpmn", "trial").version == 3


def test_what_is_not_published_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        definitions.latest(session, "bpmn", "nothing")
    with pytest.raises(NotFound):
        definitions.withdraw(session, uuid4(), actor=SYSTEM)


def test_processes_lists_the_newest_of_each(session: Session) -> None:
    definitions.publish(session, [a_process("甲")], actor=SYSTEM)
    definitions.publish(session, [a_process("乙")], actor=SYSTEM)
    other = a_process().content.replace('id="trial"', 'id="another"')
    definitions.publish(session, [Resource("bpmn", "another", "a.bpmn", other)], actor=SYSTEM)
    found = definitions.processes(session)
    assert [(one.key, one.version) for one in found] == [("another", 1), ("trial", 2)]


def test_the_application_cannot_change_a_published_version(session: Session) -> None:
    definitions.publish(session, [a_process()], actor=SYSTEM)
    session.commit()
    with pytest.raises(DatabaseError, match="permission denied"):
        session.execute(text("update definition set content = ''"))


def test_the_publisher_returns_to_its_own_scope(session: Session) -> None:
    set_scope(session, PUBLISHER)
    definitions.publish(session, [a_process()], actor=PUBLISHER)
    assert session.scalar(text("select current_setting('dayi.everything', true)")) == ""


def _at_once(work, count: int = 2) -> list[BaseException]:
    failures: list[BaseException] = []
    gate = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            work(number, gate)
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_publishers_at_the_same_moment_get_different_numbers(
    sessions: sessionmaker[Session],
) -> None:
    def publish(number: int, gate: threading.Barrier) -> None:
        with sessions() as mine:
            set_scope(mine, SYSTEM)
            gate.wait()
            definitions.publish(mine, [a_process(f"第{number}版")], actor=SYSTEM)
            mine.commit()

    assert _at_once(publish, 4) == []
    with sessions() as after:
        numbers = [one.version for one in definitions.versions(after, "bpmn", "trial")]
    assert numbers == [4, 3, 2, 1]


def test_without_the_lock_two_publishers_take_one_number(sessions: sessionmaker[Session]) -> None:
    """The sabotage twin: reading the last number and adding one is not enough."""

    def publish(number: int, gate: threading.Barrier) -> None:
        with sessions() as mine:
            set_scope(mine, SYSTEM)
            now = clocks.now(mine)
            deployment = Deployment(actor_id=SYSTEM.id, at=now)
            mine.add(deployment)
            mine.flush()
            version = len(definitions.versions(mine, "bpmn", "trial")) + 1
            gate.wait()
            mine.add(
                Definition(
                    kind="bpmn", key="trial", version=version, hash=str(number), content="",
                    deployment_id=deployment.id, published_at=now, published_by=SYSTEM.id,
                )
            )  # fmt: skip
            mine.commit()

    (failure,) = _at_once(publish)
    assert isinstance(failure, IntegrityError)


def a_folder(path: Path) -> Path:
    (path / "process.bpmn").write_text(PROCESS.format(name="开始"), encoding="utf-8")
    (path / "ask.form").write_text('{"id": "ask", "components": []}', encoding="utf-8")
    (path / "words.en.json").write_text('{"开始": "Start"}', encoding="utf-8")
    (path / "README.md").write_text("x", encoding="utf-8")
    return path


def test_a_folder_is_read_with_its_words_and_nothing_else(tmp_path: Path) -> None:
    found = definitions.read_folder(a_folder(tmp_path))
    assert [(one.kind, one.key, one.file) for one in found] == [
        ("form", "ask", "ask.form"),
        ("bpmn", "trial", "process.bpmn"),
    ]
    assert found[1].words == {"开始": "Start"}


def test_a_forms_words_may_hold_quotes_and_line_ends(session: Session) -> None:
    said = '价格 {{string(1) + "."}}\n\n请付款'
    form = {"id": "ask", "components": [{"type": "text", "id": "t", "text": said}]}
    resource = definitions.Resource(
        "form", "ask", "ask.form", json.dumps(form), {said: "Please pay", "别的": "Other"}
    )
    definitions.publish(session, [resource], actor=SYSTEM)
    assert definitions.latest(session, "form", "ask").words == {said: "Please pay"}


def test_a_single_file_is_read_with_the_words_beside_it(tmp_path: Path) -> None:
    found = definitions.read_file(a_folder(tmp_path) / "process.bpmn")
    assert (found.key, found.words) == ("trial", {"开始": "Start"})


def test_neighbours_can_be_named_but_are_not_checked(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    (folder / "broken.form").write_bytes(b"\xff{")
    beside = definitions.neighbours(folder / "process.bpmn")
    assert [one.key for one in beside] == ["ask"]


def test_a_folder_without_definitions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        definitions.read_folder(tmp_path)
    assert refused.value.problems[0].code == "nothing_to_publish"


@pytest.mark.parametrize("words", ["{", "[]", '{"a": 1}', "[" * 100_000])
def test_words_that_are_no_dictionary_of_texts_are_refused(tmp_path: Path, words: str) -> None:
    folder = a_folder(tmp_path)
    (folder / "words.en.json").write_text(words, encoding="utf-8")
    with pytest.raises(InvalidDefinition):
        definitions.read_folder(folder)


def test_a_diagram_in_another_encoding_is_read(tmp_path: Path) -> None:
    content = PROCESS.replace("UTF-8", "GB18030").format(name="开始").encode("gb18030")
    found = definitions.read_bytes("a.bpmn", content)
    assert found.key == "trial"
    assert "开始" in found.content


ASKING = """<bpmn:startEvent id="start" name="开始"><bpmn:extensionElements>
  <zeebe:formDefinition xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" formId="ask" />
  </bpmn:extensionElements></bpmn:startEvent>
  <bpmn:exclusiveGateway id="choice" default="flow" /><bpmn:endEvent id="much_end" />
  <bpmn:sequenceFlow id="much" sourceRef="choice" targetRef="much_end">
  <bpmn:conditionExpression>=amount &gt; 5</bpmn:conditionExpression></bpmn:sequenceFlow>
  <bpmn:sequenceFlow id="first" sourceRef="start" targetRef="choice" />"""


def a_form(component: str) -> Resource:
    schema = {"id": "ask", "components": [{"type": component, "key": "amount", "label": "金额"}]}
    return Resource("form", "ask", "ask.form", json.dumps(schema))


def an_asking_process() -> Resource:
    content = a_process().content.replace('<bpmn:startEvent id="start" name="开始" />', ASKING)
    content = content.replace('id="flow" sourceRef="start"', 'id="flow" sourceRef="choice"')
    return Resource("bpmn", "trial", "process.bpmn", content)


def test_a_form_that_would_break_a_published_process_is_refused(session: Session) -> None:
    definitions.publish(session, [a_form("number"), an_asking_process()], actor=SYSTEM)
    with pytest.raises(InvalidDefinition) as refused:
        definitions.publish(session, [a_form("textfield")], actor=SYSTEM)
    (problem,) = refused.value.problems
    assert problem.code == "breaks_process"
    assert "trial" in problem.sentence()
    assert "amount > 5" in problem.sentence("en")


def test_a_form_changed_together_with_its_process_is_accepted(session: Session) -> None:
    definitions.publish(session, [a_form("number"), an_asking_process()], actor=SYSTEM)
    process = an_asking_process()
    content = process.content.replace("=amount &gt; 5", '=amount = "5"')
    changed = Resource("bpmn", "trial", "process.bpmn", content)
    assert definitions.publish(session, [a_form("textfield"), changed], actor=SYSTEM)


def test_a_start_form_that_was_published_before_is_found(session: Session) -> None:
    form = Resource("form", "ask", "ask.form", json.dumps({"id": "ask", "components": []}))
    start = '<bpmn:startEvent id="start" name="开始" />'
    asking = a_process().content.replace(
        start,
        '<bpmn:startEvent id="start" name="开始"><bpmn:extensionElements>'
        '<zeebe:formDefinition xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" formId="ask" />'
        "</bpmn:extensionElements></bpmn:startEvent>",
    )
    process = Resource("bpmn", "trial", "process.bpmn", asking)
    assert [one.code for one in definitions.check([process], session=session)] == ["unknown_form"]
    definitions.publish(session, [form], actor=SYSTEM)
    assert definitions.check([process], session=session) == []
    assert definitions.check([process], beside=[form]) == []
