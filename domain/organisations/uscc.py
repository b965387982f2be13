"""The unified social credit code of legal entities (GB 32100-2015)."""

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LENGTH = 18


def check_character(first: str) -> str:
    """Return the check character of the first 17 characters (GB 32100-2015, annex A).

    Raises ValueError for a character outside the standard's alphabet.
    """
    total = sum(
        _ALPHABET.index(character) * pow(3, position, 31)
        for position, character in enumerate(first)
    )
    return _ALPHABET[-total % 31]


def is_valid(code: str) -> bool:
    """Tell whether a code has 18 permitted characters and the right check character."""
    if len(code) != _LENGTH or any(character not in _ALPHABET for character in code):
        return False
    return check_character(code[:-1]) == code[-1]
