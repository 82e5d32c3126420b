"""Numbers as the engines take them."""

import sys


def finite(value: float) -> float:
    """Integers beyond the range of floats become its ends."""
    try:
        return float(value)
    except OverflowError:
        return sys.float_info.max if value > 0 else -sys.float_info.max
