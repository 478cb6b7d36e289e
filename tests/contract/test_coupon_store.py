"""Coupons are kept alike in memory and in DynamoDB (M27)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import MemberId, OwnedId, digest_of, ulid_for
from huitou.kernel.pages import InvalidCursorError
from huitou.rewards.decisions import reverse, use
from huitou.rewards.model import Coupon
from tests.builders import MEI
from tests.contract.conftest import SideBySide
from tests.contract.targets import AnyTable
from tests.coupons import coupon, coupons_on, used
from tests.outbox import NOON

FANG = MemberId("01JNSM3VF0R6T8C1W5PJ4X9YZB")
BARE = coupon()
FULL = reverse(use(BARE, used("K-1", client_reference="R-1")), used("K-1").id, "maru", NOON)


def numbered(number: int, member: MemberId = MEI, brand: str = "maru") -> Coupon:
    named = OwnedId(member, ulid_for(NOON + timedelta(hours=number), digest_of([member])))
    return replace(BARE, id=named, code=f"22222{member[-1]}222{number}", brand=brand)


@pytest.mark.parametrize("kept", [BARE, FULL, use(FULL, used("K-2", store=None))], ids=["bare", "reversed", "used"])
def test_a_coupon_comes_back_as_it_was_stored(table: AnyTable, kept: Coupon) -> None:
    store = coupons_on(table)
    assert (store.find(kept.code), store.load(kept.id)) == (None, None)
    table.commit(store.add(kept))
    assert store.find(kept.code) == kept
    assert (store.load(kept.id), store.load(kept.id._replace(member=FANG))) == (kept, None)


def test_a_code_is_given_once(table: AnyTable) -> None:
    store, other = coupons_on(table), replace(numbered(1, FANG), code=BARE.code)
    table.commit(store.add(BARE))
    with pytest.raises(StaleReadError):
        table.commit(store.add(other))
    assert (store.find(BARE.code), store.load(other.id)) == (BARE, None)


def test_of_many_tills_at_once_one_uses_it(table: AnyTable, side_by_side: SideBySide) -> None:
    """E16"""
    store = coupons_on(table)
    table.commit(store.add(BARE))
    outcomes = side_by_side(20, lambda n: table.commit([store.save(BARE, use(BARE, used(f"K-{n}")))]))
    assert [type(each) for each in outcomes].count(type(None)) == 1
    found = store.find(BARE.code)
    assert found is not None
    assert [each.id for each in found.uses] == [used(f"K-{outcomes.index(None)}").id]


def test_what_was_forgotten_is_not_used(table: AnyTable) -> None:
    """E25"""
    store = coupons_on(table)
    with pytest.raises(StaleReadError):
        table.commit([store.save(BARE, use(BARE, used("K-1")))])
    assert store.find(BARE.code) is None


@pytest.mark.parametrize("limit", [1, 2, 3, 9])
def test_coupons_of_several_members_are_listed_together_the_newest_first(table: AnyTable, limit: int) -> None:
    """E15, E31: of those that some brands take, if these are named."""
    store = coupons_on(table)
    coupons = [
        numbered(1),
        numbered(2, FANG),
        numbered(3, brand="sora"),
        numbered(4, brand="group"),
        numbered(5, FANG, "sora"),
    ]
    for each in coupons:
        table.commit(store.add(each))
    for brands in (None, {"maru", "group"}, {"kaze"}):
        found: list[Coupon] = []
        after = None
        while True:
            page = store.of_members([MEI, FANG], brands, after=after, limit=limit)
            found += page.items
            if (after := page.next_cursor) is None:
                break
        assert found == [each for each in reversed(coupons) if brands is None or each.brand in brands]


def test_a_cursor_from_elsewhere_is_refused(table: AnyTable) -> None:
    with pytest.raises(InvalidCursorError):
        coupons_on(table).of_members([MEI], None, after="WALLET#points#HEAD", limit=9)
