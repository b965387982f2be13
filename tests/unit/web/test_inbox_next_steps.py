from pathlib import Path

from web.inbox.next_steps import Step, following

DIAGRAM = (Path(__file__).parent / "request" / "process.bpmn").read_text("utf-8")
NESTED = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d"
  targetNamespace="https://dayi.zj/tests"><process id="p">
  <userTask id="a" name="甲" /><sequenceFlow id="f1" sourceRef="a" targetRef="s" />
  <subProcess id="s"><startEvent id="b" /><sequenceFlow id="f2" sourceRef="b" targetRef="c" />
    <userTask id="c" name="乙" /><sequenceFlow id="f3" sourceRef="c" targetRef="e" />
    <endEvent id="e" /></subProcess>
  <sequenceFlow id="f4" sourceRef="s" targetRef="g" /><userTask id="g" name="丙" />
</process></definitions>"""


def test_the_steps_behind_a_gateway_may_come_next() -> None:
    assert following(DIAGRAM, "review") == (Step("修改申请", ""),)
    assert following(DIAGRAM, "correct") == (Step("审核申请", "instrument_manager"),)


def test_a_loop_and_an_unknown_element_end_the_search() -> None:
    assert following(DIAGRAM, "done") == ()
    assert following(DIAGRAM, "nowhere") == ()


def test_the_way_leads_into_a_sub_process_and_out_of_it_again() -> None:
    assert following(NESTED, "a") == (Step("乙", ""),)
    assert following(NESTED, "c") == (Step("丙", ""),)
