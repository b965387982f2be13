"""Prices, orders and payments: what a use costs, who paid it, and what went back."""

from domain.payments import amounts, provider, tariffs
from domain.payments.models import OrderLine, Payment, Refund, ServiceOrder, Tariff
from domain.payments.orders import (
    Cancelled,
    Difference,
    cancel,
    expire,
    final_price,
    listed,
    lock,
    order_of_booking,
    place,
    read,
    set_offset,
    settle,
)
from domain.payments.quotes import Line, Quote, quote
from domain.payments.tariffs import Tier, tier_of

__all__ = [
    "Cancelled",
    "Difference",
    "Line",
    "OrderLine",
    "Payment",
    "Quote",
    "Refund",
    "ServiceOrder",
    "Tariff",
    "Tier",
    "amounts",
    "cancel",
    "expire",
    "final_price",
    "listed",
    "lock",
    "order_of_booking",
    "place",
    "provider",
    "quote",
    "read",
    "set_offset",
    "settle",
    "tariffs",
    "tier_of",
]
