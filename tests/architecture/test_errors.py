"""Every refusal has a sentence, in both languages."""

import importlib
import pkgutil
from collections.abc import Iterator

import domain
import engine
import telemetry
from engine.errors import EngineError
from web.error_texts import TEXTS


def kinds_of(error: type[EngineError]) -> Iterator[type[EngineError]]:
    for kind in error.__subclasses__():
        yield kind
        yield from kinds_of(kind)


def test_every_error_code_has_a_text() -> None:
    for room in (engine, domain, telemetry):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    codes = {kind.code for kind in kinds_of(EngineError)}
    assert len(codes) > 20
    assert codes - set(TEXTS) == set()
