"""Every process folder through the real engine, as its own scenarios tell it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from app.scenario_world import make_world
from domain.booking.models import Booking
from engine import operations, xml
from engine.actors import SYSTEM
from engine.db import set_scope
from engine.models import Definition, Event, Instance
from engine.scenario_file import FILE, BadScenario, read
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


BAD = """
process: booking
now: 2026-11-23 09:00:00 +08:00
given:
  units: {大学: {region: "330106"}}
  people: {申请人: {unit: 大学}, 机主: {unit: 大学, roles: [instrument_manager]}}
  instruments: {电镜: {unit: 大学, managers: [机主], approval: always}}
scenarios:
  - name: 不对的期望
    start:
      by: 申请人
      data:
        instrument_id: $电镜
        start: 2026-11-25 09:00:00 +08:00
        end: 2026-11-25 11:00:00 +08:00
        mode: occupy
        purpose: 测试
    expect:
      outcome: 完成
      tasks: [check_in]
      passes: [approve]
      avoids: [hold_slot]
      decisions: {booking_policy: {accepted: false}}
      variables: {managers: []}
"""


def test_a_scenario_that_expects_something_else_names_every_difference(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    operations.discover("handlers")
    folder = tmp_path / "booking"
    shutil.copytree("processes/booking", folder)
    (folder / FILE).write_text(BAD, "utf-8")
    (outcome,) = run_folder(sessions, folder, make_world)
    named = {problem.split(": ")[1].split(" ")[0] for problem in outcome.problems}
    assert named == {"outcome", "tasks", "did", "passed", "booking_policy", "variable"}


def test_playing_scenarios_leaves_nothing_behind(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    operations.discover("handlers")
    run_folder(sessions, Path("processes/booking"), make_world)
    with sessions() as session:
        set_scope(session, SYSTEM)
        for table in (Instance, Definition, Booking, Event):
            assert session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("expect:", "expects:"), "unknown expects"),
        (("outcome: 完成", "outcom: 完成"), "unknown outcom"),
        (("09:00:00 +08:00\ngiven", "09:00:00\ngiven"), "not a time with offset"),
    ],
)
def test_a_mistyped_scenario_is_refused(change: tuple[str, str], says: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(BAD.replace(*change), "utf-8")
    with pytest.raises(BadScenario, match=says):
        read(tmp_path)
