"""The generated pages of docs/reference, each made from the code it describes."""

from collections.abc import Callable, Mapping
from pathlib import Path

from app.settings import SETTINGS
from engine import contract, feel_page, operations
from engine.checks import pages as check_pages
from engine.operation_pages import reference_page

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"


def settings_page() -> str:
    """Return the table of all settings."""
    rows = [f"| `{name}` | {meaning} |" for name, meaning in SETTINGS.items()]
    head = (
        "# 设置 / Settings\n\n"
        "只从环境变量读取；未知的 `DAYI_…` 变量会被拒绝。"
        " / Read from the environment only; an unknown `DAYI_…` variable is refused.\n\n"
        "| 变量 / variable | 含义 / meaning |\n|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def _operations_page() -> str:
    operations.discover("handlers")
    return reference_page(contract.catalogue())


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "operations.md": _operations_page,
    "feel.md": feel_page.page,
    "bpmn.md": check_pages.bpmn_page,
    "checks.md": check_pages.checks_page,
}


def write(folder: Path = FOLDER) -> list[str]:
    """Write every page; return the names of those that changed."""
    changed = []
    for name, make in PAGES.items():
        text = make()
        file = folder / name
        if not file.exists() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")
            changed.append(name)
    return changed
