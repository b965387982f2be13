"""The index on disk: found by every way, changed in place, replaced at once, read by many."""

import multiprocessing
import shutil
from pathlib import Path

import pytest

from domain.lexicon import tables
from domain.lexicon.entries import Entry
from domain.lexicon.queries import all_words, likes, nearest, sounds_like, words_of
from domain.lexicon.stores import Store

SHELF = [
    Entry("场发射扫描电子显微镜", model="Gemini 300", maker="Zeiss", category="010103"),
    Entry("核磁共振波谱仪", model="Avance NEO 600", maker="Bruker", category="010601"),
    Entry("傅里叶变换红外光谱仪", model="Nicolet iS50", maker="Thermo Fisher"),
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "index")
    made.rebuild(list(enumerate(SHELF)), {"note": 1})
    return made


def found(store: Store, text: str) -> list[int]:
    words = words_of(text)
    for query in (all_words(words), sounds_like(words), nearest(words)):
        hits = store.search(query, 10)
        if hits:
            return [hit.number for hit in hits]
    return []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("扫描电镜", 0), ("FE-SEM", 0), ("蔡司", 0), ("smdj", 0), ("saomiaodianjing", 0),
        ("扫描电子显徽镜", 0), ("gemni", 0), ("核磁", 1), ("NMR", 1), ("avance neo", 1),
        ("合磁共振", 1), ("红外光普仪", 2), ("FTIR", 2), ("赛默飞", 2), ("傅立叶", 2),
    ],
)  # fmt: skip
def test_names_synonyms_abbreviations_pinyin_and_slips_find(
    store: Store, text: str, number: int
) -> None:
    assert found(store, text)[0] == number


def test_a_word_of_several_parts_is_found_as_a_whole(store: Store) -> None:
    store.rebuild([(1, Entry("液相色谱-质谱联用仪")), (2, Entry("三重四极杆液质联用仪"))], {})
    assert found(store, "LC-MS/MS") == [2]
    assert set(found(store, "LC-MS")) == {1, 2}


def test_nothing_is_found_for_what_is_not_there(store: Store) -> None:
    assert found(store, "量子计算机") == []
    assert found(store, "_%") == []


def test_a_record_written_again_is_found_by_its_new_words_only(store: Store) -> None:
    store.update([(0, Entry("差示扫描量热仪", maker="Mettler"))], {"note": 2})
    assert found(store, "蔡司") == []
    assert found(store, "DSC") == [0]
    assert (store.count(), store.state()["note"]) == (3, 2)


def test_another_reader_sees_what_one_writer_changed(store: Store) -> None:
    reader = Store(store.folder)
    assert found(reader, "NMR") == [1]
    store.update([(7, Entry("核磁共振波谱仪"))], {})
    assert set(found(reader, "NMR")) == {1, 7}
    store.rebuild([(9, Entry("核磁共振波谱仪"))], {})
    assert found(reader, "NMR") == [9]


def test_a_reader_in_the_middle_of_a_replacement_finds_nothing_wrong(store: Store) -> None:
    reader = Store(store.folder)
    assert reader.count() == 3
    shutil.rmtree(store.folder)
    assert (found(reader, "NMR"), reader.exists()) == ([], False)
    store.rebuild(list(enumerate(SHELF)), {})
    assert found(reader, "NMR") == [1]


def test_a_reader_that_meets_a_replacement_half_way_looks_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, real = Store(store.folder), Store._fresh
    met = []

    def once(self: Store, place: Path, mark: tuple[str, int]) -> object:
        if not met:
            met.append(place)
            Store(store.folder).rebuild([(7, Entry("核磁共振波谱仪"))], {})
        return real(self, place, mark)

    monkeypatch.setattr(Store, "_fresh", once)
    assert found(reader, "NMR") == [7]


def test_a_half_written_index_is_never_taken(store: Store, tmp_path: Path) -> None:
    """A process that dies while it writes leaves the old index in use."""

    def dying() -> object:
        yield 5, SHELF[0]
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        store.rebuild(dying(), {})
    assert store.count() == 3
    store.rebuild(list(enumerate(SHELF)), {})
    assert len(list(store.folder.glob("index-*"))) == 1


def test_an_index_of_another_lexicon_does_not_count(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.exists()
    monkeypatch.setattr(tables, "version", lambda: "another")
    assert not store.exists()


def _hold(folder: Path, holding, release) -> None:
    with Store(folder).writing(wait=True):
        holding.set()
        release.wait(30)


def test_there_is_one_writer_at_a_time(store: Store) -> None:
    context = multiprocessing.get_context("spawn")
    holding, release = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(store.folder, holding, release))
    other.start()
    assert holding.wait(60)
    with store.writing(wait=False) as mine:
        assert not mine
    release.set()
    other.join(30)
    with store.writing(wait=False) as mine:
        assert mine


def test_the_likes_of_an_instrument_come_with_the_same_model_first(store: Store) -> None:
    wanted = Entry("扫描电镜", model="GEMINI300", maker="蔡司")
    assert store.search(likes(wanted), 3)[0].number == 0
