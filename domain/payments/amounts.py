"""Money as integers: shares rounded half up to the fen, and how amounts are written."""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")
#: Amounts beyond this cannot be written in capital numerals here (fen).
_TOO_MUCH = 10**18
#: A group of four digits below this has a gap before it.
_THOUSAND = 1000


def share(amount_fen: int, numerator: int, denominator: int) -> int:
    """Return ``amount · numerator / denominator`` rounded half up to the fen (no negatives)."""
    if amount_fen < 0 or numerator < 0 or denominator <= 0:
        raise ValueError("a share is of something, and positive")
    return (2 * amount_fen * numerator + denominator) // (2 * denominator)


def yuan(amount_fen: int) -> str:
    """Write fen as yuan with two decimals and thousands: ``1,234.50``."""
    sign = "-" if amount_fen < 0 else ""
    whole, rest = divmod(abs(amount_fen), 100)
    return f"{sign}{whole:,}.{rest:02d}"


def capitals(amount_fen: int) -> str:
    """Write an amount in the capital numerals of Chinese vouchers: ``壹佰贰拾元伍角整``.

    The rule is that of 正确填写票据和结算凭证的基本规定: 整 after 元 or 角, never after 分; one 零
    for a gap. Raises ValueError below zero or from 10¹⁸ fen.
    """
    if not 0 <= amount_fen < _TOO_MUCH:
        raise ValueError(f"{amount_fen} fen cannot be written")
    whole, rest = divmod(amount_fen, 100)
    jiao, fen = divmod(rest, 10)
    text = f"{_whole(whole)}元" if whole else ""
    if not rest:
        return f"{text or '零元'}整"
    if jiao:
        text += f"{'零' if whole and whole % 10 == 0 else ''}{_DIGITS[jiao]}角"
    elif whole:
        text += "零"
    return f"{text}{_DIGITS[fen]}分" if fen else f"{text}整"


def _whole(number: int) -> str:
    """Write a positive whole number, four digits at a time."""
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    text, gap = "", False
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if not group:
            gap = bool(text)
            continue
        if text and (gap or group < _THOUSAND):
            text += "零"
        text += _four(group) + _GROUPS[place]
        gap = False
    return text


def _four(number: int) -> str:
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
            gap = False
        elif text:
            gap = True
    return text
