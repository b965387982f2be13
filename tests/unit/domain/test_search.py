import pytest
from sqlalchemy.orm import Session

from domain import instruments
from domain.instruments import Filters, Instrument, catalogue, class_name, search
from engine.errors import NotFound


@pytest.fixture
def shelf(session: Session, build) -> dict[str, Instrument]:
    """Five instruments in two units of two cities, and one that has left the network."""
    university = build.unit(session, 1, "浙江某大学", "330106", "university")
    university.short_names = "浙某大 ZMU"
    institute = build.unit(session, 2, "宁波某所", "330211", "institute")
    things = {
        "sem": (university, {}),
        "nmr": (
            university,
            {
                "name_zh": "核磁共振波谱仪",
                "name_en": "Nuclear magnetic resonance spectrometer",
                "class_code": "010601",
                "maker": "Bruker",
                "model": "Avance NEO 600",
                "share_mode": "internal",
            },
        ),
        "lcms": (
            institute,
            {
                "name_zh": "液相色谱-三重四极杆质谱联用仪",
                "name_en": "Liquid chromatograph triple-quadrupole mass spectrometer",
                "class_code": "010201",
                "maker": "SCIEX",
                "model": "Triple Quad 6500+",
                "functions": "100% 定量",
                "services": "农药残留",
            },
        ),
        "tester": (
            institute,
            {
                "name_zh": "电子万能材料试验机",
                "name_en": "Universal testing machine",
                "class_code": "020101",
                "maker": "Instron",
                "model": "5982",
                "run_status": "repair",
                "functions": "断口可用扫描电子显微镜观察",
            },
        ),
        "semi": (
            institute,
            {
                "name_zh": "参数分析仪",
                "name_en": "Semiconductor parameter analyser",
                "class_code": "080501",
                "maker": "Keithley",
                "model": "4200A",
            },
        ),
        "gone": (university, {"lifecycle": "retired"}),
    }
    made = {
        key: build.instrument(session, unit, inner_id=key, **values)
        for key, (unit, values) in things.items()
    }
    catalogue.refresh(session, with_own=True)
    return made


def _found(session: Session, text: str, **more) -> list[str]:
    return [item.inner_id for item in search(session, text, **more).items]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("扫描电子显微镜", ["sem", "tester"]),
        ("扫描电镜", ["sem"]),
        ("电镜 蔡司", ["sem"]),
        ("蔡司", ["sem"]),
        ("ZEISS gemini", ["sem"]),
        ("gemini300", ["sem"]),
        ("ＧＥＭＩＮＩ", ["sem"]),
        ("SEM", ["sem", "semi"]),
        ("核磁", ["nmr"]),
        ("NMR 600", ["nmr"]),
        ("液质", ["lcms"]),
        ("LC-MS/MS", ["lcms"]),
        ("浙某大", ["sem", "nmr"]),
        ("质谱仪器", ["lcms"]),
        ("农残", ["lcms"]),
        ("100%", ["lcms"]),
        ("_%", []),
        ("saomiaodianjing", ["sem"]),
        ("smdj", ["sem"]),
        ("掃描電鏡", ["sem"]),
        ("triple quad", ["lcms"]),
        ("爱博才思", ["lcms"]),
        ("仪 宁波", ["lcms", "semi", "tester"]),
        ("核磁 宁波", []),
    ],
)
def test_words_find_what_they_mean_best_first(shelf, session, text, expected) -> None:
    assert _found(session, text) == expected


def test_words_run_together_or_nearly_right_find_the_nearest(shelf, session) -> None:
    page = search(session, "蔡司扫描电镜")
    assert (page.relaxed, page.items[0].inner_id) == (True, "sem")
    assert search(session, "布鲁克核磁共振谱").items[0].inner_id == "nmr"
    assert not search(session, "核磁").relaxed
    nothing = search(session, "量子计算机")
    assert (nothing.total, nothing.items) == (0, [])


def test_a_filter_that_leaves_nothing_is_not_relaxed(shelf, session) -> None:
    page = search(session, "核磁", filters=Filters(region="3302"))
    assert (page.total, page.relaxed) == (0, False)


def test_without_words_everything_in_the_network_is_listed_usable_first(shelf, session) -> None:
    assert _found(session, "") == ["sem", "lcms", "semi", "nmr", "tester"]
    assert _found(session, "   ") == _found(session, "")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(region="330100"), ["sem", "nmr"]),
        (Filters(region="330106"), ["sem", "nmr"]),
        (Filters(region="33"), ["sem", "lcms", "semi", "nmr", "tester"]),
        (Filters(class_prefix="02"), ["tester"]),
        (Filters(class_prefix="0106"), ["nmr"]),
        (Filters(unit_kind="institute"), ["lcms", "semi", "tester"]),
        (Filters(share_mode="internal"), ["nmr"]),
        (Filters(bookable=True), ["sem", "lcms", "semi", "nmr"]),
        (Filters(region="3302", class_prefix="01"), ["lcms"]),
        (Filters(class_prefix="%"), []),
    ],
)
def test_filters_narrow_down(shelf, session, filters: Filters, expected: list[str]) -> None:
    assert _found(session, "", filters=filters) == expected


def test_a_unit_narrows_down_by_its_public_id(shelf, session) -> None:
    unit = shelf["lcms"].unit
    assert _found(session, "", filters=Filters(unit=unit.public_id)) == ["lcms", "semi", "tester"]


def test_counts_beside_the_list_say_what_each_choice_would_leave(shelf, session) -> None:
    page = search(session, "", filters=Filters(region="3301"))
    facets = {
        name: {value.value: value.count for value in values} for name, values in page.facets.items()
    }
    assert facets["city"] == {"3302": 3, "3301": 2}
    assert facets["class"] == {"01": 2}
    assert facets["share_mode"] == {"external": 1, "internal": 1}
    assert facets["unit"] == {str(shelf["sem"].unit.public_id): 2}
    assert [(v.zh, v.en) for v in page.facets["city"]] == [
        ("宁波市", "Ningbo"),
        ("杭州市", "Hangzhou"),
    ]
    for value in page.facets["city"]:
        left = search(session, "", filters=Filters(region=value.value))
        assert left.total == value.count


def test_pages_cut_the_list_without_loss_or_repetition(shelf, session) -> None:
    pages = [search(session, "", page=number, size=2) for number in (1, 2, 3, 4)]
    listed = [item.inner_id for page in pages for item in page.items]
    assert listed == _found(session, "")
    assert [(page.total, page.pages) for page in pages] == [(5, 3)] * 4
    assert search(session, "", page=-1, size=10**6).size == 100


def test_orders_other_than_relevance(shelf, session) -> None:
    shelf["tester"].worth_fen = 10**10
    session.flush()
    assert _found(session, "", order="worth")[0] == "tester"
    names = [item.name_zh for item in search(session, "", order="name").items]
    assert set(names) == {thing.name_zh for thing in shelf.values()}


def test_a_changed_instrument_is_found_by_its_new_words_only(shelf, session) -> None:
    shelf["sem"].maker, shelf["sem"].model = "Hitachi", "SU8600"
    session.flush()
    catalogue.refresh(session, with_own=True)
    assert _found(session, "日立") == ["sem"]
    assert _found(session, "蔡司") == []


def test_a_class_code_has_the_most_exact_name_known() -> None:
    assert class_name("010103")[0] == "电子光学仪器"
    assert class_name("019900")[1] == "Analytical instruments"
    assert class_name("990000") == ("990000", "990000")
    assert len(instruments.majors()) == 12


def test_reading_an_unknown_instrument_is_refused(shelf, session) -> None:
    assert instruments.read(session, shelf["sem"].public_id).unit.name_zh == "浙江某大学"
    with pytest.raises(NotFound):
        instruments.read(session, shelf["sem"].unit.public_id)
