from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import xml
from engine.errors import InvalidDefinition
from engine.problems import Problem


def refusal(content: str | bytes) -> Problem:
    with pytest.raises(InvalidDefinition) as refused:
        xml.parse(content)
    (problem,) = refused.value.problems
    assert isinstance(problem, Problem)
    return problem


@pytest.mark.parametrize(
    "content",
    [
        "<!DOCTYPE a><a/>",
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>',
        '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;&x;">]><a b="&z;"/>',
        "<a>&nothing;</a>",
    ],
)
def test_a_doctype_or_an_entity_is_never_accepted(content: str) -> None:
    assert refusal(content).code == "xml_doctype"
    assert refusal(content.encode("utf-16")).code == "xml_doctype"


def test_the_line_of_a_mistake_is_named() -> None:
    problem = refusal("<a>\n  <b>\n</a>")
    assert problem.code == "xml_unreadable"
    assert problem.params["line"] == 3
    assert "第 3 行" in problem.sentence()


@pytest.mark.parametrize(
    "content", ["", " ", "text", "<a", b"\xff\xfe", "\x00", "\ud800", "<a/><b/>"]
)
def test_what_is_no_xml_is_refused_with_a_problem(content: str | bytes) -> None:
    assert refusal(content).code == "xml_unreadable"


def test_two_megabytes_are_the_limit() -> None:
    padding = "x" * (xml.MAX_BYTES - len("<a></a>"))
    assert xml.parse(f"<a>{padding}</a>").tag == "a"
    assert refusal(f"<a>{padding}x</a>").code == "xml_too_big"


def test_two_thousand_elements_are_the_limit_and_the_drawing_does_not_count() -> None:
    assert len(xml.parse(f"<a>{'<b/>' * (xml.MAX_ELEMENTS - 1)}</a>")) == xml.MAX_ELEMENTS - 1
    assert refusal(f"<a>{'<b/>' * xml.MAX_ELEMENTS}</a>").code == "xml_too_many_elements"
    shape = '<d:Bounds xmlns:d="http://www.omg.org/spec/DD/20100524/DC"/>'
    assert len(xml.parse(f"<a>{shape * 3000}</a>")) == 3000
    assert refusal(f"<a>{shape * xml.MAX_DRAWN}</a>").code == "xml_too_many_elements"


@pytest.mark.parametrize("depth", [31, 200, 5000])
def test_deep_nesting_is_refused(depth: int) -> None:
    assert refusal("<a>" * depth + "</a>" * depth).code in {"xml_too_deep", "xml_unreadable"}


def test_thirty_levels_are_accepted() -> None:
    assert xml.parse("<a>" * 30 + "</a>" * 30).tag == "a"


def test_text_is_utf_8_whatever_its_declaration_says() -> None:
    assert xml.parse('<?xml version="1.0" encoding="GBK"?><a b="中"/>').get("b") == "中"


def test_comments_and_instructions_are_harmless() -> None:
    assert (
        xml.parse('<?xml-stylesheet href="http://127.0.0.1:1/x"?><!-- <!DOCTYPE a> --><a/>').tag
        == "a"
    )


@given(st.binary() | st.text())
def test_any_content_is_parsed_or_refused(content: str | bytes) -> None:
    with suppress(InvalidDefinition):
        assert xml.parse(content) is not None
