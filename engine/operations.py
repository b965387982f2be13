"""Operations: how a handler's file becomes a checked entry of the catalogue, for handlers and app.

``@operation`` reads the two dataclasses beside the function; from them come the check of the
parameters before a call, the variables after it, the element template and the reference page.
"""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Any, ClassVar, TypeVar, get_type_hints

from marshmallow import ValidationError
from sqlalchemy.orm import Session, sessionmaker

from engine.actors import SYSTEM
from engine.contract import Job, Mode, Operation, catalogue, register
from engine.db import set_scope
from engine.errors import EngineError
from engine.operation_types import schema_of, to_variables

Call = TypeVar("Call", bound=Callable[[Any, Job], Any])
Labels = tuple[str, str]


class BadParameters(EngineError):
    """A service task gives its operation other values than it takes; params: operation, problems.

    ``problems`` maps the parameter's name to a list of sentences for the designer.
    """

    code: ClassVar[str] = "bad_parameters"


def label(zh: str, en: str) -> dict[str, Labels]:
    """Return dataclass field metadata: what officials read beside this field in the modeler."""
    return {"label": (zh, en)}


def operation(*, mode: Mode, title: Labels, errors: tuple[str, ...] = ()) -> Callable[[Call], Call]:
    """Register the decorated function ``(params, job) -> Result`` as an operation.

    ``title`` is its name for officials (zh, en); ``errors`` are the codes of the BusinessErrors it
    may raise. Raises TypeError where the file does not keep the form that ``discover`` expects.
    """

    def enter(call: Call) -> Call:
        module = sys.modules[call.__module__]
        params, result = getattr(module, "Params", None), getattr(module, "Result", None)
        for found, name in ((params, "Params"), (result, "Result")):
            _demand_frozen(found, f"{module.__name__}.{name}")
        if not isinstance(params, type) or not isinstance(result, type):
            raise TypeError(f"{module.__name__}: Params and Result are classes")
        register(
            Operation(
                name=call.__name__,
                summary=_one_sentence(module.__doc__, module.__name__),
                mode=mode,
                params=params,
                result=result,
                call=call,
                errors=errors,
                labels={call.__name__: title, **_labels(result), **_labels(params)},
            )
        )
        return call

    return enter


def _demand_frozen(found: Any, where: str) -> None:  # noqa: ANN401 - whatever the module holds
    if not is_dataclass(found) or not found.__dataclass_params__.frozen:  # type: ignore[union-attr]
        raise TypeError(f"{where} must be a frozen dataclass")


def _one_sentence(doc: str | None, where: str) -> str:
    sentence = " ".join((doc or "").split())
    if not sentence.endswith(".") or ". " in sentence:
        raise TypeError(f"{where} needs a docstring of one sentence")
    return sentence


def _labels(holder: type) -> dict[str, Labels]:
    return {field.name: _label(field) for field in fields(holder)}


def _label(field: "Field[Any]") -> Labels:
    plain = field.name.replace("_", " ")
    found: Labels = field.metadata.get("label", (plain, plain))
    return found


def discover(package: str) -> Mapping[str, Operation]:
    """Import every module of a package of handlers and return the catalogue.

    Raises ValueError for a file that does not hold exactly the operation it is named after.
    """
    root = importlib.import_module(package)
    for found in pkgutil.iter_modules(root.__path__):
        module = importlib.import_module(f"{package}.{found.name}")
        inside = [o.name for o in catalogue().values() if o.call.__module__ == module.__name__]
        if inside != [found.name]:
            raise ValueError(
                f"{module.__name__} must hold the operation {found.name}, not {inside}"
            )
    return catalogue()


def read_params(operation: Operation, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - its Params
    """Check variables against an operation's Params and build them; temporals arrive tagged.

    Raises BadParameters with a sentence for each parameter that is missing, unknown or of
    another type.
    """
    try:
        return schema_of(operation.params).load(dict(values))
    except ValidationError as refused:
        problems: Any = refused.messages
        names = ", ".join(f"{name}: {problem}" for name, problem in sorted(problems.items()))
        raise BadParameters(
            f"{operation.name}: {names}", operation=operation.name, problems=problems
        ) from refused


def write_result(operation: Operation, result: object) -> dict[str, Any]:
    """Turn an operation's Result into process variables: JSON with tagged temporals."""
    if not isinstance(result, operation.result):
        raise TypeError(f"{operation.name} returned {type(result).__name__}, not its Result")
    variables: dict[str, Any] = to_variables(result)
    return variables


@dataclass
class _Wiring:
    sessions: sessionmaker[Session] | None = None


_wiring = _Wiring()


def wire(sessions: sessionmaker[Session] | None) -> sessionmaker[Session] | None:
    """Give job-mode operations of this process their session factory; return the one before."""
    before, _wiring.sessions = _wiring.sessions, sessions
    return before


@contextmanager
def own_transaction() -> Iterator[Session]:
    """Open a short transaction for a job-mode operation that keeps something in the database.

    A job's call happens outside every transaction of the engine, so what it writes must be keyed
    by ``job.key``: the call may be repeated after a crash.
    """
    if _wiring.sessions is None:
        raise RuntimeError("engine.operations.wire was not called in this process")
    with _wiring.sessions() as session:
        set_scope(session, SYSTEM)
        with session.begin():
            yield session


def type_names(holder: type) -> dict[str, str]:
    """Return the declared type of each field of a Params or Result, as the pages show it."""
    hints = get_type_hints(holder)
    return {field.name: _type_name(hints[field.name]) for field in fields(holder)}


def _type_name(hint: Any) -> str:  # noqa: ANN401 - a type expression
    if isinstance(hint, type) and not hasattr(hint, "__args__"):
        return hint.__name__
    return str(hint).replace("typing.", "").replace("datetime.", "").replace("uuid.", "")


def required(field: "Field[Any]") -> bool:
    """Tell whether a field of Params has no default."""
    return field.default is MISSING and field.default_factory is MISSING
