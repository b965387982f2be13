"""``dayi payments``."""

import json
from datetime import UTC, date, datetime
from typing import Any

import click

from app import settings as setting_reader
from app.wiring import Platform, open_platform
from domain.payments import provider, reconciliation
from domain.payments.amounts import yuan
from domain.payments.errors import PaymentError
from domain.payments.records import Reconciliation
from engine.actors import SYSTEM
from engine.db import set_scope


@click.group("payments")
def command() -> None:
    """Compare the books with the payment provider's."""


@command.command("reconcile")
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="day of the provider (Shanghai); default: the days not compared yet",
)
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def reconcile(ctx: click.Context, day: datetime | None, *, as_json: bool) -> None:
    """Compare a day with the provider's signed statement; exit 1 if anything differs."""
    platform = open_platform(setting_reader.read())
    try:
        with platform.sessions.begin() as session:
            set_scope(session, SYSTEM)
            at = datetime.now(UTC)
            days = [day.date()] if day else reconciliation.missing_days(session, at=at)
            desk = provider.of(session)
        results = [_compare(platform, desk, one) for one in days]
    except PaymentError as error:
        raise click.ClickException(f"{error.code}: {error}") from error
    facts = [_facts(result) for result in results]
    click.echo(json.dumps(facts, ensure_ascii=False) if as_json else _sentences(facts))
    if any(fact["differences"] for fact in facts):
        ctx.exit(1)


def _compare(platform: Platform, desk: provider.Provider, day: date) -> Reconciliation:
    """Fetch the statement outside every transaction, then compare in one."""
    statement = desk.statement(day)
    with platform.sessions.begin() as session:
        set_scope(session, SYSTEM)
        return reconciliation.reconcile(session, statement)


def _facts(result: Reconciliation) -> dict[str, Any]:
    return {
        "day": result.day.isoformat(),
        "lines": result.lines,
        "in_fen": result.in_fen,
        "out_fen": result.out_fen,
        "ours_in_fen": result.ours_in_fen,
        "ours_out_fen": result.ours_out_fen,
        "statement_sha256": result.statement_sha256,
        "runs": result.runs,
        "differences": [
            {
                "kind": row.kind,
                "subject": row.subject,
                "number": row.number,
                "ours_fen": row.ours_fen,
                "theirs_fen": row.theirs_fen,
                "ours_status": row.ours_status,
                "theirs_status": row.theirs_status,
            }
            for row in result.differences
            if row.gone_at is None
        ],
    }


def _sentences(facts: list[dict[str, Any]]) -> str:
    if not facts:
        return "没有待对账的日期 / no day is left to compare"
    lines = []
    for fact in facts:
        lines.append(
            f"{fact['day']}: {fact['lines']} 笔，收 {yuan(fact['in_fen'])} 元，"
            f"退 {yuan(fact['out_fen'])} 元，差异 {len(fact['differences'])} 项"
        )
        lines += [f"    {_difference(row)}" for row in fact["differences"]]
    return "\n".join(lines)


def _difference(row: dict[str, Any]) -> str:
    kind = reconciliation.KIND_NAMES[row["kind"]][0]
    subject = reconciliation.SUBJECT_NAMES[row["subject"]][0]
    ours = "—" if row["ours_fen"] is None else yuan(row["ours_fen"])
    theirs = "—" if row["theirs_fen"] is None else yuan(row["theirs_fen"])
    return f"{kind} {subject} {row['number']}: {ours} / {theirs}"
