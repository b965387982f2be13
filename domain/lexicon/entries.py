"""One instrument as it is found and compared: what was written, and what it comes down to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from domain.lexicon.codes import codes_in, model_key
from domain.lexicon.kinds import kinds_in, with_wider
from domain.lexicon.makers import maker_in, maker_of
from domain.lexicon.text import bare_name, is_han, normalised, pairs, runs

_MEASURES = re.compile(r"\d+(?:\.\d+)?\s*[a-zμ°%℃ω]+")
_CLASS_DIGITS = 6
_FEWEST_FOR_A_KEY = 2


@dataclass(frozen=True)
class Entry:
    """What is written about one instrument; everything but the name may be empty.

    ``category`` is a class code or the name of a class; ``rest`` what else should be found.
    """

    name: str
    name_en: str = ""
    model: str = ""
    maker: str = ""
    category: str = ""
    specs: str = ""
    rest: str = ""

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "Entry":
        """Make an entry from a row's columns; columns that it does not know are left out."""
        known = {name: (values.get(name) or "").strip() for name in cls.__annotations__}
        return cls(**known)

    @cached_property
    def plain_name(self) -> str:
        """The normalised name without tags and unit numbers."""
        return bare_name(self.name)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds that the names speak of, or else the class's name."""
        return kinds_in(f"{self.name} {self.name_en}") or kinds_in(self.category)

    @cached_property
    def made_by(self) -> str:
        """The usual name of the maker, also where only name or model tell it."""
        if self.maker.strip():
            return maker_of(self.maker)
        return maker_in(normalised(f"{self.model} {self.name}"))

    @cached_property
    def key(self) -> str:
        """The model key; nothing where no model is written in its field."""
        key = model_key(self.model, self.maker or self.made_by)
        return key if len(key) >= _FEWEST_FOR_A_KEY else ""

    @cached_property
    def codes(self) -> frozenset[str]:
        """The model-like words of model and name."""
        return codes_in(self.model) | codes_in(self.name)

    @cached_property
    def all_kinds(self) -> frozenset[str]:
        """The kinds with the wider ones that they belong to."""
        return with_wider(self.kinds)

    @cached_property
    def all_codes(self) -> frozenset[str]:
        """The model-like words and the key."""
        return self.codes | ({self.key} if self.key else frozenset())

    @cached_property
    def measures(self) -> frozenset[str]:
        """The figures with a unit that the specifications state, written in one way."""
        found = _MEASURES.findall(normalised(self.specs)) if self.specs else ()
        return frozenset(figure.replace(" ", "") for figure in found)

    @cached_property
    def name_pairs(self) -> frozenset[str]:
        """The character pairs of the name's Han runs and its Latin words."""
        found = (pairs(run) if is_han(run) else [run] for run in runs(self.plain_name))
        return frozenset(pair for each in found for pair in each)

    @cached_property
    def class_code(self) -> str:
        """The class code, where the category is one."""
        code = self.category.strip()
        return code if code.isdigit() and len(code) <= _CLASS_DIGITS else ""
