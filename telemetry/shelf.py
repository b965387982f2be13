"""Models kept as files, one an instrument: for work beside the platform's own database."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from telemetry import algorithms
from telemetry.algorithms import Model
from telemetry.training import Taught

_FORMAT = 1


@dataclass(frozen=True)
class Kept:
    """A model from the shelf; ``name`` identifies its kind and exact content."""

    model: Model
    name: str
    metrics: dict[str, float]


def put(folder: Path, instrument: str, taught: Taught) -> str:
    """Keep a model for an instrument in place of an earlier one; return its name."""
    content = taught.model.dump()
    name = f"{taught.model.kind}-{sha256(content).hexdigest()[:12]}"
    facts = {
        "format": _FORMAT,
        "instrument": instrument,
        "name": name,
        "kind": taught.model.kind,
        "metrics": taught.metrics,
        "content": b64encode(content).decode(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    file = _file(folder, instrument)
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(facts, ensure_ascii=False), "utf-8")
    draft.replace(file)
    return name


def take(folder: Path, instrument: str) -> Kept | None:
    """Return an instrument's model; None where there is none. Raises ValueError if it is broken."""
    file = _file(folder, instrument)
    if not file.exists():
        return None
    try:
        facts = json.loads(file.read_text("utf-8"))
        model = algorithms.load(facts["kind"], b64decode(facts["content"], validate=True))
        return Kept(model, facts["name"], facts["metrics"])
    except (KeyError, TypeError, ValueError) as broken:
        raise ValueError(f"{file}: not a model: {broken}") from broken


def _file(folder: Path, instrument: str) -> Path:
    # A name may hold anything, a path among other things.
    return (
        folder
        / f"{quote(instrument, safe='')[:80]}-{sha256(instrument.encode()).hexdigest()[:8]}.model"
    )
