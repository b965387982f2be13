"""``dayi import``."""

import json
from pathlib import Path
from typing import Any

import click
from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import Session

from app import settings as setting_reader
from app.wiring import open_platform
from domain.errors import InvalidValue
from domain.instruments.ledger import Imported, import_file
from domain.organisations.models import Unit
from engine.actors import SYSTEM
from engine.db import set_scope

_MARKS = {"ok": "✓", "warned": "!", "rejected": "✗"}


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--unit", "said", required=True, help="four-digit code, credit code, name or id")
@click.option("--json", "as_json", is_flag=True, help="one JSON object with every row")
@click.pass_context
def command(ctx: click.Context, file: Path, said: str, as_json: bool) -> None:
    """Take a unit's asset ledger (.csv or .xlsx) in; new instruments wait to enter the network.

    Exits 1 if a row was rejected. The same file has no second effect.
    """
    platform = open_platform(setting_reader.read())
    with platform.sessions.begin() as session:
        set_scope(session, SYSTEM)
        unit = _unit(session, said)
        try:
            done = import_file(session, unit, file.name, file.read_bytes(), by=SYSTEM)
        except InvalidValue as refused:
            raise click.ClickException(f"{file.name}: {refused}") from refused
        facts = _facts(done)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
    else:
        _print(facts)
    if facts["rejected"]:
        ctx.exit(1)


def _unit(session: Session, said: str) -> Unit:
    found = session.scalar(
        select(Unit).where(
            or_(
                Unit.code == said,
                Unit.uscc == said,
                Unit.name_zh == said,
                cast(Unit.public_id, String) == said,
            )
        )
    )
    if found is None:
        raise click.ClickException(f"没有这个单位：{said} / no such unit: {said}")
    return found


def _facts(done: Imported) -> dict[str, Any]:
    batch = done.batch
    return {
        "batch": str(batch.public_id),
        "file": batch.file_name,
        "sha256": batch.file_hash,
        "repeated": done.repeated,
        "total": batch.total,
        "ok": batch.ok,
        "warned": batch.warned,
        "rejected": batch.rejected,
        "rows": [
            {
                "row": row.row,
                "status": row.status,
                "instrument": str(row.instrument_id) if row.instrument_id else None,
                "problems": row.problems,
            }
            for row in batch.rows
        ],
    }


def _print(facts: dict[str, Any]) -> None:
    for row in facts["rows"]:
        for problem in row["problems"]:
            click.echo(f"{_MARKS[row['status']]} 第 {row['row']} 行 {problem['zh']}")
    again = "（此前已导入，没有再次生效）" if facts["repeated"] else ""
    click.echo(
        f"{facts['file']}：{facts['total']} 行 = {facts['ok']} 正常 + {facts['warned']} 有提示"
        f" + {facts['rejected']} 退回{again}"
    )
