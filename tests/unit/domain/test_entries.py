"""Entries: what is prefilled, what is missing, the code, the same machine, the registration."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.national_inside import SensorsInside
from app.scenario_world import make_world
from domain.entries import codes, entries, fields, national, registration, same_machine, signals
from domain.entries.entries import AssetCard, Origin
from domain.entries.errors import EntryClosed, EntryIncomplete, EntryNotEntitled, NoCompanyPrefix
from domain.entries.fields import Contact, NationalFields
from domain.entries.models import Entry
from domain.instruments import search
from domain.instruments.models import Instrument
from domain.organisations.models import Unit
from engine.actors import SYSTEM, Actor
from engine.clock import FixedClock, SystemClock
from engine.db import set_scope
from engine.errors import NotFound

GIVEN: dict[str, Any] = {
    "units": {
        "大学": {"region": "330106", "gs1_prefix": "6901234"},
        "别的大学": {"region": "330109"},
    },
    "people": {
        "机主": {"unit": "大学", "roles": ["instrument_manager"]},
        "管理员": {"unit": "大学", "roles": ["unit_administrator"]},
        "学生": {"unit": "大学"},
        "别校": {"unit": "别的大学", "roles": ["instrument_manager"]},
        "科技": {"roles": ["department_officer@33:science"]},
        "外市": {"roles": ["department_officer@3302:science"]},
    },
    "instruments": {
        "电镜": {"unit": "大学", "managers": ["机主"], "maker": "日立", "model": "SU8600"},
    },
    "purchases": {
        "两台": {"applicant": "机主", "name": "质谱仪", "quantity": 2, "valid_months": 12},
        "不同意": {"applicant": "机主", "name": "质谱仪", "conclusion": "reject"},
    },
}
CARD = AssetCard("ZC-1", "质谱仪", 318.5, date(2026, 11, 20), "SN-1")
FIELDS = NationalFields(
    cname="质谱仪",
    ename="Mass spectrometer",
    inner_id="LA-1",
    class_code="010201",
    source="purchase",
    worth_wan=318.5,
    nation="德国",
    maker="布鲁克",
    model="timsTOF",
    begin_date=date(2026, 11, 20),
    kind="general",
    specs="分辨率 60000",
    functions="蛋白质组",
    services="鉴定",
    rules="预约",
    fee="600 元/时",
    street="301",
    run_hours=1400,
    service_hours=400,
    department="中心",
    subjects="生物学、化学",
    funds=["local"],
)
CONTACT = Contact("王芳", "13800000001", "w@example.cn", "余杭塘路", "310058")


@dataclass
class Place:
    session: Session
    people: dict[str, Actor]
    values: dict[str, str]

    def open(self, card: AssetCard = CARD, who: str = "机主", **origin: str) -> Entry:
        ids = {f"{key}_id": UUID(self.values[name]) for key, name in origin.items()}
        return entries.open_entry(self.session, uuid4(), card, Origin(**ids), by=self.people[who])

    def filled(self, card: AssetCard = CARD, **changes: Any) -> Entry:
        entry = self.open(card)
        given = replace(FIELDS, **changes)
        return entries.keep_fields(self.session, entry.public_id, given, CONTACT)

    def ready(self, **changes: Any) -> Entry:
        entry = self.filled(**changes)
        codes.issue(self.session, entry.public_id)
        registration.waive(self.session, entry.public_id, "直流", by=self.people["科技"].id)
        return registration.approve(self.session, entry.public_id, by=self.people["科技"].id)


@pytest.fixture
def place(session: Session) -> Place:
    world = make_world(session, GIVEN)
    return Place(session, dict(world.people), dict(world.values))


@pytest.mark.parametrize(
    ("who", "origin", "reason"),
    [
        ("学生", {}, "no_role"),
        ("科技", {}, "no_role"),
        ("机主", {"purchase": "不同意"}, "not_approved"),
        ("别校", {"purchase": "两台"}, "other_unit"),
        ("别校", {"instrument": "电镜"}, "other_unit"),
    ],
)
def test_who_enters_what(place: Place, who: str, origin: dict[str, str], reason: str) -> None:
    with pytest.raises(EntryNotEntitled) as refused:
        place.open(who=who, **origin)
    assert refused.value.params == {"reason": reason}


def test_as_many_entries_as_sets_were_approved_and_only_while_the_conclusion_is_valid(
    place: Place, clock: FixedClock
) -> None:
    first = place.open(purchase="两台")
    place.open(replace(CARD, asset_no="ZC-2"), purchase="两台")
    with pytest.raises(EntryNotEntitled, match="every approved set"):
        place.open(replace(CARD, asset_no="ZC-3"), purchase="两台")
    entries.close(place.session, first.public_id, "withdrawn")
    clock.at += timedelta(days=366)
    with pytest.raises(EntryNotEntitled, match="expired"):
        place.open(purchase="两台")


def test_what_is_known_is_not_asked_again(place: Place) -> None:
    assert place.open(instrument="电镜").fields["model"] == "SU8600"
    of_card = place.open(replace(CARD, asset_no="ZC-9")).fields
    assert of_card["begin_date"] == {"@type": "date", "@value": "2026-11-20"}
    assert "model" not in of_card


def test_the_manager_of_an_entry_by_the_office_is_one_of_the_units(place: Place) -> None:
    assert place.open(who="管理员").manager_id == place.people["机主"].id


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, []),
        ({"class_code": "880000"}, ["class_code"]),
        ({"class_code": "990000"}, []),
        ({"run_hours": 9000}, ["run_hours"]),
        ({"subjects": "一，二，三，四，五"}, ["subjects"]),
        ({"funds": ["别的"]}, ["funds"]),
        ({"ename": " ", "specs": "长" * 501}, ["ename", "specs"]),
    ],
)
def test_the_checklist_names_each_missing_field(
    place: Place, changes: dict[str, Any], missing: list[str]
) -> None:
    entry = place.filled(**changes)
    assert fields.missing(entry.fields, entry.contact) == missing
    assert registration.lacking(entry) == [*missing, "giai", "sensor"]


def test_a_wrong_postcode_is_named_as_the_contacts(place: Place) -> None:
    wrong = asdict(replace(CONTACT, postcode="31005"))
    assert fields.missing(place.filled().fields, wrong) == ["contact.postcode"]
    assert fields.label("contact.postcode")[1] == "Postcode"


def test_codes_are_consecutive_over_entries_and_instruments_and_never_used_again(
    place: Place,
) -> None:
    session = place.session
    first = place.filled()
    code = codes.issue(session, first.public_id)
    assert codes.issue(session, first.public_id) == code
    entries.close(session, first.public_id, "withdrawn")
    instrument = session.scalars(select(Instrument)).one()
    instrument.giai = code[:-6] + "000005"
    session.flush()
    second = codes.issue(session, place.filled().public_id)
    assert (code[-6:], second[-6:]) == ("000001", "000006")
    with pytest.raises(NoCompanyPrefix):
        codes.issue(session, place.open(who="别校").public_id)


def test_the_database_gives_no_code_twice(place: Place) -> None:
    """The twin: a writer that forgets to look is stopped."""
    code = codes.issue(place.session, place.filled().public_id)
    other = place.filled()
    with pytest.raises(DatabaseError, match="uq_entry_giai"):
        place.session.execute(
            text("update entry set giai = :code where id = :id"), {"code": code, "id": other.id}
        )


def test_the_same_asset_or_serial_is_certain_and_a_likeness_only_likely(place: Place) -> None:
    session = place.session
    mine = place.filled()
    again = place.filled()
    assert [t.because for t in same_machine.twins(session, again, least=0.8)] == [("asset_no",)]
    serial = place.filled(replace(CARD, asset_no="ZC-7"))
    found = same_machine.twins(session, serial, least=0.8)
    assert {t.because for t in found} == {("serial", "maker")}
    like = place.filled(
        replace(CARD, asset_no="ZC-8", serial_no=None),
        cname="电镜",
        maker=" 日立",
        model="su 8600",
        worth_wan=100,
    )
    (twin,) = same_machine.twins(session, like, least=0.8)
    assert (twin.kind, twin.score) == ("instrument", 0.95)
    other = place.filled(replace(CARD, asset_no="ZC-9", serial_no=None), model="别的型号")
    assert same_machine.twins(session, other, least=0.8) == []
    assert mine.status == "open"


def test_the_same_instrument_from_stock_is_not_its_own_twin(place: Place) -> None:
    entry = place.open(replace(CARD, serial_no=None), instrument="电镜")
    given = replace(FIELDS, cname="电镜", maker="日立", model="SU8600", worth_wan=100)
    entries.keep_fields(place.session, entry.public_id, given, CONTACT)
    assert same_machine.twins(place.session, entry, least=0.8) == []


def test_nothing_is_approved_or_registered_while_anything_is_missing(place: Place) -> None:
    entry = place.filled()
    with pytest.raises(EntryIncomplete) as refused:
        registration.approve(place.session, entry.public_id, by=SYSTEM.id)
    assert refused.value.params["missing"] == ["giai", "sensor"]
    codes.issue(place.session, entry.public_id)
    registration.bind_sensor(place.session, entry.public_id, "CT-1")
    registration.note_signal(place.session, entry.public_id, "silent")
    assert registration.lacking(entry) == ["sensor"]
    with pytest.raises(EntryIncomplete):
        registration.register(place.session, entry.public_id)


def test_a_registered_instrument_is_in_the_network_and_not_shared_yet(place: Place) -> None:
    entry = place.ready()
    instrument = registration.register(place.session, entry.public_id)
    assert (instrument.giai, instrument.share_mode) == (entry.giai, "none")
    assert instrument.worth_fen == 318_500_000
    found = search(place.session, "timsTOF").items
    assert [one.public_id for one in found] == [instrument.public_id]
    assert instrument.manager_ids == [place.people["机主"].id]
    with pytest.raises(EntryClosed):
        registration.register(place.session, entry.public_id)


def test_the_database_registers_nothing_without_code_and_sensor(place: Place) -> None:
    """The twin of the two tests above."""
    entry = place.filled()
    with pytest.raises(DatabaseError, match="ck_entry_registered"):
        place.session.execute(
            text("update entry set status = 'registered' where id = :id"), {"id": entry.id}
        )


def test_an_instrument_from_stock_is_renewed_not_doubled(place: Place) -> None:
    entry = place.open(instrument="电镜")
    entries.keep_fields(place.session, entry.public_id, FIELDS, CONTACT)
    codes.issue(place.session, entry.public_id)
    registration.waive(place.session, entry.public_id, "直流", by=SYSTEM.id)
    registration.approve(place.session, entry.public_id, by=SYSTEM.id)
    instrument = registration.register(place.session, entry.public_id)
    assert str(instrument.public_id) == place.values["电镜"]
    assert len(place.session.scalars(select(Instrument)).all()) == 1


def test_the_national_record_speaks_the_national_names(place: Place) -> None:
    record = national.record_of(place.session, place.ready(customs=True))
    unit = place.session.scalars(select(Unit).where(Unit.gs1_prefix.is_not(None))).one()
    assert record["insCode"] == unit.uscc
    assert (record["instrSupervise"], record["instrSource"]) == ("是", "购置")
    assert record["subject"] == ["生物学", "化学"]
    assert record["funds"] == ["地方财政资金"]
    assert record["beginDate"] == "2026-11-20"
    assert (record["province"], record["city"]) == ("浙江省", "杭州市")
    assert record["postalcode"] == "310058"


def test_a_sensor_is_heard_silent_or_nobody_listens(place: Place, clock: FixedClock) -> None:
    hour: tuple[datetime, datetime] = (clock.at - timedelta(hours=1), clock.at)
    before = signals.wire_played(SensorsInside({"CT-1": 23}))
    try:
        heard = [
            signals.listen(place.session, s, *hour, least_samples=24) for s in ("CT-1", "CT-2")
        ]
        assert [(h.signal, h.samples) for h in heard] == [("silent", 23), ("ok", 100)]
        place.session.info["clock"] = SystemClock()
        assert signals.listen(place.session, "CT-1", *hour, least_samples=1).signal == "not_wired"
    finally:
        place.session.info["clock"] = clock
        signals.wire_played(before)


def test_played_time_never_reaches_the_real_national_platform(place: Place) -> None:
    class Real:
        def push(self, *_args: object, **_named: object) -> national.Answer:
            raise AssertionError("reached")

    national.wire(Real())
    try:
        assert not isinstance(national.of(place.session), Real)
        place.session.info["clock"] = SystemClock()
        assert isinstance(national.of(place.session), Real)
    finally:
        national.wire(None)


def test_personal_contacts_are_masked(place: Place) -> None:
    assert entries.masked(asdict(CONTACT))["phone"] == "138****"


def test_who_sees_an_entry(place: Place) -> None:
    entry_id = place.open().public_id
    seen = set()
    for name, actor in place.people.items():
        set_scope(place.session, actor)
        try:
            entries.read(place.session, entry_id)
        except NotFound:
            continue
        seen.add(name)
    assert seen == {"机主", "管理员", "科技"}
