"""Money and points as exact integers of the smallest unit; decimal strings outside (E33).

``exponent`` is the number of decimals of the unit: 0 for NT$, 2 for US$, usually 0 for points.
"""

from __future__ import annotations

import re

from huitou.kernel.errors import InvalidError

_DECIMAL = re.compile(r"(-?)(\d{1,15})(?:\.(\d{1,6}))?", re.ASCII)


class InvalidAmountError(InvalidError):
    """Not a plain decimal, or more decimals than the unit has."""

    code = "invalid_amount"
    title = "The amount is not valid"


def parse_amount(text: str, exponent: int) -> int:
    """``parse_amount("12.30", 2) == 1230``. Raises `InvalidAmountError`.

    Trailing zeros beyond the exponent are harmless; any other digit there is refused, never rounded.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise InvalidAmountError(f"{text!r} is not a plain decimal number.")
    sign, whole, fraction = match[1], match[2], match[3] or ""
    if fraction[exponent:].strip("0"):
        raise InvalidAmountError(f"{text!r} has more than {exponent} decimals.")
    units = int(whole + fraction[:exponent].ljust(exponent, "0"))
    return -units if sign else units


def format_amount(units: int, exponent: int) -> str:
    """The inverse of `parse_amount`: ``format_amount(1230, 2) == "12.30"``."""
    if exponent == 0:
        return str(units)
    sign, digits = ("-" if units < 0 else ""), str(abs(units)).rjust(exponent + 1, "0")
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}"
