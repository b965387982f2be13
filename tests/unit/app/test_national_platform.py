"""The national platform's double and our HTTP client, over a real connection."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from app.doubles.national_platform import Books, judge, make_app
from domain.entries.errors import NationalUnavailable
from domain.entries.fields import CONTACT, FIELDS
from domain.entries.national_http import HttpNationalPlatform

UNIT = "12330106MD00000011"
RECORD: dict[str, Any] = {
    **{rule.wire: "1" for rule in (*FIELDS.values(), *CONTACT.values())},
    "worth": 318.5,
    "innerId": "LA-1",
}


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path / "books.jsonl")


@pytest.fixture
def platform(books: Books) -> Iterator[HttpNationalPlatform]:
    server = make_server("127.0.0.1", 0, make_app(books), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield HttpNationalPlatform(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()


def body(**changes: Any) -> dict[str, Any]:
    return {"insCode": UNIT, "instruType": 4, "json": {**RECORD, **changes}}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (body(), 100),
        (body(worth=-1), 101),
        (body(worth="318"), 101),
        ({**body(), "insCode": "1"}, 200),
        ({**body(), "instruType": 6}, 201),
        ({**body(), "json": "text"}, 202),
        (None, 202),
        (body(cname=""), 203),
        (body(cname="长" * 101), 203),
        (body(subject=[]), 203),
    ],
)
def test_each_return_code_has_its_cause(sent: Any, code: int) -> None:
    assert judge(sent) == code


def test_a_record_arrives_once_and_survives_a_restart(
    platform: HttpNationalPlatform, books: Books
) -> None:
    for _ in range(2):
        assert platform.push(UNIT, 4, RECORD, key="a").code == 100
    assert len(books.file.read_text("utf-8").splitlines()) == 1
    assert list(Books(books.file).read().rows) == [f"{UNIT}/LA-1"]


def test_a_database_fault_passes_and_then_the_same_push_succeeds(
    platform: HttpNationalPlatform, books: Books
) -> None:
    books.faults = 1
    answers = [platform.push(UNIT, 4, RECORD, key="a") for _ in range(2)]
    assert [one.code for one in answers] == [301, 100]
    assert answers[0].message == "数据库异常"


def test_silence_and_nonsense_are_told_apart_from_an_answer(
    platform: HttpNationalPlatform,
) -> None:
    with pytest.raises(NationalUnavailable):
        HttpNationalPlatform("http://127.0.0.1:9").push(UNIT, 4, RECORD, key="a")
    with pytest.raises(NationalUnavailable):
        HttpNationalPlatform(f"{platform.base}/health").push(UNIT, 4, RECORD, key="a")
