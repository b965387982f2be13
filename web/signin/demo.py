"""The demo accounts that the sign-in page lists, in demo mode only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import current_app

from web.formats import language


class Listed(Protocol):
    """An account to try, as the demo describes it; the label says what it is for, zh and en."""

    @property
    def login(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def name_en(self) -> str: ...
    @property
    def label(self) -> tuple[str, str] | None: ...


@dataclass(frozen=True)
class Demo:
    """What the sign-in page of a demonstration offers."""

    accounts: Sequence[Listed]
    password: str


@dataclass(frozen=True)
class Offer:
    """One account as the page shows it."""

    login: str
    name: str
    label: str


def offers() -> list[Offer]:
    """Return the accounts in the language of the request; none outside demo mode."""
    demo: Demo | None = current_app.extensions.get("dayi-demo")
    if demo is None:
        return []
    chinese = language() == "zh"
    return [
        Offer(
            each.login,
            each.name if chinese else each.name_en or each.name,
            (each.label or ("", ""))[0 if chinese else 1],
        )
        for each in demo.accounts
    ]


def password() -> str:
    """Return the one password of all demo accounts."""
    demo: Demo = current_app.extensions["dayi-demo"]
    return demo.password
