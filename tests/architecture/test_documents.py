"""The documents say what the code does, and their links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.reference import FOLDER, PAGES

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as a fresh process makes them: other tests register operations in this one."""
    folder = tmp_path_factory.mktemp("reference")
    program = "import sys, pathlib, app.reference as r; r.write(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", program, str(folder)], cwd=ROOT, check=True)
    return folder


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_generated_page_is_fresh(name: str, written: Path) -> None:
    assert (FOLDER / name).read_text("utf-8") == (written / name).read_text("utf-8"), (
        "run: make docs"
    )


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
