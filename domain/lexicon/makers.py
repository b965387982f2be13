"""Who made it: one name for a maker however it is written."""

import re
from functools import cache, lru_cache

from domain.lexicon.tables import rows
from domain.lexicon.text import folded, is_han, normalised, runs

_COUNTRIES = (
    "美国|日本|德国|英国|法国|瑞士|瑞典|荷兰|丹麦|挪威|芬兰|意大利|奥地利|捷克|韩国|加拿大|"
    "以色列|澳大利亚|新加坡|中国|北京|上海|深圳|杭州|苏州|广州|usa|japan|germany|uk|china"
)
_COUNTRY = re.compile(rf"^(?:{_COUNTRIES})(?:[/\s]|(?=.))|[/\s(（](?:{_COUNTRIES})[)）]?$")
_LEGAL = re.compile(
    r"[(（][^)）]*[)）]|股份|有限责任公司|有限公司|株式会社|集团|公司|"
    r"\b(?:inc|ltd|co|corp|corporation|gmbh|ag|llc|limited|company)\b\.?"
)
_TRADES = re.compile(r"(?:科学仪器|分析仪器|仪器仪表|科技|仪器|技术|贸易|国际)+$")


@cache
def _aliases() -> dict[str, str]:
    known: dict[str, str] = {}
    for row in rows("makers"):
        for name in (row["maker"], *row["aliases"].split("|")):
            known.setdefault(folded(name), row["maker"])
    return known


@cache
def names_of(maker: str) -> tuple[str, ...]:
    """Return all that a known maker is called, its usual name first; else the name itself."""
    for row in rows("makers"):
        if row["maker"] == maker:
            return (maker, *row["aliases"].split("|"))
    return (maker,)


def _shortened(text: str) -> list[str]:
    """Return ever barer forms of a maker's name: without country, legal form, trade."""
    plain = normalised(text)
    stripped = _COUNTRY.sub("", _LEGAL.sub("", plain).strip()).strip(" /-")
    return [plain, stripped, _TRADES.sub("", stripped)]


@lru_cache(maxsize=1 << 16)
def maker_of(text: str) -> str:
    """Return the usual name of a maker, or the bare folded name of one that is not listed."""
    known = _aliases()
    forms = _shortened(text)
    for form in [*forms, *(part for each in forms for part in each.split("/"))]:
        found = known.get(folded(form))
        if found:
            return found
    return next((folded(form) for form in reversed(forms) if folded(form)), "")


@cache
def _spoken() -> dict[str, str]:
    """Return aliases that are clear enough to be noticed inside a longer text."""
    return {
        alias: maker
        for alias, maker in _aliases().items()
        if len(alias) > (1 if is_han(alias) else 3)  # a word of three letters may be anything
    }


def maker_in(text: str) -> str:
    """Return the first listed maker that a normalised text speaks of, or nothing."""
    known = _spoken()
    found = [known[run] for run in runs(text) if run in known]
    if found:
        return found[0]
    return next((known[a] for a in _han_aliases() if a in text), "")


@cache
def _han_aliases() -> tuple[str, ...]:
    return tuple(sorted((a for a in _spoken() if is_han(a)), key=len, reverse=True))


def without_maker(text: str, maker: str) -> str:
    """Return a normalised model without its maker's names at the front."""
    for name in sorted(names_of(maker), key=len, reverse=True):
        said = normalised(name)
        if said and text.startswith(said) and len(text) > len(said):
            return text[len(said) :].strip(" -/")
    return text
