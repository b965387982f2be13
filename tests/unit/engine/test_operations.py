"""Operations: found by their file, checked before the call, described for people."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session, sessionmaker

from engine import contract, operations
from engine.contract import Job, Operation, catalogue
from engine.operation_pages import element_template, reference_page
from engine.operation_types import schema_of
from engine.operations import BadParameters, discover, label, read_params, write_result
from engine.values import tag


@pytest.fixture(autouse=True)
def the_catalogue_stays_as_it_was() -> Iterator[None]:
    discover("handlers")
    before = dict(contract._catalogue)
    yield
    contract._catalogue.clear()
    contract._catalogue.update(before)


SHANGHAI = timezone(timedelta(hours=8))
NINE = datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI)


@dataclass(frozen=True)
class Part:
    name: str
    weight: float = 1.0


@dataclass(frozen=True)
class Params:
    """All types that an operation may take."""

    text: str = field(metadata=label("文字", "Text"))
    count: int
    share: float
    sure: bool
    who: UUID
    at: datetime
    day: date
    length: timedelta
    names: list[str]
    parts: tuple[Part, ...]
    extra: dict[str, Any]
    maybe: str | None = None


@dataclass(frozen=True)
class Result:
    at: datetime
    parts: tuple[Part, ...]
    who: UUID


def _nothing(params: Any, job: Job) -> None:
    pass


def an_operation() -> Operation:
    return Operation("anything", "Do anything.", "inline", Params, Result, _nothing)


def good(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "text": "测试",
        "count": 3,
        "share": 0.5,
        "sure": True,
        "who": str(UUID(int=7)),
        "at": tag(NINE),
        "day": tag(date(2026, 11, 23)),
        "length": tag(timedelta(hours=2)),
        "names": ["甲", "乙"],
        "parts": [{"name": "灯"}, {"name": "泵", "weight": 2}],
        "extra": {"any": [1, 2]},
    }
    return {**values, **changes}


def test_parameters_arrive_as_the_types_that_the_dataclass_declares() -> None:
    params = read_params(an_operation(), good(count=3.0))
    assert params == Params(
        text="测试",
        count=3,
        share=0.5,
        sure=True,
        who=UUID(int=7),
        at=NINE,
        day=date(2026, 11, 23),
        length=timedelta(hours=2),
        names=["甲", "乙"],
        parts=(Part("灯"), Part("泵", 2.0)),
        extra={"any": [1, 2]},
        maybe=None,
    )
    assert type(params.count) is int


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("text", 3, "expected text, got a number"),
        ("count", "3", "expected a whole number, got text"),
        ("count", 3.5, "expected a whole number, got a number"),
        ("count", True, "expected a whole number, got true or false"),
        ("count", float("nan"), "expected a whole number, got a number"),
        ("count", float("inf"), "expected a whole number, got a number"),
        ("share", "0.5", "expected a number, got text"),
        ("sure", 1, "expected true or false, got a number"),
        ("who", "zhang", "expected an identifier (UUID), got text"),
        ("at", "2026-11-23T09:00:00+08:00", "expected a date-time with offset, got text"),
        ("at", tag(date(2026, 11, 23)), "expected a date-time with offset, got date"),
        ("day", tag(NINE), "expected a date, got date-time"),
        ("length", 2, "expected a duration, got a number"),
        ("names", "甲", "expected a list, got text"),
        ("extra", [1], "expected a context, got a list"),
    ],
)
def test_a_bad_parameter_is_named_with_what_was_expected(
    name: str, value: Any, sentence: str
) -> None:
    with pytest.raises(BadParameters) as refused:
        read_params(an_operation(), good(**{name: value}))
    assert refused.value.params["problems"] == {name: [sentence]}
    assert f"{name}: ['{sentence}']" in str(refused.value)


def test_missing_and_unknown_parameters_are_named() -> None:
    values = good(colour="red")
    del values["day"]
    with pytest.raises(BadParameters) as refused:
        read_params(an_operation(), values)
    assert sorted(refused.value.params["problems"]) == ["colour", "day"]


def test_a_result_becomes_json_variables_with_tagged_times() -> None:
    result = Result(NINE, (Part("灯"),), UUID(int=7))
    variables = write_result(an_operation(), result)
    assert variables == {
        "at": {"@type": "date-time", "@value": "2026-11-23T09:00:00+08:00"},
        "parts": [{"name": "灯", "weight": 1.0}],
        "who": "00000000-0000-0000-0000-000000000007",
    }
    assert json.loads(json.dumps(variables)) == variables


def test_another_object_than_the_result_is_refused() -> None:
    with pytest.raises(TypeError, match="not its Result"):
        write_result(an_operation(), {"at": NINE})


def test_a_type_without_json_form_is_refused_when_the_schema_is_made() -> None:
    @dataclass(frozen=True)
    class Strange:
        what: set[str]

    with pytest.raises(TypeError, match="cannot take"):
        schema_of(Strange)


def a_module(name: str, **inside: Any) -> ModuleType:
    module = ModuleType(name, "Do one thing.")
    module.__dict__.update({"Params": Part, "Result": Part, **inside})
    sys.modules[name] = module
    return module


def decorated(module: ModuleType, name: str = "one_thing") -> Any:
    def one_thing(params: Part, job: Job) -> Part:
        return params

    one_thing.__module__, one_thing.__name__ = module.__name__, name
    return operations.operation(mode="inline", title=("一事", "One thing"))(one_thing)


@pytest.mark.parametrize("missing", ["Params", "Result"])
def test_an_operation_needs_frozen_dataclasses_beside_it(missing: str) -> None:
    @dataclass
    class Thawed:
        name: str

    with pytest.raises(TypeError, match=missing):
        decorated(a_module("handlers_thawed", **{missing: Thawed}))
    with pytest.raises(TypeError, match=missing):
        decorated(a_module("handlers_without", **{missing: None}))


@pytest.mark.parametrize("doc", [None, "", "No full stop", "Two sentences. Are too many."])
def test_an_operation_says_in_one_sentence_what_it_does(doc: str | None) -> None:
    module = a_module("handlers_silent")
    module.__doc__ = doc
    with pytest.raises(TypeError, match="one sentence"):
        decorated(module)


def test_every_handler_is_named_like_its_file_and_found_by_itself() -> None:
    files = {p.stem for p in Path("handlers").glob("*.py") if p.stem != "__init__"}
    found = {
        o.name: o
        for o in discover("handlers").values()
        if o.call.__module__.startswith("handlers.")
    }
    assert set(found) == files
    assert {o.call.__module__ for o in found.values()} == {f"handlers.{name}" for name in files}
    assert {"inline", "job"} == {o.mode for o in found.values()}


def test_a_file_that_holds_another_operation_is_refused(tmp_path: Path, monkeypatch: Any) -> None:
    package = tmp_path / "misnamed_handlers"
    package.mkdir()
    (package / "__init__.py").write_text("")
    source = Path("handlers/remind.py").read_text("utf-8").replace("def remind(", "def nag(")
    (package / "poke.py").write_text(source, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ValueError, match="poke"):
        discover("misnamed_handlers")


def test_two_operations_of_one_name_are_a_mistake() -> None:
    decorated(a_module("handlers_first"), "twice")
    with pytest.raises(ValueError, match="twice"):
        decorated(a_module("handlers_second"), "twice")


def test_every_parameter_and_result_has_a_label_in_both_languages() -> None:
    for operation in discover("handlers").values():
        if not operation.call.__module__.startswith("handlers."):
            continue
        for name, (zh, en) in operation.labels.items():
            assert any("\u4e00" <= c <= "\u9fff" for c in zh), (operation.name, name)
            assert en.isascii(), (operation.name, name)


def test_the_element_template_writes_what_the_engine_reads() -> None:
    template = element_template(discover("handlers")["hold_slot"])
    bindings = [p["binding"] for p in template["properties"]]
    assert bindings[0] == {"type": "zeebe:taskDefinition", "property": "type"}
    assert template["properties"][0]["value"] == "hold_slot"
    inputs = {b["name"] for b in bindings if b["type"] == "zeebe:input"}
    assert inputs == {"instrument_id", "applicant", "start", "end", "purpose", "mode"}
    outputs = {b["source"] for b in bindings if b["type"] == "zeebe:output"}
    assert outputs == {"=booking_id", "=booking_status"}
    assert template["name"] == "预留时段"
    assert element_template(catalogue()["hold_slot"], "en")["name"] == "Hold the time"


def test_the_reference_page_is_fresh() -> None:
    ours = {
        n: o for n, o in discover("handlers").items() if o.call.__module__.startswith("handlers.")
    }
    page = Path("docs/reference/operations.md").read_text("utf-8")
    assert page == reference_page(ours), "run: make docs"


def test_a_job_mode_operation_has_a_transaction_of_its_own(
    sessions: sessionmaker[Session],
) -> None:
    before = operations.wire(None)
    try:
        with pytest.raises(RuntimeError, match="wire"), operations.own_transaction():
            pass
        operations.wire(sessions)
        with operations.own_transaction() as session:
            assert session.info["actor"].is_system
            assert session.in_transaction()
    finally:
        operations.wire(before)


def test_the_idempotency_key_is_part_of_every_call() -> None:
    job = Job("x", "k", uuid4(), "YY-1", "e", 2, NINE)
    assert (job.key, job.session) == ("k", None)
