"""A unit's ledger: taken once, every row accounted for, a bad row alone refused."""

import io
import threading
from collections.abc import Iterator
from datetime import date

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from domain.errors import InvalidValue
from domain.instruments import Instrument
from domain.instruments.imports import ImportBatch, ImportRow
from domain.instruments.ledger import import_file
from domain.instruments.ledger.values import Unreadable, amount, fen, plain, read_date
from engine.actors import SYSTEM, Actor, Grant
from engine.db import connect, set_scope

HEAD = "资产编号,仪器名称,规格型号,生产厂家,分类编码,原值（元）,启用日期\n"
GOOD = HEAD + (
    'A001,场发射扫描电镜,SU8010,日立,010103,"3,500,000.00",2021.3.5\n'
    "A002,核磁共振波谱仪,Avance NEO 600,布鲁克,010601,720万元,二〇二一年三月十五日\n"
    "A003,ＬＣ－ＭＳ,ＴＱ６５００＋,SCIEX,010201,2100000,44260\n"
)


@pytest.fixture
def unit(session: Session, build):
    made = build.unit(session, 1, "甲大学", "330106", "university")
    made.gs1_prefix = "6901234"
    session.flush()
    return made


def taken(session: Session, unit, text_: str, name: str = "台账.csv") -> ImportBatch:
    return import_file(session, unit, name, text_.encode(), by=SYSTEM).batch


def rows_of(session: Session, batch: ImportBatch) -> list[ImportRow]:
    query = select(ImportRow).where(ImportRow.batch_id == batch.id).order_by(ImportRow.row)
    return list(session.scalars(query))


def counts(batch: ImportBatch) -> tuple[int, int, int, int]:
    return batch.total, batch.ok, batch.warned, batch.rejected


def test_rows_become_instruments_that_wait_to_enter(session: Session, unit) -> None:
    batch = taken(session, unit, GOOD)
    assert counts(batch) == (3, 3, 0, 0)
    made = {i.inner_id: i for i in session.scalars(select(Instrument))}
    assert [(i.worth_fen, i.begin_date, i.lifecycle, i.share_mode) for i in made.values()] == [
        (350_000_000, date(2021, 3, 5), "pending", "internal"),
        (720_000_000, date(2021, 3, 15), "pending", "internal"),
        (210_000_000, date(2021, 3, 5), "pending", "internal"),
    ]
    assert (made["A003"].name_zh, made["A003"].model) == ("LC-MS", "TQ6500+")
    assert [row.instrument_id for row in rows_of(session, batch)] == [
        i.public_id for i in made.values()
    ]


def test_the_same_file_has_no_second_effect(session: Session, unit, build) -> None:
    first = import_file(session, unit, "a.csv", GOOD.encode(), by=SYSTEM)
    again = import_file(session, unit, "renamed.csv", GOOD.encode(), by=SYSTEM)
    assert (first.repeated, again.repeated) == (False, True)
    assert again.batch.id == first.batch.id
    assert len(session.scalars(select(Instrument)).all()) == 3
    other = build.unit(session, 2, "乙所", "330211", "institute")
    assert not import_file(session, other, "a.csv", GOOD.encode(), by=SYSTEM).repeated


def test_every_bad_cell_is_named_with_row_column_and_value(session: Session, unit) -> None:
    batch = taken(
        session,
        unit,
        HEAD + "B1,电镜,X,Y,010103,三百万,2021-01-01\n"
        "B2,,X,Y,010103,3000000,2021-01-01\n"
        "B3,质谱,X,Y,其他类,3000000,2021年13月\n"
        "B4,色谱,X,Y,0101,3000000,2021年5月\n"
        "B4,色谱,X,Y,010501,3000000,2021-01-01\n"
        f"B5,{'长' * 101},X,Y,010501,3000000,2021-01-01\n",
    )
    assert counts(batch) == (6, 0, 1, 5)
    said = {row.row: [(p["column"], p["code"]) for p in row.problems] for row in batch.rows}
    assert said == {
        2: [("原值（元）", "money")],
        3: [("仪器名称", "missing")],
        4: [("分类编码", "class_unknown"), ("启用日期", "date")],
        5: [("分类编码", "class_unknown"), ("启用日期", "day_assumed")],
        6: [("资产编号", "twice")],
        7: [("仪器名称", "too_long")],
    }
    (money,) = rows_of(session, batch)[0].problems
    assert (money["value"], money["zh"], money["en"]) == (
        "三百万", "“原值（元）”不是金额：三百万", "“原值（元）” is no amount: 三百万",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "value", "expected", "warned"),
    [
        ("原值（万元）", "35.60", 35_600_000, 0),
        ("原值(元)", "356000", 35_600_000, 0),
        ("原值", "356000", 35_600_000, 0),
        ("原值", "35.6", 35_600_000, 1),
        ("原值（元）", "35.6万", 35_600_000, 0),
        ("单价", "￥356,000.00元", 35_600_000, 0),
    ],
)
def test_yuan_and_ten_thousands_are_told_apart(
    session: Session, unit, heading: str, value: str, expected: int, warned: int
) -> None:
    head = f"资产编号,名称,{heading},启用日期\n"
    batch = taken(session, unit, f'{head}A1,电镜,"{value}",2021-01-01\n')
    assert session.scalars(select(Instrument.worth_fen)).one() == expected
    assert batch.warned == warned


def test_a_poisoned_row_leaves_nothing_and_the_others_go_on(session: Session, unit) -> None:
    text_ = HEAD + "P1,好一,X,Y,010103,3000000,2021-01-01\n"
    text_ += "P2,坏\0坏,X,Y,010103,99999999999999999999,2021-01-01\n"
    text_ += "P3,好二,X,Y,010103,3000000,2021-01-01\n"
    batch = taken(session, unit, text_)
    assert counts(batch) == (3, 2, 0, 1)
    (problem,) = rows_of(session, batch)[1].problems
    assert problem["code"] == "not_stored"
    assert set(session.scalars(select(Instrument.inner_id))) == {"P1", "P3"}


def test_a_known_instrument_is_left_as_it_is(session: Session, unit, build) -> None:
    known = build.instrument(session, unit, inner_id="A001", name_zh="原来的名称")
    batch = taken(session, unit, GOOD)
    assert counts(batch) == (3, 2, 1, 0)
    assert known.name_zh == "原来的名称"
    assert rows_of(session, batch)[0].instrument_id == known.public_id


def test_asset_codes_in_any_order_stay_unique(session: Session, unit) -> None:
    head = "资产编号,名称,原值（元）,启用日期,GIAI\n"
    good = "6901234ZJ00012021000001"
    first = taken(session, unit, f"{head}A1,电镜,3000000,2021-01-01,{good}\n")
    assert counts(first) == (1, 1, 0, 0)
    second = taken(
        session,
        unit,
        f"{head}A2,质谱,3000000,2021-01-01,{good}\nA3,色谱,3000000,2021-01-01,ABC12345\n",
    )
    assert counts(second) == (2, 0, 0, 2)
    codes = [row.problems[0]["code"] for row in rows_of(session, second)]
    assert codes == ["giai_taken", "giai"]


def _workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_with_a_title_above_its_headings(session: Session, unit) -> None:
    content = _workbook(
        [
            ["甲大学 2021 年固定资产台账"],
            ["资产编号", "仪器名称", "型号", "原值（万元）", "启用日期"],
            ["A1", "电镜", "SU8010", 350.5, date(2021, 3, 5)],
            [None, None, None, None, None],
            ["A2", "质谱", 7900, 210, 44260],
        ]
    )
    done = import_file(session, unit, "台账.xlsx", content, by=SYSTEM)
    assert counts(done.batch) == (2, 2, 0, 0)
    found = session.scalars(select(Instrument).order_by(Instrument.inner_id)).all()
    assert [(i.model, i.worth_fen, i.begin_date) for i in found] == [
        ("SU8010", 350_500_000, date(2021, 3, 5)),
        ("7900", 210_000_000, date(2021, 3, 5)),
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pdf", b"x", "type"),
        ("a.xlsx", b"x", "type"),
        ("a.csv", "一,二,三\n1,2,3\n".encode(), "headings"),
        ("a.csv", b"\xff\xff\x81", "encoding"),
        ("a.csv", b"", "headings"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused(
    session: Session, unit, name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(InvalidValue) as caught:
        import_file(session, unit, name, content, by=SYSTEM)
    assert caught.value.params["reason"] == reason
    assert session.scalars(select(ImportBatch)).all() == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2021.3.5", date(2021, 3, 5)), ("2021/03/05", date(2021, 3, 5)),
        ("20210305", date(2021, 3, 5)), ("44260", date(2021, 3, 5)),
        ("44260.0", date(2021, 3, 5)), ("2021年3月5日", date(2021, 3, 5)),
        ("二〇二一年三月五日", date(2021, 3, 5)), ("二〇二一年", date(2021, 1, 1)),
        ("二○二一年十二月三十一日", date(2021, 12, 31)), ("２０２１－０３－０５", date(2021, 3, 5)),
        ("2021-03-05 00:00:00", date(2021, 3, 5)), ("2021-03", date(2021, 3, 1)),
    ],
)  # fmt: skip
def test_dates_in_every_fashion(written: str, expected: date) -> None:
    assert read_date(written).value == expected


@pytest.mark.parametrize("written", ["", "昨天", "2021-02-30", "1900-01-01", "12", "99999"])
def test_what_is_no_date_is_not_guessed(written: str) -> None:
    with pytest.raises(Unreadable):
        read_date(written)


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)))
def test_a_date_is_read_as_it_was_meant(day: date) -> None:
    for form in ("%Y-%m-%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日"):
        assert read_date(day.strftime(form)).value == day


@given(st.integers(0, 10**12))
def test_money_is_whole_fen(number: int) -> None:
    assert fen(*amount(f"{number / 100:.2f}")) == round(number / 100 * 100)


@given(st.text(max_size=60))
def test_a_cell_is_read_or_refused_but_never_breaks(written: str) -> None:
    for reader in (read_date, amount):
        try:
            reader(written)
        except Unreadable:
            continue
    assert plain(plain(written)) == plain(written)


class TestConcurrently:
    """Two imports of one file at once, on the test's own database."""

    @pytest.fixture
    def session(self, sessions: sessionmaker[Session]) -> Iterator[Session]:
        with sessions() as open_session:
            set_scope(open_session, SYSTEM)
            yield open_session

    def _both(self, sessions: sessionmaker[Session], unit) -> list[object]:
        results: list[object] = []
        barrier = threading.Barrier(2)

        def take() -> None:
            with sessions() as session:
                set_scope(session, SYSTEM)
                barrier.wait(30)
                try:
                    results.append(
                        import_file(session, unit, "a.csv", GOOD.encode(), by=SYSTEM).repeated
                    )
                    session.commit()
                except SQLAlchemyError as error:
                    results.append(error)
                    session.rollback()

        threads = [threading.Thread(target=take) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    def test_one_takes_it_and_the_other_is_told(self, session, sessions, unit) -> None:
        session.commit()
        assert sorted(self._both(sessions, unit)) == [False, True]
        assert len(session.scalars(select(Instrument)).all()) == 3

    def test_without_the_key_of_the_content_both_would_take_it(
        self, session, sessions, unit, database
    ) -> None:
        """The sabotage twin: the same check catches a table without its key."""
        session.commit()
        owner = connect(database.owner_url, isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            connection.execute(
                text("alter table import_batch drop constraint uq_import_batch_unit_id_file_hash")
            )
        owner.dispose()
        assert sorted(self._both(sessions, unit), key=str) != [False, True]

    def test_a_report_is_seen_by_the_unit_and_its_region_only(self, session, unit, build) -> None:
        person = build.person(session, "王芳", unit)
        import_file(session, unit, "a.csv", GOOD.encode(), by=SYSTEM)
        session.commit()
        manager = Actor(person.public_id, "王芳", (Grant("unit_administrator", unit_id=unit.id),))
        other = Actor(person.public_id, "别人", (Grant("auditor", region="3302"),))
        for reader, sees in ((manager, 3), (other, 0)):
            set_scope(session, reader)
            assert session.scalar(text("select count(*) from import_row")) == sees
            session.commit()
