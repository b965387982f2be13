"""No page shows a text that one of its readers cannot read."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
HAN = re.compile(r"[\u4e00-\u9fff]")
ROOMS = sorted(p.name for p in (ROOT / "web/translations").iterdir() if p.is_dir())


def catalogue(room: str) -> dict[str, str]:
    file = ROOT / f"web/translations/{room}/zh/LC_MESSAGES/messages.po"
    with file.open("rb") as source:
        return {
            str(m.id if isinstance(m.id, str) else m.id[0]): str(
                m.string if isinstance(m.string, str) else m.string[0]
            )
            for m in read_po(source)
            if m.id
        }


@pytest.mark.parametrize("room", ROOMS)
def test_every_text_of_a_room_has_chinese(room: str) -> None:
    words = catalogue(room)
    assert words
    assert [msgid for msgid, text in words.items() if not text.strip()] == []


def used() -> set[str]:
    from babel.messages.extract import extract_from_dir

    methods = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "N_": None}
    return {
        message[0] if isinstance(message, tuple) else message
        for _, _, message, _, _ in extract_from_dir(ROOT / "web", methods, keywords=keywords)
    }


def test_every_text_used_by_a_page_is_in_a_catalogue() -> None:
    known = {msgid for room in ROOMS for msgid in catalogue(room)}
    texts = used()
    assert len(texts) > 50
    assert sorted(texts - known) == []


def test_templates_hold_no_bare_text() -> None:
    """Every letter that a template shows goes through gettext, in either language."""
    found = []
    for file in sorted((ROOT / "web/templates").rglob("*.html")):
        text = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->",
            "",
            file.read_text("utf-8"),
            flags=re.DOTALL,
        )
        text = re.sub(r"<script[^>]*>.*?</script>|<svg.*?</svg>", "", text, flags=re.DOTALL)
        shown = re.sub(r"<[^>]*>", "\n", text, flags=re.DOTALL)
        for line in shown.splitlines():
            word = line.strip()
            if word in {
                "Dayi",
                "大仪",
                "大仪 Dayi",
                "中文",
                "English",
                "Ctrl",
                "Enter",
                "j",
                "k",
                "v",
                "FEEL",
                "BPMN",
                "XML",
                "JSON",
                "CSV",
            }:
                continue
            if HAN.search(word) or re.search(r"[A-Za-z]{2,}", word):
                found.append(f"{file.relative_to(ROOT)}: {word[:60]}")
    assert found == []
