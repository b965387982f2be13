"""How much of a price a voucher takes over; pure arithmetic in fen."""

_WHOLE = 100


def offset(
    *, price_fen: int, available_fen: int, cap_left_fen: int, percent: int, full_up_to_fen: int
) -> int:
    """Return the fen that a voucher takes over of a price.

    A price up to ``full_up_to_fen`` may be taken over whole; of a higher one at most ``percent``
    of it, rounded down. Never more than the voucher has available, nor than the calendar year's
    cap leaves (Yuhuan's rule; the percentages come from the decision table by region and date).
    Raises ValueError for a negative amount or a percentage outside 0 to 100.
    """
    if min(price_fen, available_fen, full_up_to_fen) < 0 or not 0 <= percent <= _WHOLE:
        raise ValueError("amounts are not negative, and a percentage lies between 0 and 100")
    within = price_fen if price_fen <= full_up_to_fen else price_fen * percent // _WHOLE
    return max(0, min(within, available_fen, cap_left_fen))
