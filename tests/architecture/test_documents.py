"""The documents say what the code does, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

from app.reference import FOLDER, PAGES

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_generated_page_is_fresh(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == PAGES[name](), "run: make docs"


def documents() -> list[Path]:
    return [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "processes").rglob("*.md"),
    ]


def test_every_link_of_a_document_leads_somewhere() -> None:
    broken = [
        f"{file.relative_to(ROOT)} → {target}"
        for file in documents()
        for target in LINK.findall(file.read_text("utf-8"))
        if not (file.parent / target).exists()
    ]
    assert broken == []
