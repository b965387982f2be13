"""FEEL, evaluated by feelin inside a V8 isolate with a time and a memory limit and no host access.

The isolate is made at the first use in each process: one that was made before ``fork`` hangs in
the child. Values go in and come out as JSON with tagged temporals (engine.values). The platform
has one time zone, and the clock is the caller's ``now``, never the system's.
"""

import atexit
import ctypes
import json
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import orjson
from py_mini_racer import JSEvalException, JSOOMException, JSTimeoutException, MiniRacer

from engine import values
from engine.errors import ExpressionFailed

Dialect = Literal["engine", "form"]

#: What one call into the isolate may take.
TIME_LIMIT_SECONDS = 1.0
#: Requests that only read a text of limited length and run nothing of it: they end by themselves,
#: so their limit is there for a busy machine, not for an endless expression.
_READING = frozenset({"types", "inspect", "functions"})
READING_LIMIT_SECONDS = 20.0
MEMORY_LIMIT_BYTES = 192 * 1024 * 1024

#: Characters of an expression that a check accepts.
LONGEST = 4_000

_SMALL = 8_000

BUNDLE = Path(__file__).with_name("feel.bundle.js")


class _Isolate:
    """One V8 isolate with the bundle loaded."""

    def __init__(self) -> None:
        if not BUNDLE.exists():
            raise RuntimeError(f"{BUNDLE.name} is missing: run `make setup` (npm run build:feel)")
        # On a thread of its own: where an event loop runs, mini-racer would bind to that loop and
        # then wait for it for ever.
        with ThreadPoolExecutor(1) as thread:
            self._racer = thread.submit(MiniRacer).result()
        self._racer.eval(BUNDLE.read_text(encoding="utf-8"))
        self._handle: Any = self._racer.eval("dayi.call")
        self._racer.set_hard_memory_limit(MEMORY_LIMIT_BYTES)

    def call(self, text: str, seconds: float) -> str:
        # A JSON text inside a JSON string: as a bare literal, "__proto__" would be a prototype.
        # A source costs less than a call of the function's handle, but V8 keeps sources a while.
        if len(text) < _SMALL:
            source = f"dayi.call({orjson.dumps(text).decode()})"
            answer = self._racer.eval(source, timeout_sec=seconds)
        else:
            answer = self._handle(text, timeout_sec=seconds)
        if not isinstance(answer, str):
            raise TypeError(f"the isolate answered with {type(answer).__name__}")
        return answer

    def close(self) -> None:
        self._racer.close()

    def abandon(self) -> None:
        """Keep the object for ever: in a forked child, closing it would wait for a lost thread."""
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._racer))


_lock = threading.Lock()
_isolate: _Isolate | None = None


def _after_fork() -> None:
    global _lock, _isolate  # noqa: PLW0603 - the one isolate of the process
    if _isolate is not None:
        _isolate.abandon()
    _lock = threading.Lock()
    _isolate = None


os.register_at_fork(after_in_child=_after_fork)


@atexit.register
def close() -> None:
    """Close this process's isolate; the next evaluation makes a new one."""
    global _isolate
    # An evaluation on another thread may finish first, but never hold up the end of the process.
    got = _lock.acquire(timeout=2 * TIME_LIMIT_SECONDS)
    try:
        isolate, _isolate = _isolate, None
        if isolate is not None:
            isolate.close()
    finally:
        if got:
            _lock.release()


def _perform(request: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Perform one request in the isolate; raises ExpressionFailed at a limit or a refusal."""
    global _isolate  # noqa: PLW0603
    text = _dump(request)
    seconds = READING_LIMIT_SECONDS if request["op"] in _READING else TIME_LIMIT_SECONDS
    # One at a time: otherwise a thread's time limit would count its waiting for another's.
    with _lock:
        if _isolate is None:
            _isolate = _Isolate()
        try:
            answer = _isolate.call(text, seconds)
        except JSTimeoutException as error:
            raise ExpressionFailed("took too long", kind="time_limit", reason="time limit") from (
                error
            )
        except JSOOMException as error:
            # A full heap stays full: the next call gets a fresh isolate.
            _isolate.close()
            _isolate = None
            raise ExpressionFailed(
                "used too much memory", kind="memory_limit", reason="memory limit"
            ) from error
        except JSEvalException as error:
            raise ExpressionFailed(str(error), kind="failed", reason=str(error)) from error
    result = orjson.loads(answer)
    if "e" in result:
        raise _failed("", result["e"])
    return result["ok"]


def _dump(request: Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(
            request, default=_default, option=orjson.OPT_PASSTHROUGH_DATETIME
        ).decode()
    except orjson.JSONEncodeError:
        # Whole numbers beyond 64 bits and halves of surrogate pairs are JSON, but not orjson's.
        return json.dumps(request, default=_default)


def _default(x: object) -> Any:  # noqa: ANN401 - JSON
    tagged = values.tag(x)
    if tagged is x:
        raise TypeError(f"{type(x).__name__} is not a process value")
    return tagged


def _failed(expression: str, problem: Mapping[str, Any]) -> ExpressionFailed:
    return ExpressionFailed(
        f"{expression}: {problem['reason']}",
        expression=expression,
        reason=problem["reason"],
        kind=problem["kind"],
    )


def _bare(expression: str) -> str:
    text = expression.strip()
    return text[1:].strip() if text.startswith("=") else text


def _moment(now: datetime) -> str:
    return values.in_zone(now).isoformat()


def _named(expression: str, error: ExpressionFailed) -> ExpressionFailed:
    error.params["expression"] = expression
    return error


def evaluate(expression: str, context: Mapping[str, Any], *, now: datetime) -> Any:  # noqa: ANN401
    """Evaluate one expression (a leading ``=`` is allowed) and return tagged JSON.

    A missing variable is null. Raises ExpressionFailed with expression, reason and kind: syntax,
    no_function, invalid_type, invalid_arguments, not_a_value, time_limit, memory_limit, failed.
    """
    return evaluate_many([expression], context, now=now)[0]


def evaluate_many(
    expressions: Sequence[str], context: Mapping[str, Any], *, now: datetime
) -> list[Any]:
    """Evaluate several expressions in one call; the first that fails raises."""
    answers = attempt([(text, False) for text in expressions], context, now=now)
    results = []
    for expression, answer in zip(expressions, answers, strict=True):
        if "e" in answer:
            raise _failed(expression, answer["e"])
        results.append(answer["v"])
    return results


def attempt(
    items: Sequence[tuple[str, bool]],
    context: Mapping[str, Any],
    *,
    now: datetime,
    dialect: Dialect = "engine",
) -> list[dict[str, Any]]:
    """Evaluate (expression, is a unary test) pairs; each answer is {"v": …} or {"e": {…}}.

    In the form dialect the context and the results are plain JSON as the browser has them.
    """
    if not items:
        return []
    request = {
        "op": "evaluate",
        "dialect": dialect,
        "now": _moment(now),
        "context": context,
        "items": [{"x": _bare(text), "unary": unary} for text, unary in items],
    }
    try:
        answers: list[dict[str, Any]] = _perform(request)
    except ExpressionFailed as error:
        raise _named(items[0][0] if len(items) == 1 else "", error) from error
    return answers


def condition(expression: str, context: Mapping[str, Any], *, now: datetime) -> bool:
    """Evaluate a condition; anything but true or false is ExpressionFailed(kind="not_boolean")."""
    result = evaluate(expression, context, now=now)
    if not isinstance(result, bool):
        reason = "the condition is null" if result is None else "the condition is not a boolean"
        raise ExpressionFailed(
            f"{expression}: {reason}", expression=expression, reason=reason, kind="not_boolean"
        )
    return result


def resolve(text: str, context: Mapping[str, Any], *, now: datetime) -> Any:  # noqa: ANN401
    """Apply the zeebe rule: text that starts with ``=`` is an expression, any other is itself."""
    return evaluate(text, context, now=now) if text.lstrip().startswith("=") else text


def decide(
    inputs: Sequence[str],
    rules: Sequence[Mapping[str, Sequence[str]]],
    context: Mapping[str, Any],
    *,
    now: datetime,
    only_first: bool = False,
    values: Sequence[Sequence[str]] = (),
) -> dict[str, Any]:
    """Evaluate a decision table in one call, without its hit policy.

    ``rules`` have ``tests`` and ``outputs``; ``values`` are literals of the output columns. Returns
    {"inputs": […], "values": [[…]], "matched": [{"index", "outputs"}]} or
    {"e": {kind, reason, place}}; a place is ["input", column], [rule, column] or ["rule", rule].
    """
    answer: dict[str, Any] = _perform(
        {
            "op": "decide",
            "now": _moment(now),
            "context": context,
            "inputs": [_bare(text) for text in inputs],
            "rules": rules,
            "values": values,
            "first": only_first,
        }
    )
    return answer


def syntax_problem(
    expression: str, *, unary: bool = False, dialect: Dialect = "engine"
) -> str | None:
    """Say what is wrong with an expression (syntax, an unknown function), or None."""
    problem: str | None = _inspect(expression, unary, dialect)["problem"]
    return problem


def names(expression: str) -> set[str]:
    """Return the root variables that an expression reads.

    Names inside a filter may be the element's own properties, so they are not counted.
    """
    return set(_inspect(expression, False, "engine")["names"])


# The checks ask about one expression several times, and each question costs a call.
@lru_cache(maxsize=4096)
def _inspect(expression: str, unary: bool, dialect: Dialect) -> dict[str, Any]:
    if len(expression) > LONGEST:
        return {"problem": f"longer than {LONGEST} characters", "names": []}
    answer: dict[str, Any] = _perform(
        {"op": "inspect", "expression": _bare(expression), "unary": unary, "dialect": dialect}
    )
    return answer


def type_problems(
    expression: str, types: Mapping[str, str], *, unary_input: str | None = None
) -> list[str]:
    """Return the comparisons and sums of values that do not go together.

    ``types`` maps variables (also dotted paths) to string, number, boolean, date, time, date-time,
    duration, list, context or any. With ``unary_input`` the expression is a decision table's cell
    for an input of that type.
    """
    answer: list[str] = _types(expression, types, unary_input)["problems"]
    return answer


def type_of(expression: str, types: Mapping[str, str]) -> str:
    """Return the type of an expression's result as far as it can be told, else "any"."""
    answer: str = _types(expression, types, None)["type"]
    return answer


def _types(expression: str, types: Mapping[str, str], unary_input: str | None) -> dict[str, Any]:
    return _types_of(expression, tuple(sorted(types.items())), unary_input)


@lru_cache(maxsize=4096)
def _types_of(
    expression: str, types: tuple[tuple[str, str], ...], unary_input: str | None
) -> dict[str, Any]:
    answer: dict[str, Any] = _perform(
        {
            "op": "types",
            "expression": _bare(expression),
            "types": dict(types),
            "input": unary_input,
        }
    )
    return answer


def matches(pattern: str, text: str) -> bool:
    """Say whether a JavaScript pattern is found in a text, as form-js would.

    In the isolate, so that a pattern that never ends is cut off; raises ExpressionFailed.
    """
    found: bool = _perform({"op": "matches", "pattern": pattern, "text": text})
    return found


@cache
def functions() -> tuple[dict[str, Any], ...]:
    """Return the functions that the platform adds to FEEL: name, parameters, zh, en."""
    return tuple(_perform({"op": "functions"}))
