"""Check an exported case history of Dayi without Dayi: python3 verify_history.py CASE.json

Needs nothing but Python's standard library. Exit status: 0 the history holds, 1 it does not,
2 the file cannot be read. The format is described in docs/reference/history-format.md.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any


def problem_of(exported: dict[str, Any]) -> str | None:
    """Return what is wrong with an exported history, or None."""
    if (exported["format"], exported["version"]) != ("dayi-history", 1):
        return "not a Dayi history of format 1"
    digest = hashlib.sha256(exported["case"].encode()).hexdigest()
    for expected, event in enumerate(exported["events"], start=1):
        record = json.loads(event["record"])
        if record["seq"] != expected:
            return f"event {expected} is missing or out of order"
        if (record["v"], record["case"], record["number"]) != (
            1,
            exported["case"],
            exported["number"],
        ):
            return f"event {expected} belongs to another case"
        link = bytes.fromhex(digest) + event["record"].encode()
        digest = hashlib.sha256(link).hexdigest()
        if event["hash"] != digest:
            return f"event {expected} was changed: its hash does not fit"
    end = {"seq": len(exported["events"]), "hash": digest}
    if exported["events"] and exported["last"] != end:
        return "events are missing at the end"
    return None


def main(arguments: list[str]) -> int:
    """Check the file named on the command line and say what was found."""
    if len(arguments) != 1:
        sys.stderr.write(__doc__ or "")
        return 2
    try:
        exported = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
        problem = problem_of(exported)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        sys.stderr.write(f"cannot read this history: {error!r}\n")
        return 2
    if problem is not None:
        sys.stdout.write(f"BAD {exported['number']}: {problem}\n")
        return 1
    count = len(exported["events"])
    sys.stdout.write(
        f"OK {exported['number']}: {count} events, last hash {exported['last']['hash']}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
