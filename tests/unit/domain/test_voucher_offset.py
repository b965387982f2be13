"""How much a voucher takes over: the formula of the rule, whatever the amounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.vouchers import offset

FEN = st.integers(0, 10**9)
CASES = st.fixed_dictionaries(
    {
        "price_fen": FEN,
        "available_fen": FEN,
        "cap_left_fen": FEN,
        "percent": st.integers(0, 100),
        "full_up_to_fen": FEN,
    }
)


@pytest.mark.parametrize(
    ("price", "available", "cap_left", "percent", "full_up_to", "expected"),
    [
        # Yuhuan: up to 10,000 yuan whole, half of what costs more.
        (1_000_000, 2_000_000, 10_000_000, 50, 1_000_000, 1_000_000),
        (1_000_001, 2_000_000, 10_000_000, 50, 1_000_000, 500_000),
        (800_000, 300_000, 10_000_000, 50, 1_000_000, 300_000),
        (800_000, 2_000_000, 200_000, 50, 1_000_000, 200_000),
        # The province's default: half, never whole, rounded down to the fen.
        (800_001, 5_000_000, 20_000_000, 50, 0, 400_000),
        (800_001, 300_000, 20_000_000, 50, 0, 300_000),
        (800_001, 300_000, -5, 50, 0, 0),
        (0, 300_000, 20_000_000, 50, 0, 0),
    ],
)
def test_the_rule_by_example(price, available, cap_left, percent, full_up_to, expected) -> None:
    found = offset(
        price_fen=price,
        available_fen=available,
        cap_left_fen=cap_left,
        percent=percent,
        full_up_to_fen=full_up_to,
    )
    assert found == expected


@given(CASES)
def test_it_never_exceeds_price_voucher_cap_or_share(case: dict[str, int]) -> None:
    found = offset(**case)
    assert 0 <= found <= min(case["price_fen"], case["available_fen"], case["cap_left_fen"])
    if case["price_fen"] > case["full_up_to_fen"]:
        assert 100 * found <= case["price_fen"] * case["percent"]


@given(CASES, st.sampled_from(["available_fen", "cap_left_fen", "percent", "full_up_to_fen"]))
def test_a_more_generous_rule_never_gives_less(case: dict[str, int], name: str) -> None:
    more = {**case, name: case[name] + 1}
    if more["percent"] <= 100:
        assert offset(**more) >= offset(**case)


@given(CASES)
def test_one_fen_more_makes_it_whole_or_leaves_less_than_a_fen_unused(case) -> None:
    found = offset(**case)
    limits = min(case["available_fen"], case["cap_left_fen"])
    if found < limits and case["price_fen"] > case["full_up_to_fen"]:
        assert case["price_fen"] * case["percent"] - 100 * found < 100
    elif found < limits:
        assert found == case["price_fen"]


@pytest.mark.parametrize(
    "wrong", [{"price_fen": -1}, {"percent": 101}, {"percent": -1}, {"available_fen": -1}]
)
def test_nonsense_is_refused(wrong: dict[str, int]) -> None:
    right = {
        "price_fen": 1,
        "available_fen": 1,
        "cap_left_fen": 1,
        "percent": 50,
        "full_up_to_fen": 0,
    }
    with pytest.raises(ValueError, match="amounts"):
        offset(**{**right, **wrong})
