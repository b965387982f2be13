"""Makes instruments as ledgers write them, from our own list of kinds, makers and models.

Every difference that real ledgers showed is made on purpose: other names, abbreviations, makers
in two languages with country and legal form, separators, O for 0, a model inside the name, empty
fields, site tags, slips of the pen; and beside each model its near neighbours, which are others.
The same seed makes the same records on every machine.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TypeVar

from domain.lexicon.entries import Entry
from domain.lexicon.kinds import kinds
from domain.lexicon.makers import names_of
from domain.lexicon.tables import rows
from domain.lexicon.text import is_han

_SUFFIXES = ("Plus", "II", "Pro", "F", "X", "Max", "Lite", "HD")
_SITES = ("【分析中心】", "[A栋]", "【紫金港】", "〔公共平台〕")
_TAILS = ("1", "2号", "#3", "-2", "（2号机）")
_LEGAL = ("公司", "有限公司", "（中国）有限公司", " Inc.", " GmbH", " Corporation")
_COUNTRIES = ("美国", "日本", "德国", "英国", "中国")
_SLIPS = {"谱": "普", "描": "瞄", "仪": "议", "析": "折", "衍": "衔", "镜": "境", "电": "由"}
_PROPERTIES = ("分辨率", "最大量程", "检出限", "重复性", "工作距离")
_UNITS = ("nm", "μm", "kV", "kN", "MHz", "mm", "g")
K = TypeVar("K")
_NUMBER = re.compile(r"\d{2,}")


@dataclass(frozen=True)
class Model:
    """A model of a maker; those of one ``family`` differ by little and are not the same."""

    family: int
    kind: str
    maker: str
    name: str


@dataclass(frozen=True)
class Made:
    """A generated record and the model that it is."""

    entry: Entry
    model: Model


def _draw(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - reproducible data, no secret


def _bucket(text: str, of: int) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % of


def models(*, part: int, of: int = 2) -> list[Model]:
    """Return the models of one part of the families, with two near neighbours of each.

    Families are dealt out by the hash of maker and model, so that what is measured in one part
    was never seen in another.
    """
    found: list[Model] = []
    for number, row in enumerate(rows("models")):
        if _bucket(f"{row['maker']} {row['model']}", of) != part:
            continue
        chance = _draw(f"family {row['maker']} {row['model']}")
        name = row["model"]
        names = dict.fromkeys([name, _renumbered(name, chance), _suffixed(name, chance)])
        found += [Model(number, row["kind"], row["maker"], each) for each in names]
    return found


def _renumbered(model: str, chance: Random) -> str:
    numbers = list(_NUMBER.finditer(model))
    if not numbers:
        return f"{model} {chance.randint(2, 9)}00"
    chosen = numbers[-1]
    digits = list(chosen.group())
    at = chance.randrange(len(digits))
    digits[at] = str((int(digits[at]) + chance.randint(1, 8)) % 10 or 5)
    return model[: chosen.start()] + "".join(digits) + model[chosen.end() :]


def _suffixed(model: str, chance: Random) -> str:
    for suffix in _SUFFIXES:
        if model.endswith(f" {suffix}"):
            return model.removesuffix(f" {suffix}")
    return f"{model} {chance.choice(_SUFFIXES)}"


class Writer:
    """Writes records of models; ``withheld`` leaves out this share of the synonyms."""

    def __init__(self, seed: str, *, withheld: float = 0.0) -> None:
        self.chance = _draw(seed)
        self.withheld = withheld

    def record(self, model: Model) -> Made:
        """Write one more record of a model."""
        chance = self.chance
        written = self._model(model)
        name, inside = self._name(model), chance.random()
        maker = self._maker(model)
        if inside < 0.12:  # noqa: PLR2004 - how often the model stands in the name, its field empty
            name, written = f"{name} {written}", ""
        elif inside < 0.2:  # noqa: PLR2004 - or the maker before the name
            name = f"{chance.choice(names_of(model.maker))}{name}"
        if chance.random() < 0.06:  # noqa: PLR2004 - no model anywhere
            written = ""
        kind = kinds()[model.kind]
        code = kind.class_code if chance.random() < 0.8 else ""  # noqa: PLR2004 - mostly classified
        name, specs = self._marked(name), self._specs(model)
        return Made(Entry(name, model=written, maker=maker, category=code, specs=specs), model)

    def _name(self, model: Model) -> str:
        kind, chance = kinds()[model.kind], self.chance
        if chance.random() < 0.45:  # noqa: PLR2004 - the standard name
            return self._slipped(kind.zh)
        others = [n for n in kind.also if self._allowed(n) and (is_han(n) or len(n) > 1)]
        return self._slipped(chance.choice(others or [kind.zh]))

    def _allowed(self, name: str) -> bool:
        return _bucket(f"synonym {name}", 100) >= self.withheld * 100

    def _slipped(self, name: str) -> str:
        if self.chance.random() > 0.08:  # noqa: PLR2004 - slips are rare
            return name
        at = self.chance.randrange(len(name))
        if name[at] in _SLIPS:
            return name[:at] + _SLIPS[name[at]] + name[at + 1 :]
        return name[:at] + name[at + 1 :] or name

    def _marked(self, name: str) -> str:
        draw = self.chance.random()
        if draw < 0.06:  # noqa: PLR2004 - site tags
            return self.chance.choice(_SITES) + name
        if draw < 0.14:  # noqa: PLR2004 - unit numbers
            return name + self.chance.choice(_TAILS)
        return name

    def _maker(self, model: Model) -> str:
        chance = self.chance
        if chance.random() < 0.1:  # noqa: PLR2004 - makers are often missing
            return ""
        name = chance.choice(names_of(model.maker))
        draw = chance.random()
        if is_han(name) and draw < 0.2:  # noqa: PLR2004
            return chance.choice(_COUNTRIES) + name
        if draw < 0.35:  # noqa: PLR2004
            return name + chance.choice(_LEGAL[:3] if is_han(name) else _LEGAL[3:])
        return name.upper() if draw > 0.9 else name  # noqa: PLR2004

    def _model(self, model: Model) -> str:
        chance, name = self.chance, model.name
        draw = chance.random()
        if draw < 0.2:  # noqa: PLR2004 - separators dropped
            name = re.sub(r"[\s\-/]", "", name)
        elif draw < 0.35:  # noqa: PLR2004 - or hyphens for spaces
            name = name.replace(" ", "-")
        elif draw < 0.45:  # noqa: PLR2004 - the maker repeated
            name = f"{chance.choice(names_of(model.maker))} {name}"
        if chance.random() < 0.1:  # noqa: PLR2004 - O for 0 beside another digit
            name = re.sub(r"(?<=\d)0", "O", name, count=1)
        if chance.random() < 0.03:  # noqa: PLR2004 - one character lost
            at = chance.randrange(len(name))
            name = name[:at] + name[at + 1 :] or name
        return chance.choice((name, name, name.upper(), name.lower()))

    def _specs(self, model: Model) -> str:
        if self.chance.random() < 0.4:  # noqa: PLR2004 - specifications are often missing
            return ""
        fixed = _draw(f"specs {model.maker} {model.name}")
        said = [
            f"{word}{fixed.randint(1, 900) / 10} {fixed.choice(_UNITS)}"
            for word in fixed.sample(_PROPERTIES, 3)
        ]
        return "；".join(self.chance.sample(said, self.chance.randint(1, 3)))


@dataclass(frozen=True)
class Pair:
    """Two records with both answers; ``group`` is the family of the first."""

    one: Made
    other: Made

    @property
    def same_model(self) -> bool:
        """Tell whether both are the same model of the same maker."""
        left, right = self.one.model, self.other.model
        return (left.maker, left.name) == (right.maker, right.name)

    @property
    def same_function(self) -> bool:
        """Tell whether both are of one kind, or of a kind and the wider one beside it."""
        left, right = self.one.model.kind, self.other.model.kind
        known = kinds()
        return left == right or known[left].of == right or known[right].of == left


@dataclass(frozen=True)
class Shelf:
    """The models of a part, by what makes them hard to tell apart."""

    models: Sequence[Model]

    @cached_property
    def by_family(self) -> dict[int, list[Model]]:
        """Models by family."""
        return _grouped((m.family, m) for m in self.models)

    @cached_property
    def by_kind(self) -> dict[str, list[Model]]:
        """Models by kind."""
        return _grouped((m.kind, m) for m in self.models)

    @cached_property
    def by_maker(self) -> dict[str, list[Model]]:
        """Models by maker."""
        return _grouped((m.maker, m) for m in self.models)


def _grouped(pairs: Iterator[tuple[K, Model]]) -> dict[K, list[Model]]:
    found: dict[K, list[Model]] = {}
    for key, model in pairs:
        found.setdefault(key, []).append(model)
    return found


def pairs(*, seed: str, part: int, of: int = 2, rounds: int = 2) -> list[Pair]:
    """Return labelled pairs: of each model two of its own, a neighbour, its kind, its maker, any.

    A third of the synonyms is withheld from the names, so that the scorer learns to do without.
    """
    shelf = Shelf(models(part=part, of=of))
    writer, chance = Writer(seed, withheld=0.3), _draw(f"{seed} pairs")
    found = []
    for _ in range(rounds):
        for model in shelf.models:
            beside = [
                model,
                model,
                chance.choice(shelf.by_family[model.family]),
                chance.choice(shelf.by_kind[model.kind]),
                chance.choice(shelf.by_maker[model.maker]),
                chance.choice(shelf.models),
            ]
            found += [Pair(writer.record(model), writer.record(other)) for other in beside]
    return found
