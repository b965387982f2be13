"""``dayi audit``."""

import json
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import select

from app import settings as setting_reader
from app.keys import checkpoint_key
from app.wiring import open_platform
from engine import checkpoints, history
from engine.actors import SYSTEM
from engine.db import set_scope
from engine.models import Instance


@click.group("audit")
def command() -> None:
    """Verify and export the history of cases."""


@command.command("verify")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def verify(ctx: click.Context, as_json: bool) -> None:
    """Verify every chain and every checkpoint; exit 1 if anything was changed."""
    settings = setting_reader.read()
    platform = open_platform(settings)
    bad: list[dict[str, object]] = []
    events = 0
    with platform.sessions.begin() as session:
        set_scope(session, SYSTEM)
        cases = session.execute(select(Instance.id, Instance.number).order_by(Instance.id)).all()
        for case_id, number in cases:
            result = history.verify(session, case_id)
            events += result.events
            if not result.ok:
                bad.append({"case": number, "seq": result.bad_seq, "reason": result.reason})
        heads = checkpoints.verify_checkpoints(session, checkpoint_key(settings.home).public_key())
    facts = {"cases": len(cases), "events": events, "bad": bad, "checkpoints_ok": heads.ok}
    click.echo(json.dumps(facts) if as_json else _sentence(facts))
    if bad or not heads.ok:
        ctx.exit(1)


def _sentence(facts: dict[str, object]) -> str:
    state = "完好" if not facts["bad"] and facts["checkpoints_ok"] else "有改动"
    return f"{facts['cases']} 个案件、{facts['events']} 条记录：{state} {facts['bad'] or ''}"


@command.command("export")
@click.argument("case", type=click.UUID)
@click.option("--out", type=click.Path(path_type=Path), help="file to write; default: print")
def export(case: UUID, out: Path | None) -> None:
    """Export one case's history in format v1, for docs/verify_history.py or any verifier."""
    platform = open_platform(setting_reader.read())
    with platform.sessions.begin() as session:
        set_scope(session, SYSTEM)
        instance = session.scalar(select(Instance).where(Instance.public_id == case))
        if instance is None:
            raise click.ClickException(f"没有案件 {case} / no case {case}")
        text = json.dumps(history.export(session, instance.id), ensure_ascii=False, indent=1)
    if out is None:
        click.echo(text)
    else:
        out.write_text(text)
