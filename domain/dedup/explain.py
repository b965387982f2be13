"""Why two instruments are alike or not, in sentences of both languages, by template.

What agrees, what differs, and always what was not compared: a reader must see what the number
beside the sentences does not know.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

from domain.lexicon.entries import Entry
from domain.lexicon.kinds import kinds

Effect = Literal["agrees", "near", "differs", "unknown"]
_NEAR_NAME = 60
_MIDDLE = 4
_MOST_FIGURES = 3


@dataclass(frozen=True)
class Reason:
    """One sentence about one point of the comparison."""

    effect: Effect
    point: str
    zh: str
    en: str


def reasons(wanted: Entry, found: Entry) -> list[Reason]:
    """Return the sentences for a pair, the strongest points first."""
    points: tuple[Callable[[Entry, Entry], Reason], ...] = (
        _model,
        _maker,
        _kind,
        _name,
        _class,
        _specs,
    )
    said = [point(wanted, found) for point in points]
    order = {"agrees": 0, "near": 1, "differs": 2, "unknown": 3}
    return [*sorted(said, key=lambda reason: order[reason.effect]), _OUTSIDE]


#: What no comparison of texts can know; always said.
_OUTSIDE = Reason(
    "unknown",
    "outside",
    "未比对：出厂编号、资产编号、价格、机时、距离，它们不计入相似度",
    "Not compared: serial number, asset number, price, hours and distance; none of them counts "
    "towards the likeness",
)


def _quoted(one: str, other: str) -> tuple[str, str]:
    return (f"{one} = {other}", f"{one} = {other}") if one != other else (one, one)


def _silent(point: str, zh: str, en: str, sides: tuple[bool, bool]) -> Reason:
    """Say which side is silent; ``sides`` are (wanted, found), true where something is said."""
    who = {
        (False, False): ("双方均未填写", "neither side states it"),
        (False, True): ("申请方未填写", "the request does not state it"),
        (True, False): ("该仪器未填写", "the instrument's record does not state it"),
    }[sides]
    return Reason("unknown", point, f"未比对{zh}：{who[0]}", f"{en} not compared: {who[1]}")


def _model(wanted: Entry, found: Entry) -> Reason:
    left, right = wanted.key, found.key
    if left and left == right:
        same = _quoted(wanted.model, found.model)
        return Reason("agrees", "model", f"型号相同：{same[0]}", f"Same model: {same[1]}")
    shared = wanted.all_codes & found.all_codes
    longest = max(shared, key=lambda code: (len(code), code), default="")
    if longest and not (left and right):
        code = longest.upper()
        return Reason("agrees", "model", f"型号相同：{code}，其中一方写在名称里",
                      f"Same model: {code}, written in the name on one side")  # fmt: skip
    if not left or not right:
        return _silent("model", "型号", "Model", (bool(left), bool(right)))
    both = f"{wanted.model} / {found.model}"
    short, long = sorted((left, right), key=len)
    if long.startswith(short):
        rest = long[len(short) :].upper()
        zh = f"型号相近但不相同：{both}，差别在“{rest}”"
        en = f"Similar but not the same model: {both}; they differ in “{rest}”"
        return Reason("near", "model", zh, en)
    if shared:
        code = longest.upper()
        return Reason("near", "model", f"型号部分相同：{both}，共有 {code}",
                      f"Models agree in part: {both}; both have {code}")  # fmt: skip
    return Reason("differs", "model", f"型号不同：{both}", f"Different models: {both}")


def _maker(wanted: Entry, found: Entry) -> Reason:
    left, right = wanted.made_by, found.made_by
    if not left or not right:
        return _silent("maker", "厂商", "Maker", (bool(left), bool(right)))
    one, other = wanted.maker or left, found.maker or right
    if left == right:
        same = _quoted(one, other)
        return Reason("agrees", "maker", f"厂商相同：{same[0]}", f"Same maker: {same[1]}")
    both = f"{one} / {other}"
    return Reason("differs", "maker", f"厂商不同：{both}", f"Different makers: {both}")


def _kind_names(codes: frozenset[str], language: str) -> str:
    named = [kinds()[code] for code in sorted(codes)]
    return "、".join(k.zh for k in named) if language == "zh" else ", ".join(k.en for k in named)


def _kind(wanted: Entry, found: Entry) -> Reason:
    left, right = wanted.kinds, found.kinds
    if not left or not right:
        return Reason("unknown", "kind", "未比对类别：名称不在同义词表中",
                      "Kind not compared: a name is not in the thesaurus")  # fmt: skip
    shared = left & right
    if shared:
        return Reason("agrees", "kind", f"类别相同：{_kind_names(shared, 'zh')}",
                      f"Same kind: {_kind_names(shared, 'en')}")  # fmt: skip
    zh, en = (f"{_kind_names(left, lang)} / {_kind_names(right, lang)}" for lang in ("zh", "en"))
    wider = wanted.all_kinds & found.all_kinds
    if wider:
        both = (_kind_names(wider, "zh"), _kind_names(wider, "en"))
        zh, en = f"类别相近：{zh}，同属{both[0]}", f"Related kinds: {en}, both of: {both[1]}"
        return Reason("near", "kind", zh, en)
    return Reason("differs", "kind", f"类别不同：{zh}", f"Different kinds: {en}")


def _name(wanted: Entry, found: Entry) -> Reason:
    both = f"{wanted.name} / {found.name}"
    if wanted.plain_name == found.plain_name:
        return Reason("agrees", "name", f"名称相同：{found.name}", f"Same name: {found.name}")
    share = round(fuzz.ratio(*sorted((wanted.plain_name, found.plain_name))))
    if share >= _NEAR_NAME:
        zh, en = f"名称相近（{share}%）：{both}", f"Similar names ({share}%): {both}"
        return Reason("near", "name", zh, en)
    return Reason("differs", "name", f"名称写法不同（{share}%）：{both}",
                  f"Names written differently ({share}%): {both}")  # fmt: skip


def _class(wanted: Entry, found: Entry) -> Reason:
    left, right = wanted.class_code, found.class_code
    if not left or not right:
        return _silent("class", "分类编码", "Class code", (bool(left), bool(right)))
    both = f"{left} / {right}"
    if left == right:
        return Reason("agrees", "class", f"分类编码相同：{left}", f"Same class code: {left}")
    if left[:_MIDDLE] == right[:_MIDDLE]:
        return Reason("near", "class", f"分类编码前四位相同：{both}",
                      f"Class codes agree in four digits: {both}")  # fmt: skip
    return Reason("differs", "class", f"分类编码不同：{both}", f"Different class codes: {both}")


def _specs(wanted: Entry, found: Entry) -> Reason:
    left, right = wanted.measures, found.measures
    if not left or not right:
        return _silent("specs", "技术指标", "Specifications", (bool(left), bool(right)))
    shared = sorted(left & right)
    missing = "、".join(sorted(left - right)[:_MOST_FIGURES])
    if not shared:
        zh = f"技术指标没有相同的数值；申请方要求 {missing}"
        en = f"No figure of the specifications agrees; the request asks for {missing}"
        return Reason("differs", "specs", zh, en)
    said = "、".join(shared[:_MOST_FIGURES])
    zh = f"技术指标相同 {len(shared)} 项：{said}" + (f"；未见 {missing}" if missing else "")
    en = f"{len(shared)} figure(s) of the specifications agree: {said}" + (
        f"; not seen: {missing}" if missing else ""
    )
    return Reason("agrees" if not missing else "near", "specs", zh, en)
