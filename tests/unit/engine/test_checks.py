import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import checks, contract, definitions
from engine.checks import coverage, structure
from engine.checks.diagram import Diagram
from engine.checks.surroundings import Surroundings
from engine.errors import InvalidDefinition
from engine.problems import Problem, errors
from engine.sentences import SENTENCES
from engine.xml import parse

DIAGRAMS = sorted((Path(__file__).parent / "diagrams").glob("*.bpmn"))
ENGINE = Path(definitions.__file__).parent
EXPECTS = re.compile(r"<!-- expects: (\S+) ?(\S*) -->")


@dataclass(frozen=True)
class Params:
    recipient: str
    at: datetime | None = None


@dataclass(frozen=True)
class Result:
    sent_at: datetime
    count_sent: int


NOTIFY = contract.Operation(
    "notify", "Sends a notice.", "inline", Params, Result, lambda *_: None, ("unreachable",)
)
FORM = """{"id": "apply", "type": "default", "components": [
  {"type": "textfield", "key": "note", "label": "备注"},
  {"type": "number", "key": "amount", "label": "金额"},
  {"type": "datetime", "subtype": "date", "key": "day", "dateLabel": "日期"}]}"""
DECISION = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="费用"
  namespace="https://dayi.example/dmn"><decision id="fee" name="费用">
  <decisionTable id="t" hitPolicy="FIRST">
    <input id="i"><inputExpression id="ie" typeRef="number"><text>amount</text></inputExpression>
    </input>
    <output id="o1" name="fen" typeRef="number" /><output id="o2" name="why" typeRef="string" />
    <rule id="r"><inputEntry id="c1"><text>&gt; 1</text></inputEntry>
      <outputEntry id="c2"><text>100</text></outputEntry>
      <outputEntry id="c3"><text>"多"</text></outputEntry></rule>
  </decisionTable></decision></definitions>"""


SHADOWS = """{"id": "shadows", "type": "default", "components": [
  {"type": "textfield", "key": "duration", "label": "时长"}]}"""


@pytest.fixture(scope="module")
def around() -> Surroundings:
    resources = [
        definitions.read_bytes("apply.form", FORM.encode()),
        definitions.read_bytes("shadows.form", SHADOWS.encode()),
        definitions.read_bytes("fee.dmn", DECISION.encode()),
    ]
    return Surroundings(resources, operations={"notify": NOTIFY})


@pytest.mark.parametrize("file", DIAGRAMS, ids=lambda file: file.stem)
def test_a_diagram_gets_exactly_the_problem_that_it_was_drawn_for(
    file: Path, around: Surroundings
) -> None:
    content = file.read_text(encoding="utf-8")
    expected = EXPECTS.search(content)
    assert expected is not None
    code, element = expected.groups()
    found = checks.check_diagram(content, around)
    if code == "nothing":
        assert found == []
        return
    assert (code, element.strip("-")) in {(one.code, one.element_id) for one in found}
    is_notice = code in {"element_ignored", "retries_ignored", "foreign_extension",
                         "gateway_without_default", "variable_never_set",
                         "process_not_executable"}  # fmt: skip
    assert bool(errors(found)) is not is_notice


@pytest.mark.parametrize("file", DIAGRAMS, ids=lambda file: file.stem)
def test_every_problem_says_in_both_languages_where_it_is_and_leaves_no_gap(
    file: Path, around: Surroundings
) -> None:
    for problem in checks.check_diagram(file.read_text(encoding="utf-8"), around):
        chinese, english = problem.sentence("zh"), problem.sentence("en")
        assert problem.element_id in chinese
        assert problem.element_id in english
        assert re.search("[一-鿿]", chinese)
        assert chinese.endswith(("。", "）"))
        assert "{" not in chinese.replace("${", "").replace("#{", "")
        assert "{" not in english.replace("${", "").replace("#{", "")


def test_the_corpus_tries_every_rule_and_every_refused_row() -> None:
    tried = {
        match.group(1)
        for file in DIAGRAMS
        if (match := EXPECTS.search(file.read_text(encoding="utf-8")))
    }
    codes = {
        code
        for file in (ENGINE / "checks").glob("*.py")
        for code in re.findall(r'problem\(\s*"([a-z_]+)"', file.read_text(encoding="utf-8"))
    }
    assert len(DIAGRAMS) > 100
    # Names taken by the platform are tried at both kinds of target in the diagrams.
    assert codes - tried == set()


def _codes_in(folder: Path) -> set[str]:
    return {
        code
        for file in folder.rglob("*.py")
        for code in re.findall(r'[pP]roblem\(\s*"([a-z_]+)"', file.read_text(encoding="utf-8"))
    }


def test_every_code_has_a_chinese_and_an_english_sentence() -> None:
    codes = _codes_in(ENGINE)
    assert len(codes) > 60
    assert codes - set(SENTENCES) == set()
    for chinese, english in SENTENCES.values():
        assert chinese.strip()
        assert english.strip()
        assert set(re.findall(r"{(\w+)}", chinese)) - {"zh"} == (
            set(re.findall(r"{(\w+)}", english)) - {"en"}
        )


def test_no_rule_is_dropped_without_a_diagram_turning_green(around: Surroundings) -> None:
    """The sabotage twin: without the structure rules a link event would be published."""
    content = next(file for file in DIAGRAMS if file.stem == "refused_link_throw").read_text()
    diagram = Diagram(parse(content))
    kept = [rule for rule in checks.RULES if rule is not structure.has_only_known_elements]
    assert not errors(one for rule in kept for one in rule(diagram, around))
    assert errors(structure.has_only_known_elements(diagram, around))


def test_an_element_that_no_table_knows_is_refused() -> None:
    assert coverage.row(coverage.ELEMENTS, "teleportTask").treatment == "refused"
    assert coverage.row_of_event("startEvent", "telepathy").treatment == "refused"


def test_forms_and_decisions_of_the_same_folder_are_checked_too() -> None:
    broken = definitions.read_bytes("x.form", b"{")
    assert [one.code for one in definitions.check([broken])] == ["form_unreadable"]
    decision = definitions.read_bytes("x.dmn", b"<definitions/>")
    assert errors(definitions.check([decision]))


def test_two_files_with_one_key_are_refused() -> None:
    form = definitions.read_bytes("a.form", FORM.encode())
    twice = [form, definitions.read_bytes("b.form", FORM.encode())]
    assert "same_key_twice" in [one.code for one in definitions.check(twice)]


def test_problems_name_their_file() -> None:
    found = definitions.check([definitions.read_bytes("x.bpmn", b"<a/>")])
    assert {one.file for one in found} == {"x.bpmn"}


def _check_bytes(name: str, data: bytes) -> list[Problem]:
    try:
        resource = definitions.read_bytes(name, data)
    except InvalidDefinition as refused:
        return list(refused.problems)
    return definitions.check([resource])


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(["a.bpmn", "a.dmn", "a.form", "a.exe", "a"]), data=st.binary())
def test_whatever_bytes_are_given_the_answer_is_a_list_of_problems(name: str, data: bytes) -> None:
    found = _check_bytes(name, data)
    assert errors(found)
    assert all(one.sentence() and one.sentence("en") for one in found)


BASE = next(file for file in DIAGRAMS if file.stem == "good_events").read_bytes()


@settings(max_examples=150, deadline=None)
@given(
    start=st.integers(0, len(BASE)),
    length=st.integers(0, 60),
    put=st.sampled_from(
        [b"", b'"', b"<", b"/>", b"<bpmn:task/>", b"id='x'", b"\xff", b"&x;", b"="]
    ),
)
def test_a_diagram_cut_or_damaged_anywhere_never_breaks_the_check(
    start: int, length: int, put: bytes
) -> None:
    for one in _check_bytes("a.bpmn", BASE[:start] + put + BASE[start + length :]):
        assert one.sentence()


def test_a_chain_of_many_steps_is_checked_without_hitting_a_recursion_limit(
    around: Surroundings,
) -> None:
    steps = 450
    nodes = "".join(f'<bpmn:intermediateThrowEvent id="n{i}"/>' for i in range(steps))
    flows = "".join(
        f'<bpmn:sequenceFlow id="f{i}" sourceRef="n{i}" targetRef="n{i + 1}"/>'
        for i in range(steps - 1)
    )
    content = (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL">'
        f'<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>{nodes}'
        f'<bpmn:endEvent id="e"/><bpmn:sequenceFlow id="a" sourceRef="s" targetRef="n0"/>{flows}'
        f'<bpmn:sequenceFlow id="b" sourceRef="n{steps - 1}" targetRef="e"/>'
        "</bpmn:process></bpmn:definitions>"
    )
    assert checks.check_diagram(content, around) == []
