"""The likes of an instrument among 15,000 generated ones, and F1 on public labelled pairs.

    .venv/bin/dayi bench dedup --json [--data FOLDER]

The scorer is trained on one half of the generator's families and measured on the other half, with
other seeds; the thesaurus is the same for both, so the figures are upper bounds for names that no
thesaurus knows. ``recall20_model``: the share of the records of the same model, among those that
state their model somewhere, that are among the first twenty (of twenty, where there are more).
Where FOLDER holds ``Abt-Buy`` and ``Walmart-Amazon`` with ``train.txt`` and ``valid.txt``, the
comparison is trained on train, its threshold chosen there too (each pair scored by a model that
had not seen it), and the F1 is that of valid, which is looked at once.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import click

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import numpy as np  # noqa: E402
from rapidfuzz import fuzz, process  # noqa: E402

from domain.dedup import generator, scorer, training  # noqa: E402
from domain.dedup.catalogues import Catalogue, Row  # noqa: E402
from domain.dedup.evaluation import evaluate  # noqa: E402
from domain.dedup.generator import Made, Model  # noqa: E402
from domain.dedup.pair_files import LabelledPair, read_pairs  # noqa: E402

TOP = 20
SETS = {"abt_buy": "Abt-Buy", "walmart_amazon": "Walmart-Amazon"}


def states_model(made: Made) -> bool:
    return bool(made.entry.model or made.entry.codes)


def search_figures(records: int, queries: int) -> dict[str, float]:
    """Time and recall of the search, beside rapidfuzz over the same texts in the same run."""
    judge = training.make(part=0, of=2)
    models = generator.models(part=1, of=2)
    chance = Random(7)  # noqa: S311 - reproducible figures
    writer = generator.Writer("benchmark records")
    made = [writer.record(chance.choice(models)) for _ in range(records)]
    asking = generator.Writer("benchmark queries")
    asked = [asking.record(model) for model in chance.sample(models, queries)]
    with tempfile.TemporaryDirectory(prefix="dayi-bench-") as folder:
        begun = time.perf_counter()
        shelf = Catalogue([Row(str(n), m.entry) for n, m in enumerate(made)], Path(folder))
        built = time.perf_counter() - begun
        for each in asked[:20]:
            shelf.similar(each.entry, judge, top=TOP)
        taken, worked, found = [], [], []
        for each in asked:
            begun, busy = time.perf_counter(), time.process_time()
            hits = shelf.similar(each.entry, judge, top=TOP)
            taken.append((time.perf_counter() - begun) * 1000)
            worked.append((time.process_time() - busy) * 1000)
            found.append([int(match.row.id) for match in hits])
    taken.sort()
    worked.sort()
    peer_ms, peer_found = peer(made, asked[:60])
    ours, peers = recall(made, asked, found), recall(made, asked[:60], peer_found)
    p95 = taken[int(len(taken) * 0.95)]
    return {
        "records": records,
        "queries": queries,
        "index_s": round(built, 2),
        "search_p50_ms": round(statistics.median(taken), 2),
        "search_p95_ms": round(p95, 2),
        "search_p95_cpu_ms": round(worked[int(len(worked) * 0.95)], 2),
        "search_p95_ms_peer": round(peer_ms, 2),
        "search_p95_ms_ratio": round(p95 / peer_ms, 3),
        **ours,
        "recall20_model_peer": peers["recall20_model"],
        "recall20_model_ratio": round(ours["recall20_model"] / peers["recall20_model"], 3),
    }


def recall(made: list[Made], asked: list[Made], found: list[list[int]]) -> dict[str, float]:
    same: dict[Model, set[int]] = {}
    for number, record in enumerate(made):
        same.setdefault(record.model, set()).add(number)
    stated, anyhow, function = [], [], []
    for query, hits in zip(asked, found, strict=True):
        all_same = same.get(query.model, set())
        telling = {n for n in all_same if states_model(made[n])}
        if all_same:
            anyhow.append(len(all_same & set(hits)) / min(TOP, len(all_same)))
        if telling and states_model(query):
            stated.append(len(telling & set(hits)) / min(TOP, len(telling)))
        function.append(sum(made[n].model.kind == query.model.kind for n in hits) / TOP)
    return {
        "recall20_model": round(statistics.mean(stated), 4),
        "recall20_model_any_record": round(statistics.mean(anyhow), 4),
        "precision20_function": round(statistics.mean(function), 4),
    }


def peer(made: list[Made], asked: list[Made]) -> tuple[float, list[list[int]]]:
    """The usual first attempt: rapidfuzz's token_set_ratio over name, maker and model."""
    texts = [f"{m.entry.name} {m.entry.maker} {m.entry.model}".casefold() for m in made]
    taken, found = [], []
    for each in asked:
        text = f"{each.entry.name} {each.entry.maker} {each.entry.model}".casefold()
        begun = time.perf_counter()
        best = process.extract(text, texts, scorer=fuzz.token_set_ratio, limit=TOP)
        taken.append((time.perf_counter() - begun) * 1000)
        found.append([number for _, _, number in best])
    taken.sort()
    return taken[int(len(taken) * 0.95)], found


def pair_figures(folder: Path) -> dict[str, float]:
    figures: dict[str, float] = {}
    for key, name in SETS.items():
        train, valid = (folder / name / f"{part}.txt" for part in ("train", "valid"))
        if not train.exists() or not valid.exists():
            continue
        learnt, looked = read_pairs(train), read_pairs(valid)
        result = evaluate(learnt, None, looked)
        other = token_set_f1(learnt, looked)
        figures |= {
            f"{key}_f1": result.f1,
            f"{key}_f1_peer": round(other, 4),
            f"{key}_f1_ratio": round(result.f1 / other, 3),
            f"{key}_precision": result.precision,
            f"{key}_recall": result.recall,
            f"{key}_labels": result.train_pairs,
            f"{key}_seconds": result.seconds,
        }
    return figures


def token_set_f1(train: list[LabelledPair], valid: list[LabelledPair]) -> float:
    """F1 of rapidfuzz's token_set_ratio over all texts, its threshold chosen on train."""

    def scores(pairs: list[LabelledPair]) -> np.ndarray:
        texts = [(" ".join(p.left.values()), " ".join(p.right.values())) for p in pairs]
        return np.array([fuzz.token_set_ratio(*both) / 100 for both in texts])

    chosen = scorer.best_threshold(scores(train), [pair.same for pair in train])
    return scorer.quality(scores(valid), [pair.same for pair in valid], chosen).f1


@click.command()
@click.option("--json", "as_json", is_flag=True)
@click.option("--records", default=15_000, help="generated records")
@click.option("--queries", default=300, help="generated queries")
@click.option(
    "--data",
    envvar="BENCH_DATA",
    default=HERE / "data" / "er",
    type=click.Path(path_type=Path),
    help="folder of labelled pairs; default: benchmarks/data/er, left out where there is none",
)
def main(as_json: bool, records: int, queries: int, data: Path) -> None:
    """Print the figures."""
    figures = search_figures(records, queries) | pair_figures(data)
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<28}{value}")


if __name__ == "__main__":
    main()
