import pytest

from domain.errors import InvalidValue
from domain.instruments import giai

PREFIX = "6901234"


@pytest.mark.parametrize("code", ["6901234ZJDY000001", "690123456789012345678901234567"])
def test_a_code_of_set_82_up_to_thirty_characters_is_taken(code: str) -> None:
    giai.check(code, PREFIX)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("6901234567890123456789012345678", "characters"),
        ("ABC12345", "prefix"),
        ("6901234 A", "characters"),
        ("6901234#4", "characters"),
        ("6901234仪器1", "characters"),
        ("6901234zjdy000001", "case"),
        ("6901234", "characters"),
        ("", "characters"),
        ("6901234A\n", "characters"),
    ],
)
def test_a_wrong_code_is_refused_with_its_reason(code: str, reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        giai.check(code, PREFIX)
    assert caught.value.params["reason"] == reason


def test_a_prefix_alone_is_no_asset() -> None:
    with pytest.raises(InvalidValue) as caught:
        giai.check("69012345", "69012345")
    assert caught.value.params["reason"] == "reference"


def test_a_made_code_names_prefix_unit_year_and_serial() -> None:
    assert giai.make(PREFIX, "0012", 2026, 7) == "6901234ZJ00122026000007"
