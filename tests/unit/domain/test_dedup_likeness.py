"""The comparison: symmetric, the same everywhere, explained in both languages."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.dedup import generator, likeness, training
from domain.dedup.catalogues import Catalogue, Row
from domain.dedup.explain import reasons
from domain.lexicon.entries import Entry

MODELS = generator.models(part=0)
SEEDS = st.integers(0, 10_000)


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> training.Judge:
    return training.kept(tmp_path_factory.mktemp("home"))


def _two(seed: int) -> tuple[Entry, Entry]:
    writer = generator.Writer(str(seed))
    one = MODELS[seed % len(MODELS)]
    other = MODELS[(seed * 7 + seed % 3) % len(MODELS)]
    return writer.record(one).entry, writer.record(other).entry


@settings(deadline=None)
@given(SEEDS)
def test_swapping_two_instruments_changes_nothing(seed: int) -> None:
    one, other = _two(seed)
    assert likeness.features(one, other) == likeness.features(other, one)
    assert len(likeness.features(one, other)) == len(likeness.FEATURES)


@settings(deadline=None, max_examples=30)
@given(seed=SEEDS)
def test_both_answers_are_probabilities_and_the_same_model_has_the_same_function(
    judge: training.Judge, seed: int
) -> None:
    one, other = _two(seed)
    (answer,) = judge.compare(one, [other])
    assert 0 <= answer.same_model <= answer.same_function <= 1
    assert judge.compare(other, [one]) == [answer]


def test_training_twice_gives_the_same_judge(judge: training.Judge) -> None:
    again = training.make()
    assert (again.fingerprint, again.version) == (judge.fingerprint, judge.version)


def test_the_generator_makes_the_same_records_from_the_same_seed() -> None:
    first, second = (generator.pairs(seed="x", part=1, rounds=1)[:200] for _ in range(2))
    assert first == second
    assert generator.pairs(seed="y", part=1, rounds=1)[:200] != first


def test_training_and_measuring_share_no_family() -> None:
    names = [{(m.maker, m.name) for m in generator.models(part=part)} for part in (0, 1)]
    families = [{m.family for m in generator.models(part=part)} for part in (0, 1)]
    assert not families[0] & families[1]
    assert len(names[0] & names[1]) < 10


@pytest.mark.parametrize(
    ("one", "other", "model", "function"),
    [
        (Entry("扫描电镜", model="SU8010", maker="日立"),
         Entry("场发射扫描电子显微镜", model="SU-8010", maker="Hitachi"), True, True),
        (Entry("激光共聚焦显微镜", model="LSM 980", maker="蔡司"),
         Entry("激光扫描共聚焦显微镜", model="LSM 980 NLO", maker="Zeiss"), False, True),
        (Entry("激光共聚焦显微镜", model="LSM 880", maker="蔡司"),
         Entry("激光共聚焦显微镜", model="LSM 900", maker="蔡司"), False, True),
        (Entry("气相色谱仪", model="8890", maker="Agilent"),
         Entry("液相色谱仪", model="1260 Infinity", maker="Agilent"), False, False),
        (Entry("扫描电镜 SU8010"), Entry("扫描电镜", model="SU8010"), True, True),
    ],
)  # fmt: skip
def test_model_numbers_decide_the_model_and_kinds_the_function(
    judge: training.Judge, one: Entry, other: Entry, model: bool, function: bool
) -> None:
    (answer,) = judge.compare(one, [other])
    assert (answer.same_model >= 0.5, answer.same_function >= 0.5) == (model, function)


def test_the_sentences_say_what_agrees_what_differs_and_what_was_not_compared() -> None:
    wanted = Entry("场发射扫描电镜", model="SU-8010", maker="日立", category="010103",
                   specs="分辨率 1.0 nm；加速电压 30 kV")  # fmt: skip
    found = Entry("场发射扫描电子显微镜", model="SU8010", maker="Hitachi", category="010101",
                  specs="二次电子分辨率1.0nm")  # fmt: skip
    assert [(r.effect, r.zh, r.en) for r in reasons(wanted, found)] == [
        ("agrees", "型号相同：SU-8010 = SU8010", "Same model: SU-8010 = SU8010"),
        ("agrees", "厂商相同：日立 = Hitachi", "Same maker: 日立 = Hitachi"),
        ("agrees", "类别相同：场发射扫描电子显微镜",
         "Same kind: field-emission scanning electron microscope"),
        ("near", "名称相近（82%）：场发射扫描电镜 / 场发射扫描电子显微镜",
         "Similar names (82%): 场发射扫描电镜 / 场发射扫描电子显微镜"),
        ("near", "分类编码前四位相同：010103 / 010101",
         "Class codes agree in four digits: 010103 / 010101"),
        ("near", "技术指标相同 1 项：1.0nm；未见 30kv",
         "1 figure(s) of the specifications agree: 1.0nm; not seen: 30kv"),
        ("unknown", "未比对：出厂编号、资产编号、价格、机时、距离，它们不计入相似度",
         "Not compared: serial number, asset number, price, hours and distance; none of them "
         "counts towards the likeness"),
    ]  # fmt: skip


def test_what_one_side_does_not_state_is_said_not_guessed() -> None:
    found = reasons(Entry("某仪器"), Entry("质谱仪", model="X1"))
    said = {r.point: (r.effect, r.zh) for r in found}
    assert said["model"] == ("unknown", "未比对型号：申请方未填写")
    assert said["maker"] == ("unknown", "未比对厂商：双方均未填写")
    assert said["kind"] == ("unknown", "未比对类别：名称不在同义词表中")


def test_a_suffix_is_named_as_the_difference() -> None:
    (model,) = [
        r for r in reasons(Entry("共聚焦", model="LSM 980 NLO"), Entry("共聚焦", model="LSM980"))
        if r.point == "model"
    ]  # fmt: skip
    assert model.en == "Similar but not the same model: LSM 980 NLO / LSM980; they differ in “NLO”"


def test_the_same_search_gives_the_same_answer(judge: training.Judge, tmp_path: Path) -> None:
    writer = generator.Writer("shelf")
    rows = [Row(str(n), writer.record(model).entry) for n, model in enumerate(MODELS[:300])]
    answers = []
    for name in ("a", "b"):
        shelf = Catalogue(rows, tmp_path / name)
        answers.append([shelf.similar(row.entry, judge, top=20) for row in rows[:20]])
    assert answers[0] == answers[1]
    assert all(hits[0].row.id == row.id for hits, row in zip(answers[0], rows, strict=False))
