"""How names, makers, kinds and models are written, and what they come down to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.lexicon import tables
from domain.lexicon.codes import codes_in, model_key
from domain.lexicon.entries import Entry
from domain.lexicon.kinds import kinds, kinds_in, said_of, with_wider
from domain.lexicon.makers import maker_of
from domain.lexicon.sounds import as_syllables, initials_of, sound_of
from domain.lexicon.text import bare_name, folded, normalised, tokens

WRITTEN = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("傅立叶氣相色譜儀电镜ＳＥＭ（）【】－O0 ·ﬁßİ"),
    ),
    max_size=40,
)


@given(WRITTEN)
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)
    assert bare_name(bare_name(text)) == bare_name(bare_name(bare_name(text)))


@given(WRITTEN)
def test_whatever_is_written_can_be_read(text: str) -> None:
    entry = Entry(text, model=text, maker=text, category=text, specs=text)
    assert entry.kinds <= set(kinds())
    assert all(token.strip() == token for token in tokens(normalised(text)))
    assert folded(folded(text)) == folded(text)
    assert isinstance(entry.key, str)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (" ＬＣ－ＭＳ／ＭＳ（高分辨）", "lc-ms/ms(高分辨)"),
        ("傅立葉變換紅外光譜儀", "傅里叶变换红外光谱仪"),
        ("基质辅助激光解析", "基质辅助激光解吸"),
        ("四级杆", "四极杆"),
    ],
)
def test_one_spelling_for_all(written: str, expected: str) -> None:
    assert normalised(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("【莱迪】冷冻替代仪1", "冷冻替代仪"),
        ("电镜（2号机）", "电镜"),
        ("离心机#3", "离心机"),
        ("[A栋]质谱仪-2", "质谱仪"),
        ("LSM 980", "lsm 980"),
        ("LCQ Classic #1", "lcq classic"),
    ],
)
def test_tags_and_unit_numbers_are_no_part_of_a_name(written: str, expected: str) -> None:
    assert bare_name(written) == expected


@pytest.mark.parametrize(
    ("written", "maker"),
    [
        ("美国THERMO", "Thermo Fisher"),
        ("FEI", "Thermo Fisher"),
        ("日本岛津公司", "Shimadzu"),
        ("日本岛津", "Shimadzu"),
        ("BACKMAN", "Beckman"),
        ("ABI/美国", "Thermo Fisher"),
        ("赛多利斯科学仪器（北京）有限公司", "Sartorius"),
        ("sartorius", "Sartorius"),
        ("Carl Zeiss AG", "Zeiss"),
        ("是德科技", "Keysight"),
        ("某某仪器厂", "某某仪器厂"),
        ("", ""),
    ],
)
def test_a_maker_has_one_name_however_it_is_written(written: str, maker: str) -> None:
    assert maker_of(written) == maker


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("场发射扫描电镜", {"fesem"}),
        ("扫描电镜", {"sem"}),
        ("电镜", {"sem", "tem"}),
        ("SEM 电镜", {"sem"}),
        ("X射线衍射仪", {"xrd"}),
        ("ICP质谱", {"icpms"}),
        ("LC-MS/MS", {"lcmsms"}),
        ("liquid chromatography-tandem mass spectrometry", {"lcmsms"}),
        ("冷冻替代仪", set()),
    ],
)
def test_a_name_an_abbreviation_or_a_synonym_tells_the_kind(written: str, expected: set) -> None:
    assert kinds_in(written) == expected


def test_kinds_know_wider_ones_and_what_they_are_called() -> None:
    assert with_wider(frozenset({"lcmsms"})) == {"lcmsms", "lcms", "ms"}
    assert {"SEM", "FESEM", "扫描电镜"} <= set(said_of(frozenset({"fesem"})).split())
    assert all(kind.of in ("", *kinds()) for kind in kinds().values())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("SU-8010", "SU8O10", True),
        ("UW-620H", "UW620H", True),
        ("Zeiss Gemini 300", "GEMINI-300", True),
        ("LSM 980 NLO", "LSM 980", False),
        ("6500+", "6500", False),
        ("LSM 880", "LSM 900", False),
    ],
)
def test_separators_fold_away_and_suffixes_stay(one: str, other: str, same: bool) -> None:
    assert (model_key(one, "蔡司") == model_key(other, "蔡司")) is same


def test_codes_are_words_with_digits_that_measure_nothing() -> None:
    assert codes_in("分辨率 0.7 nm，15 kV，10 位") == frozenset()
    assert {"su8010", "lsm980nlo"} <= codes_in("SU8010 与 LSM 980 NLO")


def test_pinyin_and_first_letters() -> None:
    assert sound_of("扫描电镜") == ("sao", "miao", "dian", "jing", "|")
    assert initials_of("扫描电镜 sem") == ["smdj"]
    assert as_syllables("saomiaodianjing") == ("sao", "miao", "dian", "jing")
    assert as_syllables("sem") == ()


def test_every_row_of_the_data_names_its_source() -> None:
    for name in ("variants", "makers", "models", "chmo_terms"):
        assert all(row["source"] for row in tables.rows(name)), name
    known = set(kinds())
    assert {row["kind"] for row in tables.rows("models")} <= known
    assert {row["kind"] for row in tables.rows("chmo_terms")} <= known
    assert len(tables.version()) == 12
