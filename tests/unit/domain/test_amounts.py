"""Money as integers: half-up shares, and amounts in capital numerals."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.payments.amounts import capitals, share, yuan

FEN = st.integers(0, 10**12)


@given(FEN, st.integers(0, 100_000), st.integers(1, 100_000))
def test_a_share_is_rounded_half_up_to_the_fen(fen: int, above: int, below: int) -> None:
    exact = (Decimal(fen) * above / below).quantize(Decimal(1), ROUND_HALF_UP)
    assert share(fen, above, below) == int(exact)


@given(FEN, st.integers(0, 100))
def test_a_share_and_its_rest_never_lose_more_than_the_rounding(fen: int, percent: int) -> None:
    assert abs(share(fen, percent, 100) + share(fen, 100 - percent, 100) - fen) <= 1


@given(st.integers(1, 10**6), st.integers(1, 10**4))
def test_rounding_down_is_caught(fen: int, below: int) -> None:
    """The sabotage twin: plain integer division differs wherever half a fen or more is lost."""
    cut = fen // below
    assert (share(fen, 1, below) == cut) == (2 * (fen % below) < below)


@pytest.mark.parametrize("wrong", [(-1, 1, 1), (1, -1, 1), (1, 1, 0)])
def test_a_share_of_nothing_sensible_is_refused(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="share"):
        share(*wrong)


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (100, "壹元整"),
        (140_950, "壹仟肆佰零玖元伍角整"),
        (600_714, "陆仟零柒元壹角肆分"),
        (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
        (32_504, "叁佰贰拾伍元零肆分"),
        (10_700_053, "壹拾万柒仟元零伍角叁分"),
        (168_032, "壹仟陆佰捌拾元零叁角贰分"),
        (100_000_001, "壹佰万元零壹分"),
        (10_000_010_000, "壹亿零壹佰元整"),
        (1_000_500_000, "壹仟万伍仟元整"),
        (10_050_000_000, "壹亿零伍拾万元整"),
    ],
)
def test_amounts_are_written_in_capital_numerals(fen: int, text: str) -> None:
    assert capitals(fen) == text


def _read(text: str) -> int:
    """Read capital numerals back; independent of how they are written."""
    digits = {c: n for n, c in enumerate("零壹贰叁肆伍陆柒捌玖")}
    places = {"拾": 10, "佰": 100, "仟": 1000}
    whole, _, rest = text.partition("元") if "元" in text else ("", "", text)
    total = group = digit = 0
    for c in whole:
        if c in digits:
            digit = digits[c]
        elif c in places:
            group, digit = group + digit * places[c], 0
        elif c == "万":
            total, group, digit = total + (group + digit) * 10**4, 0, 0
        else:
            total, group, digit = (total + group + digit) * 10**8, 0, 0
    fen = (total + group + digit) * 100
    digit = 0
    for c in rest:
        digit = digits.get(c, digit)
        fen += {"角": 10, "分": 1}.get(c, 0) * digit
    return fen


@given(st.integers(0, 10**13))
def test_capital_numerals_read_back_as_the_same_amount(fen: int) -> None:
    text = capitals(fen)
    assert _read(text) == fen
    assert "零零" not in text
    assert text.endswith("分") != text.endswith("整")


def test_an_amount_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(ValueError, match="written"):
        capitals(-1)


def test_yuan_have_two_decimals_and_thousands() -> None:
    assert (yuan(123_456_789), yuan(5), yuan(-140)) == ("1,234,567.89", "0.05", "-1.40")
