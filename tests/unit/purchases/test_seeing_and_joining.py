"""E31: a purchase joins the member to the brand, and a brand sees its own purchases only."""

from __future__ import annotations

from datetime import timedelta

import pytest

from huitou.points.membership import MemberNotFoundError
from huitou.program.model import GROUP
from huitou.purchases.service import PurchaseNotFoundError
from tests.builders import MEI, OPENED, document, program
from tests.purchases import LIN, NOON, SOON, Shop, bill, booking

AT_SORA = {"brand": "sora", "store": "s1"}


def shop(joins: str = "on_use") -> Shop:
    """Mei has joined maru."""
    opened = Shop(program(document(joins=joins)))
    opened.enrol(MEI, "maru")
    return opened


def test_showing_an_identity_joins_in_the_same_write() -> None:
    """E31, M3: since when is kept."""
    huitou = shop()

    huitou.sell(bill("S-1", **AT_SORA))

    assert huitou.wallet().brands == {"maru": OPENED, "sora": NOON + SOON}
    assert huitou.points() == 10


def test_who_has_joined_stays_joined_since_the_first_time() -> None:
    """M3."""
    huitou = shop()

    huitou.sell(bill())

    assert huitou.wallet().brands == {"maru": OPENED}


@pytest.mark.parametrize("brand", ["maru", "sora"])
def test_our_own_id_will_do_where_the_member_has_joined_and_nowhere_else(brand: str) -> None:
    """E31: for a brand that the member did not join they do not exist."""
    huitou = shop()
    sale = bill("S-1", **AT_SORA) if brand == "sora" else bill()
    kept = huitou.everything()

    if brand == "maru":
        assert huitou.sell(sale, presented=False).entries
        return
    with pytest.raises(MemberNotFoundError):
        huitou.sell(sale, presented=False)
    assert huitou.everything() == kept


def test_a_programme_may_want_members_to_ask() -> None:
    """E31: with `explicit` even an identity joins nobody, and the sale is refused as for a stranger."""
    huitou = shop("explicit")
    kept = huitou.everything()

    with pytest.raises(MemberNotFoundError):
        huitou.sell(bill("S-1", **AT_SORA))

    assert huitou.everything() == kept
    assert huitou.sell(bill()).entries


def test_a_stranger_and_one_who_has_not_joined_get_the_same_answer() -> None:
    """E31."""
    huitou = shop()
    refusals = []

    for member in (LIN, MEI):
        with pytest.raises(MemberNotFoundError) as refusal:
            huitou.sell(bill("S-1", **AT_SORA), member, presented=False)
        refusals.append((refusal.value.detail, refusal.value.errors, refusal.value.extra))

    assert refusals[0] == refusals[1]


def test_a_visit_joins_as_a_purchase_does() -> None:
    """E31."""
    by_identity, by_id, explicit = shop(), shop(), shop("explicit")

    by_identity.visit(booking())

    assert set(by_identity.wallet().brands) == {"maru", "sora"}
    for huitou, presented in ((by_id, False), (explicit, True)):
        with pytest.raises(MemberNotFoundError):
            huitou.visit(booking(), presented=presented)


def test_a_brand_reads_its_own_purchases_and_the_group_all() -> None:
    """E31."""
    huitou = shop()
    ours = huitou.sell(bill()).purchase
    theirs = huitou.sell(bill("S-1", **AT_SORA)).purchase

    assert huitou.use.get(ours.id, "maru").purchase == ours
    assert huitou.use.get(theirs.id, GROUP).purchase == theirs
    for unseen in (theirs.id, theirs.receipt, f"{MEI}-{LIN}", bill("A-9").receipt, "no id", ""):
        with pytest.raises(PurchaseNotFoundError if len(unseen) > 20 else Exception) as refusal:
            huitou.use.get(unseen, "maru")
        assert "01J" not in str(refusal.value)


def test_a_members_purchases_are_listed_the_newest_first_and_each_brand_sees_its_own() -> None:
    """E31, E33."""
    huitou = shop()
    for day in range(6):
        brand = AT_SORA if day % 2 else {}
        huitou.sell(bill(f"A-{day}", occurred_at=NOON + timedelta(days=day), **brand))

    def listed(brand: str, limit: int) -> list[str | None]:
        found, after = [], None
        while True:
            page = huitou.use.of_member(MEI, brand=brand, after=after, limit=limit)
            found += [purchase.number for purchase in page.items]
            after = page.next_cursor
            if after is None:
                return found

    for limit in (1, 2, 4, 10):
        assert listed(GROUP, limit) == ["A-5", "A-4", "A-3", "A-2", "A-1", "A-0"]
        assert listed("maru", limit) == ["A-4", "A-2", "A-0"]


def test_the_list_of_a_member_who_has_not_joined_is_that_of_nobody() -> None:
    """E31."""
    huitou = shop()

    for member in (MEI, LIN):
        with pytest.raises(MemberNotFoundError):
            huitou.use.of_member(member, brand="sora", after=None, limit=10)
