"""The kinds of models that there are, and how a stored one is read again."""

from typing import Protocol

from telemetry.thresholds import Thresholds
from telemetry.trees import Forest
from telemetry.windows import Floats, Whole, Windows


class Model(Protocol):
    """An instrument's own model: tells a code for each window, and how surely."""

    @property
    def kind(self) -> str:
        """Return the name under which ``load`` knows this kind."""

    def tell(self, seen: Windows) -> tuple[Whole, Floats]:
        """Return codes of ``states.STATES`` (−1 where offline) and chances from 0 to 1."""

    def dump(self) -> bytes:
        """Return the model's figures."""


def load(kind: str, content: bytes) -> Model:
    """Read a stored model; raises ValueError for content that is none."""
    if kind == Thresholds.kind:
        return Thresholds.load(content)
    if kind == Forest.kind:
        return Forest.load(content)
    raise ValueError(f"no kind of model is named {kind}")
