"""What a changed diagram changes, in words that an official can read."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Change:
    """One difference between two versions of a diagram."""

    kind: Literal["added", "removed", "changed"]
    element_id: str
    element_name: str
    what: str
    before: str
    after: str


def difference(old_xml: str, new_xml: str) -> list[Change]:
    """Return what was added, removed and changed, in the order of the new diagram."""
    raise NotImplementedError
