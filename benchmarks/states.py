"""How well states are told from current, beside two thresholds on the same data in the same run.

    .venv/bin/dayi bench states --json
    .venv/bin/dayi bench states --data FOLDER      (files as tracebase10s: ts,w_mean,w_max,state)

Real: power of appliances at 10 s, scaled so that the running median is 10 A, with 0.005 A noise.
Each device's first two days are labelled, and a quarter of an hour of every state that these days
lack, from the rest of the first 40 % of its days (a commissioning visit); the score is over the
other 60 %. ``macro_f1_real`` is the mean over the devices of the macro-F1 over the states that
make up more than 0.3 % of the time; ``hours_error_median_pct`` the median over the devices of the
error of the running hours. Simulated: our own archetypes with drift, losses and dropouts, where
the truth is known exactly (and which are easier than real appliances).
"""

import csv
import gzip
import json
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from telemetry import simulator, thresholds, training, trees  # noqa: E402
from telemetry.algorithms import Model  # noqa: E402
from telemetry.smoothing import runs  # noqa: E402
from telemetry.states import CODES, TOLD  # noqa: E402
from telemetry.windows import Readings, Whole, Windows, windows  # noqa: E402

DAY, MINUTE = 86_400, 60
RUNNING_AMPS, NOISE_AMPS = 10.0, 0.005
TAUGHT_SHARE, LABELLED_DAYS, VISIT_MINUTES = 0.4, 2, 15
METHODS = ("trees", "thresholds")


@dataclass
class Device:
    """One instrument: its readings, and the true code of each minute (−1: no reading)."""

    name: str
    readings: Readings
    start: int
    truth: Whole
    taught_until: int


@dataclass
class Scores:
    """What one method reached, device by device."""

    f1: list[float] = field(default_factory=list)
    error: list[float] = field(default_factory=list)
    fit_ms: list[float] = field(default_factory=list)
    tell_ms: list[float] = field(default_factory=list)


def find_data() -> Path | None:
    """Return the first folder tracebase10s in a data folder beside this checkout or above it."""
    for parent in HERE.parents:
        for found in sorted(parent.glob("*/data/tracebase10s")):
            return found
    return None


def read_device(path: Path, seed: int) -> Device:
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    ts = np.array([row["ts"] for row in rows], dtype="datetime64[s]").astype(np.float64)
    watts = np.array([float(row["w_mean"]) for row in rows])
    codes = np.array([CODES[row["state"]] for row in rows])
    amps = watts / np.median(watts[codes == CODES["running"]]) * RUNNING_AMPS
    amps = np.abs(amps + np.random.default_rng(seed).normal(0, NOISE_AMPS, len(amps)))
    days = np.unique(ts // DAY)
    taught = max(LABELLED_DAYS, round(len(days) * TAUGHT_SHARE))
    start = int(days[0] * DAY)
    count = int(days[-1] * DAY + DAY - start) // MINUTE
    votes = np.zeros((count, len(TOLD)), dtype=np.int64)
    np.add.at(votes, (((ts - start) // MINUTE).astype(np.int64), codes), 1)
    truth = np.where(votes.sum(axis=1) > 0, votes.argmax(axis=1), -1)
    readings = Readings(ts, amps)
    return Device(path.name[: -len(".csv.gz")], readings, start, truth, int(days[taught] * DAY))


def labels_of(device: Device, labelled_days: int = LABELLED_DAYS) -> Whole:
    """Return the labels of the taught part: the first days, and a visit for unseen states."""
    count = (device.taught_until - device.start) // MINUTE
    truth, labels = device.truth[:count], np.full(count, -1, dtype=np.int64)
    known = np.unique(np.flatnonzero(device.truth >= 0) * MINUTE // DAY)[:labelled_days]
    first = np.isin(np.arange(count) * MINUTE // DAY, known)
    labels[first] = truth[first]
    for code in range(len(TOLD)):
        stretches = [s for s in runs((truth == code).astype(np.int64)) if s[2]]
        if stretches and not (labels == code).any():
            begin, end, _ = max(stretches, key=lambda each: each[1] - each[0])
            half = min(VISIT_MINUTES, end - begin) // 2
            middle = (begin + end) // 2
            labels[middle - half : middle + half + 1] = code
    return labels


def fit(method: str, device: Device, labels: Whole) -> Model:
    taught = device.readings.between(device.start, device.taught_until)
    if method == "trees":
        return trees.fit([trees.Lesson(taught, device.start, labels)])
    seen = windows(taught, device.start, device.taught_until)
    return thresholds.fit(seen, labels)


def judge(device: Device, told: Whole, seen: Windows) -> tuple[float, float]:
    use = (device.truth >= 0) & (told >= 0)
    use[: (device.taught_until - device.start) // MINUTE] = False
    return (
        training.macro_f1(told, device.truth, use & seen.known),
        training.running_error(told, device.truth, use & seen.known),
    )


def compare(devices: list[Device], show: bool) -> dict[str, Scores]:
    scores = {method: Scores() for method in METHODS}
    for device in devices:
        labels = labels_of(device)
        seen = windows(device.readings, device.start, device.start + MINUTE * len(device.truth))
        for method, score in scores.items():
            begun = time.perf_counter()
            model = fit(method, device, labels)
            fitted = time.perf_counter()
            told, _ = model.tell(seen)
            days = len(seen) * MINUTE / DAY
            score.tell_ms.append((time.perf_counter() - fitted) * 1000 / days)
            score.fit_ms.append((fitted - begun) * 1000)
            f1, error = judge(device, told, seen)
            score.f1.append(f1)
            score.error.append(error)
        if show:
            line = "  ".join(f"{m} {s.f1[-1]:.3f} {s.error[-1]:7.2f} %" for m, s in scores.items())
            print(f"{device.name:<36}{line}", file=sys.stderr)
    return scores


def simulated_devices() -> list[Device]:
    """Two weeks of every archetype with drift, losses and dropouts."""
    devices = []
    start = 1_790_000_000 // DAY * DAY
    for number, kind in enumerate(simulator.ARCHETYPES.values()):
        states = simulator.plan(start, start + 14 * DAY, number)
        faults = simulator.Faults(
            noise=0.01, offset=0.02, drift_a_day=0.006, lost=0.02, dropouts_a_day=0.5
        )
        seen = simulator.simulate(kind, states, interval=20, faults=faults, seed=number)
        truth = training.codes_of(states, start, 14 * DAY // MINUTE)
        devices.append(Device(kind.name, seen.readings, start, truth, start + 5 * DAY))
    return devices


def figures_of(kind: str, scores: dict[str, Scores]) -> dict[str, float]:
    ours, peer = scores["trees"], scores["thresholds"]
    f1, f1_peer = statistics.fmean(ours.f1), statistics.fmean(peer.f1)
    error, error_peer = statistics.median(ours.error), statistics.median(peer.error)
    suffix = "" if kind == "real" else f"_{kind}"
    return {
        f"devices_{kind}": len(ours.f1),
        f"macro_f1_{kind}": round(f1, 4),
        f"macro_f1_{kind}_peer": round(f1_peer, 4),
        f"macro_f1_{kind}_ratio": round(f1 / f1_peer, 4),
        f"macro_f1_{kind}_worst": round(min(ours.f1), 4),
        f"hours_error_median_pct{suffix}": round(error, 3),
        f"hours_error_median_pct{suffix}_peer": round(error_peer, 3),
        f"hours_error_mean_pct{suffix}": round(statistics.fmean(ours.error), 2),
        f"hours_error_mean_pct{suffix}_peer": round(statistics.fmean(peer.error), 2),
        f"fit_median_ms_{kind}": round(statistics.median(ours.fit_ms), 1),
        f"fit_median_ms_{kind}_peer": round(statistics.median(peer.fit_ms), 1),
        f"tell_day_median_ms_{kind}": round(statistics.median(ours.tell_ms), 2),
        f"tell_day_median_ms_{kind}_peer": round(statistics.median(peer.tell_ms), 2),
    }


@click.command()
@click.option("--json", "as_json", is_flag=True)
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--seed", default=1, help="of the noise on the real data")
def main(as_json: bool, data: Path | None, seed: int) -> None:
    """Print the figures; --data is the folder of the real devices."""
    folder = data or find_data()
    figures: dict[str, float] = {}
    if folder is None:
        print("no real data here (--data): simulated figures only", file=sys.stderr)
    else:
        files = sorted(folder.glob("*.csv.gz"))
        devices = [read_device(path, seed) for path in files]
        figures |= figures_of("real", compare(devices, not as_json))
    simulated = simulated_devices()
    figures |= figures_of("simulated", compare(simulated, not as_json))
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<36}{value}")


if __name__ == "__main__":
    main()
