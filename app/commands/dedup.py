"""``dayi dedup``."""

import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from app import settings as setting_reader
from domain.dedup import training
from domain.dedup.catalogues import Catalogue, Match, Row, read_catalogue
from domain.dedup.errors import BadTable
from domain.dedup.evaluation import evaluate
from domain.dedup.pair_files import read_pairs

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("dedup")
def command() -> None:
    """Find instruments like a wanted one; measure how well that works."""


@command.command("search")
@click.option("--catalogue", required=True, type=_FILE, help="CSV: id, name and more")
@click.option("--queries", required=True, type=_FILE, help="CSV of the same columns")
@click.option("--top", default=20, type=click.IntRange(1, 200), help="hits of each query")
@click.option("--skip-same-id", is_flag=True, help="never give a query's own id as a hit")
@click.option("--json", "as_json", is_flag=True, help="one JSON object")
def search(catalogue: Path, queries: Path, top: int, skip_same_id: bool, as_json: bool) -> None:
    """Give each query's likes in the catalogue: same model, same function, and why.

    Columns: id, name, model, maker, unit, category, specs, price, date, serial, asset_no; all but
    the first two may be missing or empty.
    """
    rows, wanted = _read(catalogue), _read(queries)
    judge = training.kept(setting_reader.read().home)
    with tempfile.TemporaryDirectory(prefix="dayi-dedup-") as folder:
        shelf = Catalogue(rows, Path(folder))
        found = [_timed(shelf, row, judge, top, skip_same_id) for row in wanted]
    if as_json:
        click.echo(json.dumps(_facts(rows, judge, found), ensure_ascii=False))
    else:
        _print(found)


def _read(file: Path) -> list[Row]:
    try:
        return read_catalogue(file)
    except BadTable as refused:
        raise click.ClickException(_sentence(refused)) from refused


def _sentence(refused: BadTable) -> str:
    said = refused.params
    return (
        f"{said['file']} 第 {said['row']} 行，列 {said['column']}：{said['reason']}"
        f" / {said['file']}, row {said['row']}, column {said['column']}: {said['reason']}"
    )


_Timed = tuple[Row, float, list[Match]]


def _timed(shelf: Catalogue, row: Row, judge: training.Judge, top: int, skip: bool) -> _Timed:
    begun = time.perf_counter()
    hits = shelf.similar(row.entry, judge, top=top, without=row.id if skip else None)
    return row, (time.perf_counter() - begun) * 1000, hits


def _facts(rows: Sequence[Row], judge: training.Judge, found: Sequence[_Timed]) -> dict[str, Any]:
    taken = sorted(ms for _, ms, _ in found) or [0.0]
    return {
        "records": len(rows),
        "queries": len(found),
        "version": judge.version,
        "scorer": judge.fingerprint,
        "search_p50_ms": round(statistics.median(taken), 2),
        "search_p95_ms": round(taken[min(len(taken) - 1, int(len(taken) * 0.95))], 2),
        "results": [
            {
                "query": row.id,
                "ms": round(ms, 2),
                "hits": [_hit(rank, match) for rank, match in enumerate(hits, 1)],
            }
            for row, ms, hits in found
        ],
    }


def _hit(rank: int, match: Match) -> dict[str, Any]:
    return {
        "rank": rank,
        "id": match.row.id,
        "same_model": match.likeness.same_model,
        "same_function": match.likeness.same_function,
        "reasons": [asdict(reason) for reason in match.reasons],
    }


def _print(found: Sequence[_Timed]) -> None:
    for row, _, hits in found:
        click.echo(f"{row.id}  {row.entry.name} {row.entry.model}")
        for rank, match in enumerate(hits, 1):
            entry, likeness = match.row.entry, match.likeness
            click.echo(
                f"  {rank:>3}. {match.row.id}  {entry.name} {entry.maker} {entry.model}"
                f"  同型号 {likeness.same_model:.0%}  同功能 {likeness.same_function:.0%}"
            )
            click.echo(f"       {'；'.join(r.zh for r in match.reasons if r.effect != 'unknown')}")
        if not hits:
            click.echo("    没有相似仪器 / nothing similar")


@command.command("evaluate")
@click.option("--train", "train_file", required=True, type=_FILE, help="pairs to learn from")
@click.option("--valid", "valid_file", type=_FILE, help="pairs to choose the threshold on")
@click.option("--test", "test_file", required=True, type=_FILE, help="pairs to report on")
@click.option("--json", "as_json", is_flag=True, help="one flat object")
def evaluate_pairs(
    train_file: Path, valid_file: Path | None, test_file: Path, as_json: bool
) -> None:
    """Train on labelled pairs and report precision, recall and F1 on others.

    A line is "COL name VAL … COL … VAL …<TAB>COL … VAL …<TAB>0|1". Without --valid the threshold
    is chosen on the training pairs, each scored by a model that had not seen it.
    """
    try:
        train, test = read_pairs(train_file), read_pairs(test_file)
        valid = read_pairs(valid_file) if valid_file else None
        result = asdict(evaluate(train, valid, test))
    except BadTable as refused:
        raise click.ClickException(_sentence(refused)) from refused
    except ValueError as refused:
        raise click.ClickException(f"{train_file.name}: {refused}") from refused
    if as_json:
        click.echo(json.dumps(result))
        return
    for name, value in result.items():
        click.echo(f"{name:<12}{value}")
