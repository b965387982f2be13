"""``dayi demo``."""

import json

import click

from app import settings as setting_reader
from app.demo_chain import BookingDemo, Report
from app.life_chain import LifeDemo


@click.group("demo")
def command() -> None:
    """Drive a whole chain through HTTP on the running platform, as the people in it."""


@command.command("chain")
@click.option("--json", "as_json", is_flag=True, help="one JSON object a step, then the result")
@click.option("--base", default="", help="address of the platform; default: this machine's PORT")
@click.pass_context
def chain(ctx: click.Context, as_json: bool, base: str) -> None:
    """Search, price, book, approve, voucher, payment, use, refund, result, rating.

    An enterprise's user, an instrument manager, an auditor and the payment provider, over HTTP
    only. Exits 0 only if the case ended as completed, its history holds and verifies every step,
    and order, voucher ledger and provider agree to the fen.
    """
    address = base or f"http://127.0.0.1:{setting_reader.read().port}"

    def show(step: dict[str, object]) -> None:
        if as_json:
            click.echo(json.dumps(step, ensure_ascii=False))
        else:
            click.echo(f"  {step['ms']:>8} ms  {step['who']:<10} {step['what']}")

    report = BookingDemo(address, show).run()
    _conclude(report, as_json)
    if not report.ok:
        ctx.exit(1)


#: The chain has one way: booking it is its older name.
command.add_command(chain, "booking")


@command.command("life")
@click.option("--json", "as_json", is_flag=True, help="one JSON object a step, then the result")
@click.option("--base", default="", help="address of the platform; default: this machine's PORT")
@click.pass_context
def life(ctx: click.Context, as_json: bool, base: str) -> None:
    """Purchase review, entry into the network, sharing: one instrument, everybody it takes.

    Exits 0 only if every case went as it should, every history verifies, and the instrument can
    be booked.
    """
    address = base or f"http://127.0.0.1:{setting_reader.read().port}"

    def show(step: dict[str, object]) -> None:
        if as_json:
            click.echo(json.dumps(step, ensure_ascii=False))
        else:
            click.echo(f"  {step['ms']:>8} ms  {step['who']:<10} {step['what']}")

    report = LifeDemo(address, show).run()
    facts = {**vars(report), "ok": report.ok}
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
    else:
        for process, case in report.cases.items():
            state = "历史完整" if case["verified"] else "历史有问题"
            click.echo(
                f"{case['number']} {process} {case['outcome']} · {case['events']} 条 · {state}"
            )
        click.echo("仪器可以预约" if report.ok else f"有问题：{report.problems}")
    if not report.ok:
        ctx.exit(1)


def _conclude(report: Report, as_json: bool) -> None:
    facts = {
        "case": report.case,
        "number": report.number,
        "status": report.status,
        "outcome": report.outcome,
        "events": report.events,
        "verified": report.verified,
        "missing": report.missing,
        "money": report.money,
        "disagreements": report.disagreements,
        "ok": report.ok,
    }
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    problems = [*report.missing, *report.disagreements]
    state = "完成，历史完整，账目相符" if report.ok else f"有问题：{problems}"
    click.echo(
        f"{report.number} {report.status} {report.outcome} · {report.events} 条记录 · {state}"
    )
