"""A range of sort keys reads what it is made for, and nothing else that lies with a member."""

from __future__ import annotations

import pytest

from huitou.platform import keys


@pytest.mark.parametrize(
    ("first", "last", "within"),
    [
        (*keys.STANDING_TO_WALLETS, {"STANDING", "POSITION", "WALLET_PREFIX"}),
        (*keys.with_quarters(keys.since(keys.PURCHASE_PREFIX, None), None), {"PURCHASE_PREFIX", "QUARTER_PREFIX"}),
    ],
)
def test_no_other_key_lies_in_a_range(first: str, last: str, within: set[str]) -> None:
    named = {name: value for name, value in vars(keys).items() if name.isupper() and isinstance(value, str)}
    assert {name for name, value in named.items() if first <= value <= last} == within
