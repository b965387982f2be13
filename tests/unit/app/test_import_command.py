"""``dayi import``: what it prints about a ledger, once and again."""

import importlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app import wiring
from app.database import Database
from app.settings import Settings
from domain.instruments import Instrument
from domain.organisations import Unit
from engine.actors import SYSTEM
from engine.clock import SystemClock
from engine.db import connect, make_sessions, set_scope

LEDGER = "资产编号,仪器名称,原值（万元）,启用日期\nA1,电镜,350,2021.3.5\nA2,质谱,很贵,2021.3.5\n"


@pytest.fixture
def run(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sessions = make_sessions(connect(database.app_url), clock=SystemClock())
    with sessions.begin() as session:
        set_scope(session, SYSTEM)
        unit = Unit(uscc="12330106MD0000001H", code="0001", name_zh="甲大学", name_en="A")
        unit.kind, unit.region = "university", "330106"
        session.add(unit)
    command = importlib.import_module("app.commands.import_")

    def opened(settings: Settings) -> wiring.Platform:
        return wiring.Platform(settings, database, SystemClock(), sessions, print)

    monkeypatch.setattr(command, "open_platform", opened)
    monkeypatch.setenv("DAYI_HOME", str(tmp_path / "home"))

    def call(*arguments: str):
        return CliRunner().invoke(command.command, arguments)

    yield call, sessions
    sessions.kw["bind"].dispose()


def test_a_ledger_is_reported_row_by_row_and_taken_once(run, tmp_path: Path) -> None:
    call, sessions = run
    file = tmp_path / "台账.csv"
    file.write_text(LEDGER, encoding="utf-8")
    first = call(str(file), "--unit", "0001", "--json")
    facts = json.loads(first.output)
    assert first.exit_code == 1
    assert (facts["total"], facts["ok"], facts["warned"], facts["rejected"]) == (2, 1, 0, 1)
    assert facts["repeated"] is False
    (problem,) = facts["rows"][1]["problems"]
    assert (facts["rows"][1]["row"], problem["column"], problem["value"]) == (
        3, "原值（万元）", "很贵",
    )  # fmt: skip
    again = json.loads(call(str(file), "--unit", "甲大学", "--json").output)
    assert (again["repeated"], again["batch"]) == (True, facts["batch"])
    with sessions() as session:
        set_scope(session, SYSTEM)
        assert session.scalars(select(Instrument.lifecycle)).all() == ["pending"]


def test_people_read_it_too(run, tmp_path: Path) -> None:
    call, _ = run
    file = tmp_path / "台账.csv"
    file.write_text(LEDGER, encoding="utf-8")
    said = call(str(file), "--unit", "0001").output
    assert "✗ 第 3 行 “原值（万元）”不是金额：很贵" in said
    assert "2 行 = 1 正常 + 0 有提示 + 1 退回" in said


def test_an_unknown_unit_and_a_file_that_is_no_ledger_are_refused(run, tmp_path: Path) -> None:
    call, _ = run
    file = tmp_path / "a.csv"
    file.write_text("x\n", encoding="utf-8")
    assert "no such unit" in call(str(file), "--unit", "9999").output
    refused = call(str(file), "--unit", "0001")
    assert (refused.exit_code, "headings" in refused.output) == (1, True)
