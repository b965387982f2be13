"""``dayi tools``: what it says and does where it may not install, and where installing fails."""

import os
import stat
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app.commands import tools


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine whose only programs are the ones that the test puts into this folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools, "NEEDED", {"a-browser": "a-browser", "a-broker": "a-broker"})
    monkeypatch.delenv("CI", raising=False)
    return tmp_path


def put(folder: Path, name: str, text: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def test_without_permission_one_line_names_what_is_left_out(bare, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    put(bare, "apt-get", "exit 1")
    answer = CliRunner().invoke(tools.command)
    assert answer.exit_code == 0
    assert answer.output.count("\n") == 1
    assert "a-browser, a-broker" in answer.output
    assert "left out" in answer.output


def test_what_is_there_is_not_asked_for_again(bare, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    put(bare, "a-browser", "exit 0")
    assert tools.missing() == ["a-broker"]
    put(bare, "a-broker", "exit 0")
    assert CliRunner().invoke(tools.command).output == ""


def test_in_ci_a_failed_installation_is_an_error_and_elsewhere_a_shorter_run(bare, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    put(bare, "apt-get", "exit 100")
    assert CliRunner().invoke(tools.command).exit_code == 0
    monkeypatch.setenv("CI", "true")
    answer = CliRunner().invoke(tools.command)
    assert answer.exit_code == 1
    assert isinstance(answer.exception, SystemExit | click.ClickException)
