"""How an SMS travels: in which alphabet, in how many parts, and what it costs.

The alphabets are those of 3GPP TS 23.038: seven bits for each character of the default alphabet, two such septets for
those of its extension table, and else UCS-2, in which a character beyond the basic plane takes two units. A part has
140 octets; a text that needs several gives six of each to the header that joins them (TS 23.040, 9.2.3.24.1). Neither
an escape and its character nor the two units of one character are parted.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from gsm0338 import Codec  # type: ignore[import-untyped]

MOST_PARTS = 10


class SmsEncoding(StrEnum):
    """The alphabet in which an SMS travels."""

    GSM = "gsm_03.38"
    UCS2 = "ucs_2"


class Sms(NamedTuple):
    """A text as it travels. ``length`` is in septets (`SmsEncoding.GSM`) or 16-bit units (`SmsEncoding.UCS2`)."""

    text: str
    encoding: SmsEncoding
    length: int
    parts: int

    def cost(self, price: Decimal | None) -> Decimal | None:
        """``price`` is that of one part; None: nobody says."""
        return None if price is None else self.parts * price


_ROOM = {SmsEncoding.GSM: (160, 153), SmsEncoding.UCS2: (70, 67)}
"""Of a part that travels alone, and of one among several."""


def sms(text: str) -> Sms:
    """An empty text is one part."""
    sizes = [_septets(character) for character in text]
    encoding = SmsEncoding.GSM
    if None in sizes:
        encoding = SmsEncoding.UCS2
        sizes = [1 if ord(character) < 0x10000 else 2 for character in text]
    whole = [size for size in sizes if size is not None]
    alone, joined = _ROOM[encoding]
    length = sum(whole)
    return Sms(text, encoding, length, 1 if length <= alone else _parts(whole, joined))


def _parts(sizes: list[int], room: int) -> int:
    parts, left = 1, room
    for size in sizes:
        if size > left:
            parts, left = parts + 1, room
        left -= size
    return parts


@cache
def _codec() -> Codec:
    return Codec()


@cache
def _septets(character: str) -> int | None:
    """None: the default alphabet does not have it. The escape is no character."""
    try:
        return None if character == "\x1b" else len(_codec().encode(character)[0])
    except UnicodeEncodeError:
        return None
