"""Bulletins: contiguous periods, each once; idle is never offline; the same bytes for ever."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from sqlalchemy import text

from domain.booking.opening import SHANGHAI
from domain.bulletins import BulletinItem, computing, periods, printing, publishing, remeasuring
from domain.bulletins.judging import judge, months
from domain.errors import (
    BulletinPublished,
    OfflineNeverIdle,
    PeriodGap,
    PeriodNotOver,
    ReplyRefused,
)
from domain.measures import Basis, bimonth, figure
from engine import decisions, definitions
from engine.actors import SYSTEM, Actor, Grant
from engine.clock import FixedClock, now
from engine.db import set_scope
from engine.errors import NotAllowed
from engine.identity import uuid7
from engine.values import tag
from tests.unit.domain.evaluation_world import FakeSensors, sensing

FOLDER = Path("processes/bulletin")
OFFICER = Grant("department_officer", region="33", department="science")
#: September and October 2026 have 61 days.
PERIOD = bimonth(2026, 5)


@pytest.fixture
def sensors() -> Iterator[FakeSensors]:
    with sensing(FakeSensors()) as wired:
        yield wired


@pytest.fixture
def rules(session) -> computing.Rules:
    files = sorted(FOLDER.glob("*.dmn"))
    definitions.publish(session, [definitions.read_file(file) for file in files], actor=SYSTEM)
    asked = {"period_end": tag(date(2026, 10, 31)), "basis_wanted": ""}
    basis = decisions.evaluate(session, "bulletin_rated_hours", asked, now=now(session)).value
    return computing.Rules("bulletin_idle", basis, 30_000_000)


def close(session, **wanted: Any):
    return periods.close(session, "33", late_days=3, by=SYSTEM, **wanted)


def computed(session, rules):
    return computing.compute(session, close(session), rules, by=SYSTEM)


def published(session, rules):
    return publishing.publish(session, computed(session, rules), signed_by=uuid7(), by=SYSTEM)


def runs(sensors: FakeSensors, instrument, hours: float, *, offline_days: int = 0) -> None:
    first = PERIOD.start + timedelta(days=offline_days)
    sensors.record(instrument, "running", first, first + timedelta(hours=hours))
    sensors.record(instrument, "off", first + timedelta(hours=hours), PERIOD.end)


# --- periods


def test_the_first_period_is_the_last_whole_pair_of_months(session) -> None:
    row = close(session)
    assert (row.period_start, row.period_end) == (PERIOD.start, PERIOD.end)


def test_closing_again_returns_the_same_row(session) -> None:
    case = uuid7()
    first = close(session, case_id=case)
    assert close(session, case_id=case).id == first.id
    assert close(session, wanted=PERIOD).id == first.id


def test_the_next_one_follows_without_a_gap_and_waits_for_late_data(session, clock) -> None:
    close(session)
    clock.at = datetime(2027, 1, 3, 23, 59, tzinfo=SHANGHAI)
    with pytest.raises(PeriodNotOver):
        close(session)
    clock.at = datetime(2027, 1, 4, tzinfo=SHANGHAI)
    assert close(session).period_start == PERIOD.end


def test_a_gap_is_refused(session, clock) -> None:
    close(session)
    clock.at = datetime(2027, 3, 10, tzinfo=SHANGHAI)
    with pytest.raises(PeriodGap):
        close(session, wanted=bimonth(2027, 1))


# --- idle


@pytest.mark.parametrize(
    "case",
    [
        (5, 0, {"begin_date": date(2020, 1, 1), "run_status": "normal"}, "idle"),
        (11, 0, {"begin_date": date(2020, 1, 1), "run_status": "normal"}, "low"),
        (200, 0, {"begin_date": date(2020, 1, 1), "run_status": "normal"}, "normal"),
        (0, 0, {"begin_date": date(2020, 1, 1), "run_status": "normal"}, "idle"),
        (0, 13, {"begin_date": date(2020, 1, 1), "run_status": "normal"}, "unknown"),
        (0, 0, {"begin_date": date(2026, 7, 1), "run_status": "normal"}, "new"),
        (0, 0, {"begin_date": date(2020, 1, 1), "run_status": "repair"}, "excused"),
    ],
)
def test_the_table_says_idle_only_of_what_was_seen_not_to_run(world, sensors, rules, case) -> None:
    hours, offline_days, state, verdict = case
    instrument = world.change(**state)
    runs(sensors, instrument, hours, offline_days=offline_days)
    (item,) = computed(world.session, rules).items
    assert (item.verdict, item.rule["decision"]) == (verdict, "bulletin_idle")


def test_without_a_sensor_nothing_is_ever_idle(world, rules) -> None:
    (item,) = computed(world.session, rules).items
    assert (item.verdict, item.offline_percent) == ("unknown", 100)


def test_a_changed_table_that_calls_the_offline_idle_is_stopped(world, rules) -> None:
    content = (FOLDER / "bulletin_idle.dmn").read_text("utf-8").replace('"unknown"', '"idle"')
    wrong = definitions.read_bytes("bulletin_idle.dmn", content.encode())
    definitions.publish(world.session, [wrong], actor=SYSTEM)
    with pytest.raises(OfflineNeverIdle):
        computed(world.session, rules)


def test_the_hours_of_sixty_days_are_those_of_the_table(world, sensors, rules) -> None:
    runs(sensors, world.instrument, 10)
    states = sensors.intervals(world.session, [world.instrument.id], PERIOD.start, PERIOD.end)
    basis = Basis.read(dict(rules.basis))
    found = figure(world.instrument, PERIOD, now(world.session), basis, (), states)
    judged = judge(world.session, "bulletin_idle", found, PERIOD)
    # 10 h in 61 days are 9.8361 h in 60.
    assert judged.verdict == "idle"
    assert judged.rule["inputs"]["run_hours_60_days"] == 9.8361


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [(date(2026, 1, 31), date(2026, 2, 28), 0), (date(2026, 1, 1), date(2026, 7, 1), 6),
     (date(2025, 12, 15), date(2026, 1, 14), 0)],
)  # fmt: skip
def test_months_are_whole_ones(first, last, count) -> None:
    assert months(first, last) == count


# --- content and bytes


def same_bytes(one, other) -> bool:
    """INV-06: the same version gives the same PDF and the same Word file."""
    return printing.pdf(one) == printing.pdf(other) and printing.docx(one) == printing.docx(other)


def test_a_bulletin_computed_again_says_the_same_and_prints_the_same_bytes(
    world, sensors, rules, clock: FixedClock
) -> None:
    runs(sensors, world.instrument, 5)
    first = computed(world.session, rules)
    content = dict(first.content)
    clock.move(timedelta(seconds=1))
    again = computing.compute(world.session, close(world.session, wanted=PERIOD), rules, by=SYSTEM)
    assert again.content == content
    assert (first.version, again.version) == (1, 2)
    publishing.publish(world.session, again, signed_by=uuid7(), by=SYSTEM)
    pdf, word = printing.pdf(again), printing.docx(again)
    clock.move(timedelta(days=400))
    world.session.expire_all()
    assert (printing.pdf(again), printing.docx(again)) == (pdf, word)


def test_the_bytes_differ_where_a_figure_or_the_day_differs(world, sensors, rules) -> None:
    bulletin = computed(world.session, rules)
    before = (printing.pdf(bulletin), printing.docx(bulletin))
    world.session.expunge(bulletin)
    bulletin.content = {**bulletin.content, "total": {**bulletin.content["total"], "usage": "9.9"}}
    assert printing.pdf(bulletin) != before[0]
    assert printing.docx(bulletin) != before[1]


def test_the_word_file_holds_no_time_of_its_own(world, rules) -> None:
    bulletin = published(world.session, rules)
    with zipfile.ZipFile(io.BytesIO(printing.docx(bulletin))) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    said = Document(io.BytesIO(printing.docx(bulletin))).core_properties
    assert said.created.date().isoformat() == "2026-11-22"  # midnight in Shanghai, in UTC
    assert said.modified == said.created


def test_the_word_file_has_the_red_head_of_official_documents(world, rules) -> None:
    document = Document(io.BytesIO(printing.docx(published(world.session, rules))))
    page = document.sections[0]
    assert [round(side.mm) for side in (page.top_margin, page.left_margin)] == [37, 28]
    words = [paragraph.text for paragraph in document.paragraphs]
    assert words[0] == "浙江省大型科研仪器开放共享通报"
    assert words[1] == "大仪通报〔2026〕1号"
    assert "关于2026年9—10月大型科研仪器运行使用与开放共享情况的通报" in words
    assert "2026年11月23日" in words
    assert str(document.paragraphs[0].runs[0].font.color.rgb) == "C00000"
    assert len(document.tables) == 2


def test_every_percentage_names_its_basis(world, rules) -> None:
    document = Document(io.BytesIO(printing.docx(published(world.session, rules))))
    said = "".join(paragraph.text for paragraph in document.paragraphs)
    assert "年定额机时：通用 1400 小时、专用 800 小时" in said
    assert "占有效机时" in said


def test_the_annex_names_idle_instruments_and_the_public_paper_does_not(
    world, sensors, rules
) -> None:
    runs(sensors, world.instrument, 5)
    bulletin = published(world.session, rules)
    idle = computing.listed(world.session, bulletin, ["idle"])
    assert "场发射扫描电子显微镜" not in words_of(printing.docx(bulletin))
    assert "场发射扫描电子显微镜" in words_of(printing.docx(bulletin, idle))
    assert printing.pdf(bulletin, idle) != printing.pdf(bulletin)


def words_of(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("word/document.xml").decode()


def test_the_figures_are_those_of_the_units_of_the_region(world, sensors, rules, build) -> None:
    build.instrument(world.session, world.other, inner_id="x", share_mode="internal")
    runs(sensors, world.instrument, 5)
    content = computed(world.session, rules).content
    assert content["total"]["units"] == 2
    assert content["total"]["instruments"] == 2
    assert content["total"]["opening"] == "50.0"
    assert [city["code"] for city in content["cities"]] == ["330100", "330200"]
    assert content["total"]["verdicts"]["idle"] == 1
    assert content["total"]["verdicts"]["unknown"] == 1


# --- replies, publishing, corrections


def administrator(world, unit) -> Actor:
    return world.actor(world.administrator, Grant("unit_administrator", unit_id=unit.id))


def test_a_unit_replies_for_itself_until_publishing(world, rules) -> None:
    session = world.session
    bulletin = computed(session, rules)
    row = publishing.of_unit(session, bulletin, world.unit.id)
    with pytest.raises(NotAllowed):
        publishing.reply(session, row, "confirmed", "", by=administrator(world, world.other))
    with pytest.raises(ReplyRefused):
        publishing.reply(session, row, "objection", " ", by=administrator(world, world.unit))
    publishing.reply(session, row, "objection", "电镜检修两周", by=administrator(world, world.unit))
    assert [one.unit_id for one in publishing.objections(session, bulletin)] == [world.unit.id]
    publishing.publish(session, bulletin, signed_by=uuid7(), by=SYSTEM)
    with pytest.raises(ReplyRefused):
        publishing.reply(session, row, "confirmed", "", by=administrator(world, world.unit))


def test_publishing_again_changes_nothing_and_numbers_go_on(world, rules, clock) -> None:
    session = world.session
    bulletin = published(session, rules)
    again = publishing.publish(session, bulletin, signed_by=uuid7(), by=SYSTEM)
    assert (again.document_year, again.document_number) == (2026, 1)
    with pytest.raises(BulletinPublished):
        computing.compute(session, close(session, wanted=PERIOD), rules, by=SYSTEM)
    corrected = computing.compute(
        session, close(session, wanted=PERIOD), rules, reason="数据更正", by=SYSTEM
    )
    publishing.publish(session, corrected, signed_by=uuid7(), by=SYSTEM)
    assert (corrected.document_number, bulletin.status) == (2, "replaced")
    assert [one.id for one in publishing.published(session)] == [corrected.id]


def test_only_the_process_publishes(world, rules) -> None:
    with pytest.raises(NotAllowed):
        publishing.publish(
            world.session, computed(world.session, rules), signed_by=uuid7(),
            by=Actor(uuid7(), "科技", (OFFICER,)),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "seen"),
    [
        ("bulletin", (1, 1, 1, 1)),
        ("bulletin_unit", (0, 1, 0, 1)),
        ("bulletin_item", (0, 1, 0, 1)),
    ],
)
def test_everybody_sees_the_bulletin_and_only_its_own_people_the_instruments(
    world, rules, table, seen
) -> None:
    public, unit, other, official = seen
    published(world.session, rules)

    def count(actor: Actor) -> int:
        set_scope(world.session, actor)
        try:
            return world.session.scalar(text(f"select count(*) from {table}")) or 0
        finally:
            set_scope(world.session, SYSTEM)

    assert count(world.actor(world.user)) == public
    assert count(administrator(world, world.unit)) == unit
    assert count(administrator(world, world.other)) == other
    assert count(Actor(uuid7(), "省", (OFFICER,))) == official


def test_a_draft_is_seen_by_officials_of_the_region_only(world, rules) -> None:
    bulletin = computed(world.session, rules)
    for actor, sees in (
        (world.actor(world.user), 0),
        (administrator(world, world.unit), 0),
        (Actor(uuid7(), "省", (OFFICER,)), 1),
    ):
        set_scope(world.session, actor)
        seen = world.session.scalar(text("select count(*) from bulletin where status = 'draft'"))
        set_scope(world.session, SYSTEM)
        assert (seen or 0) == sees
    assert bulletin.status == "draft"


# --- after the bulletin


def test_an_idle_instrument_is_measured_again_by_the_same_yardstick(
    world, sensors, rules, clock
) -> None:
    session = world.session
    runs(sensors, world.instrument, 5)
    bulletin = published(session, rules)
    (item,) = bulletin.items
    basis = Basis.read(dict(bulletin.rules["basis"]))
    later = bimonth(2026, 6)
    with pytest.raises(PeriodNotOver):
        remeasuring.measure_again(session, item, later, "bulletin_idle", basis, by=SYSTEM)
    sensors.record(world.instrument, "running", later.start, later.start + timedelta(hours=300))
    sensors.record(world.instrument, "off", later.start + timedelta(hours=300), later.end)
    clock.at = datetime(2027, 1, 5, tzinfo=SHANGHAI)
    found = remeasuring.measure_again(session, item, later, "bulletin_idle", basis, by=SYSTEM)
    again = remeasuring.measure_again(session, item, later, "bulletin_idle", basis, by=SYSTEM)
    assert (found.verdict, again.id) == ("normal", found.id)
    assert session.get(BulletinItem, item.id).verdict == "idle"
