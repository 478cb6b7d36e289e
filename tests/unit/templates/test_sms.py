"""How long an SMS is: 3GPP TS 23.038 and 23.040."""

from __future__ import annotations

from decimal import Decimal

import pytest

from huitou.templates.sms import SmsEncoding, sms


@pytest.mark.parametrize(
    ("text", "encoding", "length", "parts"),
    [
        ("", SmsEncoding.GSM, 0, 1),
        ("a" * 160, SmsEncoding.GSM, 160, 1),
        ("a" * 161, SmsEncoding.GSM, 161, 2),
        ("a" * 306, SmsEncoding.GSM, 306, 2),
        ("a" * 307, SmsEncoding.GSM, 307, 3),
        ("Ωß@£ñ", SmsEncoding.GSM, 5, 1),
        ("王" * 70, SmsEncoding.UCS2, 70, 1),
        ("王" * 71, SmsEncoding.UCS2, 71, 2),
        ("王" * 134, SmsEncoding.UCS2, 134, 2),
        ("王" * 135, SmsEncoding.UCS2, 135, 3),
        ("a" * 70 + "ç", SmsEncoding.UCS2, 71, 2),
    ],
)
def test_parts_have_so_much_room(text: str, encoding: SmsEncoding, length: int, parts: int) -> None:
    """M24."""
    found = sms(text)
    assert (found.encoding, found.length, found.parts) == (encoding, length, parts)


def test_characters_of_the_extension_table_count_twice() -> None:
    assert sms("€" * 80).parts == 1
    assert sms("€" * 81).length == 162
    assert [sms(each).length for each in "^{}\\[~]|€"] == [2] * 9


def test_an_escape_and_its_character_stay_together() -> None:
    """153 septets: the euro would begin with the last of the first part and end in the second."""
    assert sms("a" * 152 + "€" + "a" * 151).length == 305
    assert sms("a" * 152 + "€" + "a" * 151).parts == 2
    assert sms("a" * 152 + "€" + "a" * 152).length == 306
    assert sms("a" * 152 + "€" + "a" * 152).parts == 3


def test_the_two_units_of_one_character_stay_together() -> None:
    assert sms("😀" * 35).parts == 1
    assert sms("😀" * 66).length == 132
    assert sms("😀" * 66).parts == 2
    assert sms("😀" * 67).length == 134
    assert sms("😀" * 67).parts == 3


def test_each_part_is_paid() -> None:
    assert sms("a" * 161).cost(Decimal("0.05")) == Decimal("0.10")
    assert sms("a").cost(None) is None
