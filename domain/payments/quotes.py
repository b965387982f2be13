"""What a use will cost: lines made from the tariffs that apply on the day of ordering."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from domain.instruments.models import Instrument
from domain.payments import tariffs
from domain.payments.amounts import share, yuan
from domain.payments.errors import NoTariff
from domain.payments.states import TIER_NAMES

_MINUTES = 60
_PERCENT = 100


@dataclass(frozen=True)
class Line:
    """One line of a quote; ``unit_fen`` is fen an hour (or a use), ``amount_fen`` what it adds."""

    kind: str
    unit_fen: int
    amount_fen: int
    tariff_id: UUID | None = None
    minutes: int | None = None
    percent: int = _PERCENT


@dataclass(frozen=True)
class Quote:
    """A price with its lines, in words, and everything needed to work it out again.

    ``price`` is what an order keeps: tier, percent, minutes, day, and each tariff with its price.
    """

    lines: tuple[Line, ...]
    gross_fen: int
    text_zh: str
    text_en: str
    price: Mapping[str, Any]


def quote(
    session: Session,
    instrument: Instrument,
    *,
    tier: str,
    minutes: int,
    time_percent: int = _PERCENT,
    on: date,
) -> Quote:
    """Price some minutes of an instrument for a tier, ordered on a day (Shanghai's calendar).

    ``time_percent`` multiplies the hours' price (night, weekend: decision ``booking_price``).
    Amounts are rounded half up to the fen. Raises NoTariff where nothing published applies.
    """
    found = tariffs.applying(session, instrument, tier=tier, on=on)
    rates = [found[item] for item in ("hour", "time") if item in found]
    if not rates:
        raise NoTariff(f"no tariff for {tier}", tier=tier, on=on.isoformat())
    price = {
        "tier": tier,
        "percent": time_percent,
        "minutes": minutes,
        "on": on.isoformat(),
        "tariffs": [
            {
                "id": str(tariff.public_id),
                "item": tariff.item,
                "price_fen": tariff.price_fen,
                "minimum_fen": tariff.minimum_fen,
            }
            for tariff in rates
        ],
    }
    lines = lines_of(price, minutes)
    return Quote(lines, total(lines), *_texts(price, lines), price)


def lines_of(price: Mapping[str, Any], minutes: int) -> tuple[Line, ...]:
    """Work out the lines of a frozen price for some minutes of use."""
    lines: list[Line] = []
    for rate in price["tariffs"]:
        line = _line(rate, minutes, price["percent"])
        lines.append(line)
        missing = rate["minimum_fen"] - line.amount_fen
        if missing > 0:
            lines.append(Line("minimum", rate["minimum_fen"], missing, line.tariff_id))
    return tuple(lines)


def _line(rate: Mapping[str, Any], minutes: int, percent: int) -> Line:
    unit, tariff_id = rate["price_fen"], UUID(rate["id"])
    if rate["item"] == "time":
        return Line("use", unit, unit, tariff_id)
    amount = share(unit, minutes * percent, _MINUTES * _PERCENT)
    return Line("hours", unit, amount, tariff_id, minutes, percent)


def total(lines: Sequence[Line]) -> int:
    """Return the sum of lines (fen)."""
    return sum(line.amount_fen for line in lines)


def _texts(price: Mapping[str, Any], lines: Sequence[Line]) -> tuple[str, str]:
    tier_zh, tier_en = TIER_NAMES.get(price["tier"], (price["tier"], price["tier"]))
    pieces_zh, pieces_en = zip(*(_piece(line) for line in lines), strict=True)
    gross = yuan(total(lines))
    return (
        f"{tier_zh}价：{' + '.join(pieces_zh)} = {gross}元",
        f"{tier_en}: {' + '.join(pieces_en)} = ¥{gross}",
    )


def _piece(line: Line) -> tuple[str, str]:
    amount = yuan(line.unit_fen)
    if line.kind == "use":
        return f"每次{amount}元", f"¥{amount} for the use"
    if line.kind == "minimum":
        return f"起收价补足{yuan(line.amount_fen)}元", f"¥{yuan(line.amount_fen)} to the minimum"
    hours = hours_text(line.minutes or 0)
    factor = f" × {line.percent}%" if line.percent != _PERCENT else ""
    return f"{amount}元/小时 × {hours}小时{factor}", f"¥{amount}/h × {hours} h{factor}"


def hours_text(minutes: int) -> str:
    """Write minutes as hours without needless decimals: ``1.5``."""
    return f"{minutes / _MINUTES:.2f}".rstrip("0").rstrip(".")
