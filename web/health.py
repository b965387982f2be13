"""``GET /health``: is everything there that a request needs?"""

from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from engine import heartbeats
from web.database import db

#: Seconds without a sign of life after which a part counts as missing.
SILENT_AFTER = 30.0
_MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def init_health(app: Flask) -> None:
    """Add the address that the supervisor, a load balancer or a person asks."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    app.extensions["dayi-head"] = ScriptDirectory.from_config(config).get_current_head()
    app.add_url_rule("/health", "health", lambda: health(app))


def health(app: Flask) -> tuple[Response, int]:
    """Answer 200 when the database answers and its schema is at the head, else 503."""
    facts = check(app)
    return jsonify(facts), 200 if facts["status"] == "ok" else 503


def check(app: Flask) -> dict[str, Any]:
    """Return the facts: status, database, schema found and expected."""
    expected = app.extensions["dayi-head"]
    try:
        with db.engine.connect() as connection:
            found = connection.scalar(text("select version_num from alembic_version"))
    except SQLAlchemyError as error:
        app.logger.warning("health: %s", error)
        return {"status": "down", "database": "unreachable", "schema": None, "expected": expected}
    facts = {"database": "ok", "schema": found, "expected": expected}
    if found != expected:
        return {"status": "behind", **facts}
    silent = _silent_parts(app)
    return {"status": "waiting" if silent else "ok", **facts, "silent": silent}


def _silent_parts(app: Flask) -> list[str]:
    """Return the parts that have shown no sign of life within SILENT_AFTER."""
    with Session(db.engine) as session:
        ages = heartbeats.ages(session)
    return [part for part in app.config["PARTS"] if ages.get(part, SILENT_AFTER) >= SILENT_AFTER]
