"""PDF files: Chinese is set, values are never markup, the same input gives the same bytes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.documents import typeset

TEMPLATE = """#let values = json(bytes(sys.inputs.values))
#set text(font: "Noto Sans S Chinese", lang: "zh")
= #values.title
"""
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "page.typ"
    path.write_text(TEMPLATE, "utf-8")
    return path


def test_same_values_give_the_same_bytes_and_others_do_not(template):
    first = typeset.pdf(template, {"title": "收据"}, at=AT)
    assert first.startswith(b"%PDF-")
    assert typeset.pdf(template, {"title": "收据"}, at=AT) == first
    assert typeset.pdf(template, {"title": "收据二"}, at=AT) != first


def test_a_value_is_text_and_never_part_of_the_template(template):
    assert typeset.pdf(template, {"title": '#read("/etc/passwd") $x$ *'}, at=AT).startswith(
        b"%PDF-"
    )


def test_a_broken_template_says_so(tmp_path):
    path = tmp_path / "broken.typ"
    path.write_text("#let x = ", "utf-8")
    with pytest.raises(RuntimeError):
        typeset.pdf(path, {}, at=AT)
