"""``dayi processes check FILE…``: each way of breaking the shipped process is named in words."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BOOKING = ROOT / "processes" / "booking"


def check(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.command_line", "processes", "check", str(path), *options],
        cwd=ROOT, check=False, capture_output=True, text=True,
        env={k: v for k, v in os.environ.items() if not k.startswith("DAYI_")},
    )  # fmt: skip


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return change


#: what was broken → how, and the element that must be named
BREAKAGES: dict[str, tuple[Callable[[str], str], str]] = {
    "unknown operation": (
        replaced('zeebe:taskDefinition type="hold_slot"', 'zeebe:taskDefinition type="seize"'),
        "hold_slot",
    ),
    "missing form": (replaced('formId="booking_rating"', 'formId="booking_praise"'), "rate"),
    "FEEL that does not parse": (
        replaced('followUpDate="=start"', 'followUpDate="=start +"'),
        "check_in",
    ),
    "document type": (replaced("?>", '?><!DOCTYPE x [<!ENTITY e "e">]>'), "DOCTYPE"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BOOKING, tmp_path / "booking"))


def test_the_shipped_process_passes(folder: Path) -> None:
    done = check(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "✓" in done.stdout


def test_a_broken_file_is_refused_with_element_name_and_cause() -> None:
    """The corpus of broken diagrams holds one of each kind that the command must name."""
    corpus = ROOT / "tests/unit/engine/diagrams"
    wanted = {
        "unknown_operation.bpmn", "flow_without_condition.bpmn", "python_script.bpmn",
        "doctype.bpmn", "refused_link_throw.bpmn", "unknown_form.bpmn", "condition_bad_feel.bpmn",
        "condition_text_with_date.bpmn",
    }  # fmt: skip
    for name in sorted(wanted):
        done = check(corpus / name, "--json")
        assert done.returncode == 1, name
        problems = [p for found in json.loads(done.stdout).values() for p in found]
        errors = [p for p in problems if p["severity"] == "error"]
        assert errors, name
        assert all(p["zh"] and p["en"] and p["zh"] != p["en"] for p in errors), name
        if name != "doctype.bpmn":
            assert any(p["element"] and p["element"] in p["zh"] for p in errors), name


@pytest.mark.parametrize("what", sorted(BREAKAGES))
def test_a_breakage_of_the_shipped_process_is_found_in_its_folder(folder: Path, what: str) -> None:
    change, element = BREAKAGES[what]
    diagram = folder / "process.bpmn"
    diagram.write_text(change(diagram.read_text("utf-8")), "utf-8")
    done = check(diagram)
    assert done.returncode == 1
    assert "✗" in done.stdout
    assert element in done.stdout
