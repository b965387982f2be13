"""The payee's books: income by month and instrument, and the days compared with the provider."""

import csv
import io
from datetime import date
from typing import Any

from flask import Response, render_template
from flask_babel import gettext

from domain.payments import income, notices, reconciliation, states, tariffs
from domain.payments.income import Row
from web import database
from web.access import current_actor, requires
from web.formats import language
from web.orders.room import blueprint

_EARNS = ("instrument_manager", "unit_administrator", "unit_finance", "unit_leader")
_COMPARES = ("unit_finance", "operator", "platform_administrator")
_FEN_IN_YUAN = 100
_INSTRUMENTS_IN_CHART = 6
_SHOWN_NOTICES = 50


def _rows() -> tuple[list[Row], date]:
    session = database.session()
    today = tariffs.today(session)
    return income.by_month(session, current_actor(), last=today), today


@blueprint.get("/income")
@requires(*_EARNS)
def income_page() -> str:
    """Show what my instruments, or my unit's, earned in the last twelve months."""
    rows, today = _rows()
    return render_template(
        "orders/income.html",
        rows=rows,
        months=_by_month(rows),
        total={
            "received": sum(row.received_fen for row in rows),
            "refunded": sum(row.refunded_fen for row in rows),
            "vouchers": sum(row.vouchers_fen for row in rows),
            "net": sum(row.net_fen for row in rows),
        },
        chart=_chart(rows, today),
        pick=0 if language() == "zh" else 1,
    )


def _by_month(rows: list[Row]) -> list[tuple[date, list[Row]]]:
    found: dict[date, list[Row]] = {}
    for row in rows:
        found.setdefault(row.month, []).append(row)
    return sorted(found.items(), reverse=True)


def _name(row: Row) -> str:
    return row.name_zh if language() == "zh" else row.name_en or row.name_zh


def _chart(rows: list[Row], today: date) -> dict[str, Any]:
    """Return the chart's figures: net yuan by month, the instruments that earn most apart."""
    earned: dict[int, int] = {}
    for row in rows:
        earned[row.instrument_id] = earned.get(row.instrument_id, 0) + row.net_fen
    first = sorted(earned, key=lambda one: (-earned[one], one))[:_INSTRUMENTS_IN_CHART]
    months = income.months(today)
    series: dict[int, list[float]] = {one: [0.0] * len(months) for one in [*first, 0]}
    names = {0: gettext("Other instruments")}
    for row in rows:
        one = row.instrument_id if row.instrument_id in first else 0
        names.setdefault(one, _name(row))
        series[one][months.index(row.month)] += row.net_fen / _FEN_IN_YUAN
    return {
        "months": [f"{month:%Y-%m}" for month in months],
        "series": [
            {"name": names[one], "values": [round(value, 2) for value in figures]}
            for one, figures in series.items()
            if one in names and any(figures)
        ],
        "unit": gettext("Net income, yuan"),
    }


@blueprint.get("/income.csv")
@requires(*_EARNS)
def income_csv() -> Response:
    """Give out exactly the rows of the income page as CSV."""
    rows, today = _rows()
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(
        [
            gettext("Month"),
            gettext("Instrument"),
            gettext("Payments"),
            gettext("Received (yuan)"),
            gettext("Refunded (yuan)"),
            gettext("Net (yuan)"),
            gettext("By vouchers (yuan)"),
        ]
    )
    for row in rows:
        figures = (row.received_fen, row.refunded_fen, row.net_fen, row.vouchers_fen)
        writer.writerow(
            [
                f"{row.month:%Y-%m}",
                _plain(_name(row)),
                row.payments,
                *(f"{fen / _FEN_IN_YUAN:.2f}" for fen in figures),
            ]
        )
    # The mark at the beginning tells spreadsheets that this is UTF-8.
    return Response(
        "\ufeff" + text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="income-{today:%Y%m%d}.csv"'},
    )


def _plain(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


@blueprint.get("/reconciliation")
@requires(*_COMPARES)
def reconciliation_page() -> str:
    """Show the days compared with the provider's statement, and what came to the door."""
    session, actor = database.session(), current_actor()
    return render_template(
        "orders/reconciliation.html",
        days=reconciliation.listed(session),
        notices=notices.listed(session, limit=_SHOWN_NOTICES),
        sees_sums=actor.has("operator", "platform_administrator"),
        KIND_NAMES=reconciliation.KIND_NAMES,
        SUBJECT_NAMES=reconciliation.SUBJECT_NAMES,
        OUTCOMES=_outcomes(),
        WORDS=_words(),
        STATES={"payment": states.PAYMENT_NAMES, "refund": states.REFUND_NAMES},
        pick=0 if language() == "zh" else 1,
    )


def _outcomes() -> dict[str, tuple[str, str]]:
    """Return outcome → what it is called and how it is marked."""
    return {
        "applied": (gettext("Applied"), "good"),
        "late": (gettext("Late: goes back"), "warn"),
        "duplicate": (gettext("Repeated"), ""),
        "superseded": (gettext("Out of order"), ""),
        "wrong_amount": (gettext("Wrong amount"), "bad"),
        "unknown": (gettext("Unknown number"), "bad"),
        "forged": (gettext("Not believed"), "bad"),
        "malformed": (gettext("Not understood"), "bad"),
    }


def _words() -> dict[str, str]:
    """Return what the kinds of notices and the reasons for not believing one are called."""
    return {
        "payment.succeeded": gettext("Payment made"),
        "payment.closed": gettext("Payment closed"),
        "payment.failed": gettext("Payment failed"),
        "refund.succeeded": gettext("Refund made"),
        "refund.refused": gettext("Refund refused"),
        "missing": gettext("no signature"),
        "wrong_merchant": gettext("meant for somebody else"),
        "signature": gettext("the signature does not fit"),
        "stale": gettext("too old or too new"),
        "replayed": gettext("the very same message came before"),
    }
