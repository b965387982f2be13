"""The words of a bulletin as an official document: one text for PDF and Word."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from domain.bulletins.judging import VERDICTS
from domain.bulletins.models import Bulletin, BulletinItem
from domain.measures import BASES

_KIND_ORDER = ("idle", "low", "unknown")


@dataclass(frozen=True)
class TableText:
    """A table: its heading, its columns' titles and its rows; the first column is text."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """A numbered part of the text: its heading, paragraphs and tables."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[TableText, ...] = ()


@dataclass(frozen=True)
class Paper:
    """A bulletin in words, laid out by ``bulletin.typ`` and ``word.py`` (GB/T 9704-2012)."""

    mark: str
    number: str
    title: str
    addressee: str
    sections: tuple[Section, ...]
    signature: str
    day: str
    draft: bool
    annex: tuple[TableText, ...] = field(default=())


def paper(bulletin: Bulletin, annex: Iterable[BulletinItem] = ()) -> Paper:
    """Put a bulletin into words; the annex names the instruments it is given.

    Depends on nothing but the kept content: the same version always gives the same words.
    """
    content = bulletin.content
    place = content["region"]["zh"]
    return Paper(
        mark=f"{place}大型科研仪器开放共享通报",
        number=number(bulletin),
        title=f"关于{span(content)}大型科研仪器运行使用与开放共享情况的通报",
        addressee="各有关单位：",
        sections=tuple(_sections(content)),
        signature=f"{place}大型科研仪器开放共享平台",
        day=day(bulletin.published_on) if bulletin.published_on else "（待签发）",
        draft=bulletin.status == "draft",
        annex=tuple(_annex(list(annex))),
    )


def number(bulletin: Bulletin) -> str:
    """Return the document number: 大仪通报〔2026〕5号; a draft has none yet."""
    if bulletin.document_number is None:
        return "大仪通报〔　　〕　号"
    return f"大仪通报〔{bulletin.document_year}〕{bulletin.document_number}号"


def day(on: date) -> str:
    """Return a date as documents write it, in Arabic figures (GB/T 9704-2012, 7.3.5.4)."""
    return f"{on.year}年{on.month}月{on.day}日"


def span(content: Mapping[str, Any]) -> str:
    """Return the months of a bulletin: 2026年9—10月."""
    first = date.fromisoformat(content["first_day"])
    last = date.fromisoformat(content["last_day"])
    return f"{first.year}年{first.month}—{last.month}月"


def basis_words(basis: Mapping[str, Any]) -> str:
    """Return the rated hours behind a percentage, in words."""
    zh, _ = BASES[str(basis["basis"])]
    if basis["basis"] == "LOCAL":
        return f"{zh}（通用 {basis['general_hours']} 小时、专用 {basis['special_hours']} 小时）"
    return zh


def _sections(content: Mapping[str, Any]) -> Iterable[Section]:
    total, verdicts = content["total"], content["total"]["verdicts"]
    first, last = (date.fromisoformat(content[key]) for key in ("first_day", "last_day"))
    yield Section(
        "一、总体情况",
        (
            f"{day(first)}至{day(last)}，纳入统计的管理单位{total['units']}家、大型科研仪器"
            f"{total['instruments']}台（套），原值合计{total['worth_wan']}万元。有效机时"
            f"{total['effective']}小时，使用率{total['usage']}%（{basis_words(content['basis'])}，"
            f"按期间折算）；对外服务机时{total['external']}小时，共享率{total['sharing']}%（占有效机时）；"
            f"开放率{total['opening']}%。传感器记录开机{total['running']}小时。",
            *_remarks(total),
        ),
    )
    yield Section("二、各地情况", (), (_table("各地运行使用与开放共享情况", content["cities"]),))
    yield Section("三、各单位情况", (), (_table("各单位运行使用与开放共享情况", content["units"]),))
    yield Section(
        "四、闲置与低效情况",
        (
            f"本期认定闲置仪器{verdicts['idle']}台（套）、低效仪器{verdicts['low']}台（套）；传感器"
            f"离线时间过长、不作认定的{verdicts['unknown']}台（套）；停机或豁免的"
            f"{verdicts['excused']}台（套）。离线不等于关机，不据此认定闲置。",
        ),
    )
    yield Section(
        "五、有关要求",
        (
            "有闲置仪器的管理单位应当选择开放、调拨、维修、降级、报废或者作出合理说明，在平台提交"
            "整改计划并按期完成。平台将在其后两个期间复测。",
        ),
    )


def _remarks(total: Mapping[str, Any]) -> Iterable[str]:
    if total["erroneous"]:
        yield f"另有{total['erroneous']}台（套）登记机时存在数据错误，更正前不计机时。"
    if total["provisional"]:
        yield "部分使用记录尚未结束，相应机时为暂计数。"


_COLUMNS = (
    "名称",
    "仪器数",
    "有效机时",
    "使用率%",
    "对外机时",
    "共享率%",
    "开放率%",
    "闲置",
    "未知",
)


def _table(heading: str, rows: Sequence[Mapping[str, Any]]) -> TableText:
    return TableText(
        heading,
        _COLUMNS,
        tuple(
            (
                row["zh"],
                str(row["instruments"]),
                row["effective"],
                row["usage"],
                row["external"],
                row["sharing"],
                row["opening"],
                str(row["verdicts"]["idle"]),
                str(row["verdicts"]["unknown"]),
            )
            for row in rows
        ),
    )


def _annex(items: Sequence[BulletinItem]) -> Iterable[TableText]:
    for kind in _KIND_ORDER:
        rows = tuple(
            (
                item.instrument.name_zh,
                item.instrument.unit.name_zh,
                item.instrument.inner_id,
                str(item.running_hours),
                str(item.offline_percent),
            )
            for item in items
            if item.verdict == kind
        )
        if rows:
            yield TableText(
                f"{VERDICTS[kind][0]}仪器清单",
                ("仪器", "管理单位", "单位内编号", "开机小时", "离线%"),
                rows,
            )
