"""The reference page about FEEL is true."""

import json
from pathlib import Path

from engine import feel_page

ROOT = Path(feel_page.__file__).parents[1]


def test_the_reference_page_is_fresh():
    written = (ROOT / "docs/reference/feel.md").read_text(encoding="utf-8")
    assert written == feel_page.page(), "run: python -m engine.feel_page > docs/reference/feel.md"


def test_every_difference_on_the_page_is_one():
    for expression, _, en in feel_page.DIFFERENCES:
        engine, form = feel_page.answers(expression)
        assert (engine == form) == ("the same" in en), expression


def test_the_versions_on_the_page_are_those_that_are_built():
    package = json.loads((ROOT / "web/frontend/package.json").read_text(encoding="utf-8"))
    for name, version in feel_page.VERSIONS.items():
        assert package["dependencies"][name] == version
