"""What every page shows around its content: bundles, navigation, the reader's name."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy import select

from domain.organisations.models import Person
from engine import user_tasks
from engine.actors import DEPARTMENTS, Actor
from engine.clock import now
from engine.db import as_system
from web.access import current_actor, is_signed_in
from web.error_texts import N_
from web.formats import in_words, language
from web.transactions import KEY_FIELD, new_key
from web.words import LANGUAGES, say

MANIFEST = Path(__file__).parent / "static" / "dist" / "manifest.json"


@dataclass(frozen=True)
class Link:
    """One entry of the navigation; ``roles`` empty: everybody who has signed in."""

    path: str
    text: str
    icon: str
    roles: tuple[str, ...] = ()
    public: bool = False


_WATCHES_CASES = (
    "instrument_manager",
    "unit_administrator",
    "unit_leader",
    "department_officer",
    "department_leader",
    "auditor",
    "operator",
    "platform_administrator",
)
_WATCHES_STATES = tuple(role for role in _WATCHES_CASES if role != "unit_leader")
_DRAWS = ("process_designer", "process_publisher", "auditor", "operator", "platform_administrator")
_UNITS = ("instrument_manager", "unit_administrator", "unit_finance", "unit_leader")
_PAYS = ("applicant", "enterprise_agent", "unit_finance", "unit_administrator")
_EARNS = ("instrument_manager", "unit_administrator", "unit_finance", "unit_leader")
_COMPARES = ("unit_finance", "operator", "platform_administrator")
_OFFICIAL = ("department_officer", "department_leader")

NAVIGATION = (
    Link("/", N_("Find instruments"), "search", public=True),
    Link("/tasks", N_("My tasks"), "checklist"),
    Link("/my", N_("My bookings"), "calendar"),
    Link("/stages", N_("Stages"), "microscope", _WATCHES_CASES),
    Link("/overview", N_("Overview"), "chart", _UNITS),
    Link("/bulletins", N_("Bulletins"), "paper", public=True),
    Link("/evaluations", N_("Evaluation"), "star", public=True),
    Link("/orders", N_("Orders"), "receipt", _PAYS),
    Link("/income", N_("Income"), "chart", _EARNS),
    Link("/reconciliation", N_("Reconciliation"), "scales", _COMPARES),
    Link("/vouchers", N_("Vouchers"), "ticket", ("enterprise_agent",)),
    Link("/voucher-pools", N_("Voucher pools"), "ticket", ("voucher_officer", "auditor")),
    Link("/states", N_("Instrument states"), "pulse", _WATCHES_STATES),
    Link("/cases", N_("Cases"), "folder", _WATCHES_CASES),
    Link("/processes", N_("Processes"), "sitemap", (*_DRAWS, *_OFFICIAL)),
    Link("/incidents", N_("Incidents"), "alert", ("operator", "platform_administrator")),
)


def init_layout(app: Flask) -> None:
    """Give every template what the base page needs."""
    app.jinja_env.globals.update(
        island=island,
        command_key=new_key,
        KEY_FIELD=KEY_FIELD,
        say=say,
        in_words=in_words,
        language=language,
        languages=LANGUAGES,
        platform_now=lambda: now(g.session),
        DEPARTMENTS=sorted(DEPARTMENTS),
    )
    app.context_processor(_around)


def _around() -> dict[str, Any]:
    if "session" not in g or "actor" not in g:
        return {"actor": None, "navigation": [], "reader": None, "demo": current_app.config["DEMO"]}
    return {
        "actor": current_actor() if is_signed_in() else None,
        "navigation": navigation(),
        "reader": reader(),
        "demo": current_app.config["DEMO"],
    }


def navigation() -> list[dict[str, Any]]:
    """Return the entries that this reader has, the present one marked."""
    known = {rule.rule for rule in current_app.url_map.iter_rules()}
    return [
        {
            "path": link.path,
            "text": gettext(link.text),
            "icon": link.icon,
            "here": _is_here(link.path),
            "count": _waiting() if link.path == "/tasks" else 0,
        }
        for link in NAVIGATION
        if link.path in known and _may_follow(link, current_actor())
    ]


def _may_follow(link: Link, actor: Actor) -> bool:
    if link.public:
        return True
    return is_signed_in() and (not link.roles or actor.has(*link.roles))


def _is_here(path: str) -> bool:
    if path == "/":
        return request.path == "/" or request.path.startswith("/instruments")
    return request.path == path or request.path.startswith(f"{path}/")


def _waiting() -> int:
    if "waiting" not in g:
        g.waiting = user_tasks.count(g.session, current_actor())
    count: int = g.waiting
    return count


def reader() -> dict[str, str] | None:
    """Return the signed-in person's name and unit as the language has them."""
    if not is_signed_in():
        return None
    with as_system(g.session):
        person = g.session.scalar(select(Person).where(Person.public_id == current_actor().id))
        if person is None:
            return {"name": current_actor().name, "where": ""}
        unit = person.unit
    if language() == "zh":
        return {"name": person.name, "where": unit.name_zh if unit else ""}
    return {"name": person.name_en or person.name, "where": unit.name_en if unit else ""}


def island(name: str) -> Markup:
    """Return the tags of the bundle built from ``web/frontend/src/<name>/index.ts``."""
    entry = f"src/{name}/index.ts"
    manifest = _manifest(MANIFEST.stat().st_mtime_ns if MANIFEST.exists() else 0)
    if entry not in manifest:
        current_app.logger.error("bundle %s is not built: make setup", name)
        return Markup("")
    tags = [
        Markup('<link rel="stylesheet" href="{}">').format(_asset(path))
        for path in _styles(manifest, entry, set())
    ]
    tags.append(
        Markup('<script type="module" src="{}"></script>').format(_asset(manifest[entry]["file"]))
    )
    return Markup("\n").join(tags)


@cache
def _manifest(built_at: int) -> dict[str, Any]:
    if not built_at:
        return {}
    read: dict[str, Any] = json.loads(MANIFEST.read_text("utf-8"))
    return read


def _styles(manifest: dict[str, Any], entry: str, seen: set[str]) -> list[str]:
    if entry in seen:
        return []
    seen.add(entry)
    chunk = manifest[entry]
    found = [style for each in chunk.get("imports", []) for style in _styles(manifest, each, seen)]
    return [*found, *chunk.get("css", [])]


def _asset(path: str) -> str:
    return url_for("static", filename=f"dist/{path}")
