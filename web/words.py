"""Words: the catalogues of the rooms, the language of a request, the words of processes."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, Response, redirect, request
from flask_babel import Babel

from engine.errors import NotFound
from web.formats import language

WEB = Path(__file__).resolve().parent
CATALOGUES = WEB / "translations"
LANGUAGES = ("zh", "en")
_A_YEAR = 365 * 24 * 3600
#: Sources of a room besides its package and its templates.
_BASE_TEMPLATES = ("base.html", "macros", "errors", "security")


def compile_catalogs() -> list[Path]:
    """Compile each catalogue that is newer than its compiled form; return those written."""
    return [
        _compile(source)
        for source in sorted(CATALOGUES.glob("*/*/LC_MESSAGES/messages.po"))
        if _is_stale(source, source.with_suffix(".mo"))
    ]


def _is_stale(source: Path, target: Path) -> bool:
    return not target.exists() or target.stat().st_mtime < source.stat().st_mtime


def _compile(source: Path) -> Path:
    language_code = source.parent.parent.name
    with source.open("rb") as file:
        catalogue = read_po(file, locale=language_code)
    target = source.with_suffix(".mo")
    # Several processes may start at once: the file appears whole.
    draft = target.with_suffix(f".{os.getpid()}")
    with draft.open("wb") as file:
        write_mo(file, catalogue)
    draft.replace(target)
    return target


def sources_of(room: str) -> list[Path]:
    """Return the folders and files whose texts belong to a room's catalogue."""
    templates = WEB / "templates"
    if room == "base":
        modules = sorted(path for path in WEB.glob("*.py") if path.name != "__init__.py")
        return [*modules, WEB / "signin", *(templates / name for name in _BASE_TEMPLATES)]
    return [path for path in (WEB / room, templates / room) if path.exists()]


def init_words(app: Flask) -> None:
    """Wire the catalogues of every room and the switch of languages."""
    compile_catalogs()
    folders = sorted(path for path in CATALOGUES.iterdir() if path.is_dir())
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(str(path) for path in folders)
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Asia/Shanghai"
    Babel(app, locale_selector=_chosen)
    app.add_url_rule("/language/<code>", "language", _choose)


def _cookie_name() -> str:
    return "dayi_language"


def _chosen() -> str:
    # Chinese is the default on every machine: a browser's own language does not decide.
    code = request.cookies.get(_cookie_name(), "")
    return code if code in LANGUAGES else LANGUAGES[0]


def safe_path(target: str | None) -> str:
    """Return the target if it is a path on this site, else the home page."""
    if target and re.fullmatch(r"/(?![/\\])[^\s\\]*", target):
        return target
    return "/"


def _choose(code: str) -> Response:
    if code not in LANGUAGES:
        raise NotFound
    response = redirect(safe_path(request.args.get("next")))
    response.set_cookie(
        _cookie_name(), code, max_age=_A_YEAR, samesite="Lax", httponly=True,
        secure=request.is_secure,
    )  # fmt: skip
    assert isinstance(response, Response)  # noqa: S101 - werkzeug's type is wider
    return response


def say(words: Mapping[str, str], text: str) -> str:
    """Return a process's own text in the language of the request; Chinese where none is known."""
    return text if language() == "zh" else words.get(text, text)
