"""A receipt that a person types is the one that the till printed (E14)."""

from __future__ import annotations

import pytest

from huitou.platform.problems import ValidationFailedError
from huitou.platform.shapes import read_shape
from huitou.purchases.receipts import Receipt
from huitou.purchases.requests import ReceiptBody, read_receipt
from tests.builders import program


def named(field: str, number: str) -> Receipt:
    """What names the sale, with a number as it was typed."""
    said = {"store": "m1", "receipt": "1", "occurred_at": "2026-03-02T12:00:00+08:00"} | {field: number}
    if field == "order_id":
        del said["receipt"]
    return read_receipt(read_shape(ReceiptBody, said), "maru", program())


@pytest.mark.parametrize("field", ["receipt", "terminal", "order_id"])
@pytest.mark.parametrize(
    ("typed", "printed"),
    [("ＡＢ－００７", "AB-007"), (" AB-007 ", "AB-007"), ("AB-007\u3000", "AB-007"), ("Cafe\u0301 7", "Café 7")],
    ids=["full width", "blanks", "an ideographic blank", "an accent apart"],
)
def test_full_width_signs_and_blanks_make_no_other_number(field: str, typed: str, printed: str) -> None:
    """E14."""
    assert named(field, typed).digest == named(field, printed).digest


@pytest.mark.parametrize("other", ["7", "07", "0 07", "oo7", "OO7"])
def test_what_tills_tell_apart_stays_apart(other: str) -> None:
    """E14: zeros in front, blanks within, the case of letters."""
    assert named("receipt", other).digest != named("receipt", "007").digest
    assert named("receipt", "oo7").digest != named("receipt", "OO7").digest


@pytest.mark.parametrize("nothing", ["", "  ", "\u3000", "A\n", "\x00"])
def test_blanks_alone_are_no_number(nothing: str) -> None:
    """E30."""
    with pytest.raises(ValidationFailedError):
        named("receipt", nothing)
