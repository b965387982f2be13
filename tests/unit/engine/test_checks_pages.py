from pathlib import Path

import pytest

from engine.checks import coverage, pages
from engine.spiff import parser
from engine.xml import parse

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference"
EMPTY = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL">'
    '<bpmn:process id="p" /></bpmn:definitions>'
)


@pytest.mark.parametrize("name", ["bpmn.md", "checks.md"])
def test_a_generated_page_is_fresh(name: str) -> None:
    """Write it anew with ``python -m engine.checks.pages``."""
    assert (REFERENCE / name).read_text(encoding="utf-8") == pages.pages()[name]


def test_what_the_table_says_runs_is_what_the_parser_can_make() -> None:
    makers = set(parser._Builder(parse(EMPTY), "p").makers)
    by_treatment = {
        treatment: {
            name.partition("/")[0]
            for name, row in coverage.ELEMENTS.items()
            if row.treatment == treatment
        }
        for treatment in ("runs", "ignored", "refused", "drawn")
    }
    not_nodes = {"sequenceFlow", "multiInstanceLoopCharacteristics"}
    assert by_treatment["runs"] | by_treatment["ignored"] == makers | not_nodes
    assert not by_treatment["drawn"] & makers


def test_every_row_explains_itself_in_both_languages() -> None:
    for table in (coverage.ELEMENTS, coverage.EVENTS, coverage.INSIDE, coverage.TOP,
                  coverage.EXTENSIONS):  # fmt: skip
        for name, row in table.items():
            assert row.zh, name
            assert row.en, name
