"""``dayi dedup``: what it prints, and how it refuses a bad file."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.commands.dedup import command

CATALOGUE = """id,name,model,maker,unit,category,specs,price,date,serial,asset_no
1,场发射扫描电子显微镜,SU8010,Hitachi,甲大学,010103,分辨率1.0 nm,3000000,2020-01-01,,A1
2,核磁共振波谱仪,Avance NEO 600,Bruker,乙所,010601,,,,,
"""
QUERIES = "id,name,model\nq1,扫描电镜,SU-8010\n"
PAIRS = [
    f"COL title VAL acme mixer am{n}00x COL price VAL {n} \tCOL title VAL acme "
    f"{'mixer am' if same else 'blender ab'}{n}00x COL price VAL {n} \t{same:d}"
    for n in range(1, 41)
    for same in (0, 1)
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all, so that the scorers are trained once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAYI_HOME", str(home))

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(command, arguments)

    return call


def _file(tmp_path: Path, name: str, text: str, encoding: str = "utf-8") -> str:
    (tmp_path / name).write_text(text, encoding=encoding)
    return str(tmp_path / name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_search_prints_ranked_hits_with_both_answers(run, tmp_path: Path, encoding: str) -> None:
    done = run("search", "--catalogue", _file(tmp_path, "c.csv", CATALOGUE, encoding),
               "--queries", _file(tmp_path, "q.csv", QUERIES), "--top", "20", "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    facts = json.loads(done.output)
    (result,) = facts["results"]
    assert (facts["records"], facts["queries"], result["query"]) == (2, 1, "q1")
    first = result["hits"][0]
    assert (first["rank"], first["id"]) == (1, "1")
    assert first["same_model"] > 0.9
    assert {"effect": "agrees", "point": "model", "zh": "型号相同：SU-8010 = SU8010",
            "en": "Same model: SU-8010 = SU8010"} in first["reasons"]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("id,name\n1,电镜\n2,\n", ("c.csv", "row 3", "column name", "empty")),
        ("id,name\n,电镜\n", ("c.csv", "row 2", "column id", "empty")),
        ("id,name\n1,电镜\n1,质谱\n", ("c.csv", "row 3", "column id", "stands in row 2")),
        ("id,model\n1,a\n", ("c.csv", "row 1", "column name", "missing")),
        ("id,name\n1,电镜,多余\n", ("c.csv", "row 2", "column name", "3 cells")),
        ("", ("c.csv", "row 1", "column id", "empty")),
    ],
)
def test_a_bad_row_is_named_by_file_row_and_column(run, tmp_path: Path, text, where) -> None:
    done = run("search", "--catalogue", _file(tmp_path, "c.csv", text),
               "--queries", _file(tmp_path, "q.csv", QUERIES))  # fmt: skip
    assert done.exit_code == 1
    assert [part for part in where if part not in done.output] == []


def test_evaluate_prints_the_figures(run, tmp_path: Path) -> None:
    files = [_file(tmp_path, f"{name}.txt", "\n".join(PAIRS)) for name in ("tr", "va", "te")]
    done = run("evaluate", "--train", files[0], "--valid", files[1], "--test", files[2], "--json")
    assert done.exit_code == 0, done.output
    figures = json.loads(done.output)
    assert {"precision", "recall", "f1", "seconds", "peak_mb"} <= set(figures)
    assert figures["f1"] > 0.9


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("COL a VAL b\tCOL a VAL c", ("row 2", "column right")),
        ("COL a VAL b\tCOL a VAL c\t2", ("row 2", "column label", "neither 0 nor 1")),
        ("COL a b\tCOL a VAL c\t1", ("row 2", "column left", "no VAL")),
        ("a VAL b\tCOL a VAL c\t1", ("row 2", "column left", "begin with COL")),
    ],
)
def test_a_bad_pair_is_named_by_file_row_and_column(run, tmp_path: Path, line, where) -> None:
    bad = _file(tmp_path, "bad.txt", PAIRS[0] + "\n" + line + "\n")
    good = _file(tmp_path, "good.txt", "\n".join(PAIRS))
    done = run("evaluate", "--train", bad, "--valid", good, "--test", good)
    assert done.exit_code == 1
    assert [part for part in ("bad.txt", *where) if part not in done.output] == []
