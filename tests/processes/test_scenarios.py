"""Every process folder through the real engine, as its own scenarios tell it."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from app.scenario_world import make_world
from engine import operations, xml
from engine.scenario_file import FILE, read
from engine.scenarios import Outcome, run_folder

FOLDERS = sorted(file.parent for file in Path("processes").glob(f"*/{FILE}"))


@dataclass
class Played:
    folder: Path
    outcomes: list[Outcome]


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def played(request: pytest.FixtureRequest, sessions: sessionmaker[Session]) -> Played:
    operations.discover("handlers")
    return Played(request.param, run_folder(sessions, request.param, make_world))


def test_every_process_has_scenarios() -> None:
    assert FOLDERS
    assert [p for p in sorted(Path("processes").iterdir()) if p.is_dir()] == FOLDERS


def test_every_scenario_goes_as_it_is_told_and_together_they_pass_everything(
    played: Played,
) -> None:
    told = {o.scenario: list(o.problems) for o in played.outcomes if not o.ok}
    assert told == {}
    assert len(played.outcomes) == len(read(played.folder).scenarios) >= 7
    root = xml.parse((played.folder / "process.bpmn").read_text("utf-8"))
    drawn = {e.get("id") for e in root.iter() if "sequenceFlow" in str(e.tag)}
    taken = set().union(*(o.flows for o in played.outcomes))
    assert drawn - taken == set()
