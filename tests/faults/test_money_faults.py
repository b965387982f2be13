"""A provider that misbehaves: its notices are dropped, doubled, late, out of order, wrong, forged.

The whole chain runs over HTTP; in every case order, voucher ledger and provider agree to the fen.
The sabotage twin shows that the comparison sees a single fen.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from app.demo_chain import BookingDemo, disagreements
from app.demo_client import ProviderFacts
from app.doubles.store import Store
from tests.running import Running, kept_running, prepared

FAULTS: list[dict[str, Any]] = [
    {"drop": True},
    {"duplicate": 3},
    {"delay_seconds": 25},
    {"reorder": True},
    {"wrong_amount": 1},
    {"forge": "signature"},
]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with prepared() as made, kept_running(made):
        yield made


@pytest.mark.slow
@pytest.mark.servers
@pytest.mark.timeout(900)
@pytest.mark.parametrize("faults", FAULTS, ids=lambda said: next(iter(said)))
def test_whatever_the_provider_does_no_sum_changes(
    running: Running, faults: dict[str, Any]
) -> None:
    books = Store(running.settings.sandbox_books)
    books.set_faults(faults)
    report = BookingDemo(
        running.base, lambda _: None, skip=FAULTS.index(faults), patience=300
    ).run()
    books.close()
    assert (report.missing, report.disagreements) == ([], [])
    assert report.ok
    money = report.money
    assert money["paid_fen"] - money["refunded_fen"] == money["payable_fen"] > 0


ORDER: dict[str, Any] = {
    "status": "settled", "gross_fen": 600, "discount_fen": 0, "offset_fen": 400,
    "payable_fen": 200, "paid_fen": 400, "refunded_fen": 200,
    "voucher_settled_fen": 400, "voucher_reserved_fen": 0,
    "payments": [{"number": "ZF-1", "status": "succeeded", "amount_fen": 400}],
    "refunds": [{"number": "TK-1", "status": "succeeded", "amount_fen": 200}],
}  # fmt: skip
PROVIDER = {"ZF-1": ProviderFacts("succeeded", 400, 200)}


def test_the_comparison_finds_nothing_where_all_agree() -> None:
    assert disagreements(ORDER, PROVIDER) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "paid"},
        {"offset_fen": 401},
        {"paid_fen": 401},
        {"refunded_fen": 199},
        {"voucher_settled_fen": 0},
        {"voucher_reserved_fen": 1},
    ],
    ids=lambda said: next(iter(said)),
)
def test_the_comparison_sees_a_single_fen(changed: dict[str, Any]) -> None:
    assert disagreements({**ORDER, **changed}, PROVIDER)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"ZF-1": ProviderFacts("succeeded", 399, 200)},
        {"ZF-1": ProviderFacts("succeeded", 400, 0)},
        {"ZF-1": ProviderFacts("closed", 400, 200)},
    ],
)
def test_the_comparison_asks_the_provider(said: dict[str, ProviderFacts]) -> None:
    assert disagreements(ORDER, said)
