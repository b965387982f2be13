"""What the charts of figures draw, as plain values; the tables behind them say the same."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext

from web.formats import language

#: More bars than this cannot be read; the table has them all.
_MOST = 12


def rates(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return use and sharing of regions or units as two groups of bars (percent)."""
    shown = rows[:_MOST]
    return {
        "names": [named(row) for row in shown],
        "unit": "%",
        "series": [
            {"name": gettext("Use rate"), "values": [float(row["usage"]) for row in shown]},
            {"name": gettext("Sharing rate"), "values": [float(row["sharing"]) for row in shown]},
        ],
    }


def named(row: Mapping[str, Any]) -> str:
    """Return the name of a region or unit in the reader's language."""
    return str(row["zh"] if language() == "zh" else row["en"] or row["zh"])
