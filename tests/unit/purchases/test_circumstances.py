"""What a sale saw of the member is kept with it, so that a refund can decide it again (E2, E7, E12, E3)."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from huitou.points.budgets import BudgetId, Grant, granted
from huitou.points.circumstances import NOBODY, Circumstances
from huitou.purchases.decisions import recompute
from huitou.purchases.model import Payment, Purchase
from huitou.purchases.packing import pack, unpack
from tests.builders import document, program, rule
from tests.purchases import NOON, Shop, bill, bread

WELCOME = {"id": "welcome", "name": "Welcome", "currency": "points", "points": "50"}
AT_SORA = {"brand": "sora", "store": "s1"}


def shop(*rules: dict[str, Any]) -> Shop:
    opened = Shop(program(document(earning=list(rules))))
    opened.enrol()
    return opened


def again(huitou: Shop, purchase: Purchase, *lines: Any) -> int:
    """What the purchase, as it is kept, would earn with only these lines."""
    return recompute(purchase, lines, huitou.programs.active())["points"].points


def test_only_the_first_purchase_is_the_first() -> None:
    """M7: in the whole group, and at each brand."""
    huitou = shop(
        WELCOME | {"when": {"first_purchase": "group"}},
        WELCOME | {"id": "brand", "points": "7", "when": {"first_purchase": "brand"}},
    )

    earned = [
        huitou.sell(bill(number, **place)).entries[0].amount
        for number, place in [("A-1", {}), ("A-2", {}), ("S-1", AT_SORA), ("S-2", AT_SORA)]
    ]

    assert earned == [57, 0, 7, 0]
    assert huitou.wallet().bought == {"maru": 2, "sora": 2}


def test_a_cap_holds_from_sale_to_sale() -> None:
    """M7, E12: 15 a day; the next day begins anew."""
    huitou = shop(rule(caps=[{"points": "15", "per": "day"}]))

    sales = [huitou.sell(bill(number)) for number in ("A-1", "A-2", "A-3")]
    tomorrow = huitou.sell(bill("A-4", occurred_at=NOON.replace(day=3)))

    assert [sale.entries[0].amount for sale in (*sales, tomorrow)] == [10, 5, 0, 10]
    assert [sale.purchase.seen.used for sale in sales] == [
        {},
        {"base/d2026-03-02": 10},
        {"base/d2026-03-02": 15},
    ]


def test_a_refund_decides_under_what_was_seen_then_not_now() -> None:
    """E2: the first purchase stays the first, and the cap is as free as it was."""
    huitou = shop(
        rule(caps=[{"points": "15", "per": "day"}]), WELCOME | {"when": {"first_purchase": "group", "minimum": "500"}}
    )
    cake = bread(400)
    first = huitou.sell(bill("A-1", bread(), cake)).purchase
    huitou.sell(bill("A-2"))

    kept = huitou.use.get(first.id, "maru").purchase

    assert kept == first
    assert kept.seen == Circumstances(first_in_group=True, first_at_brand=True)
    assert again(huitou, kept, *kept.lines) == 64
    assert again(huitou, kept, bread()) == 60
    assert again(huitou, kept, cake) == 4
    assert again(huitou, kept) == 0


def test_a_purchase_keeps_from_which_shards_it_took() -> None:
    """E12: the rest of a budget goes to who asks next, from as many shards as it takes."""
    huitou = shop(rule(budget="16"))

    first, second, third = (huitou.sell(bill(number)).purchase for number in ("A-1", "A-2", "A-3"))

    assert granted(first.grants) == first.seen.budgets == {"base": 10}
    assert granted(second.grants) == {"base": 6}
    assert (third.grants, third.seen.budgets) == ((), {})
    assert sum(shard.left for shard in huitou.budgets.shards(BudgetId("base", "points"))) == 0
    (entry,) = huitou.use.get(second.id, "maru").entries
    assert [(said.points, said.cut, said.cut_by) for said in entry.explanation] == [(6, 4, "budget")]


def test_a_refund_takes_no_more_from_a_budget_than_the_sale_was_granted() -> None:
    """E2, E12: what the budget has left by now does not matter."""
    huitou = shop(rule(budget="6"))
    first, second = (huitou.sell(bill(number, bread(600), bread(400))).purchase for number in ("A-1", "A-2"))

    assert [again(huitou, first, *first.lines), again(huitou, first, bread(400))] == [6, 4]
    assert again(huitou, second, *second.lines) == 0


def test_a_sale_that_asks_no_budget_reads_none() -> None:
    """E12: nothing is split for a rule that does not apply."""
    huitou = shop(rule(), WELCOME | {"budget": "500", "when": {"channels": ["app"]}})

    huitou.sell(bill())

    assert huitou.budgets.shards(BudgetId("welcome", "points")) == []


def test_what_points_paid_for_earns_nothing() -> None:
    """E3: of 1000, points paid 250; the tea of 400 was paid with 300 in money."""
    tea = rule(id="tea", points="10", when={"categories": ["tea"]})
    huitou = shop(rule(), tea)
    payments = (Payment("points", 250), Payment("card", 750))

    sold = huitou.sell(bill("A-1", bread(600), bread(400, category="tea"), payments=payments))

    assert [(said.base, said.points) for said in sold.entries[0].explanation] == [(750, 7), (300, 30)]
    assert sold.purchase.total == 1000
    assert again(huitou, sold.purchase, bread(400, category="tea")) == 3 + 30


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6), st.data())
def test_the_part_paid_in_money_is_shared_to_the_last_unit(amounts: list[int], data: st.DataObject) -> None:
    """E3: over all lines exactly what money paid; of fewer lines their part, rounded down; no line gets more."""
    total = sum(amounts)
    points = data.draw(st.integers(0, total))
    purchase = bill("A-1", *map(bread, amounts), payments=(Payment("points", points), Payment("cash", total - points)))
    some = data.draw(st.lists(st.sampled_from(purchase.lines), max_size=3))

    whole, part = purchase.in_money(purchase.lines).lines, purchase.in_money(some).lines

    assert sum(line.amount for line in whole) == total - points
    bought = sum(line.amount for line in some)
    assert sum(line.amount for line in part) == (bought * (total - points) // total if total else 0)
    assert all(
        0 <= net.amount <= line.amount for net, line in zip([*whole, *part], [*purchase.lines, *some], strict=True)
    )


counters = st.dictionaries(st.sampled_from(["base/l", "base/d2026-03-02"]), st.integers(1, 99))
grants = st.lists(
    st.builds(Grant, st.just(BudgetId("base", "points")), st.integers(0, 7), st.integers(1, 99)),
    max_size=3,
    unique_by=lambda grant: grant.shard,
)


@given(
    st.none() | st.just("gold"),
    st.frozensets(st.sampled_from(["vips", "students"])),
    st.tuples(*[st.booleans()] * 3),
    counters,
    grants,
)
def test_what_was_seen_is_read_as_it_was_written(
    tier: str | None, segments: frozenset[str], flags: tuple[bool, ...], used: dict[str, int], taken: list[Grant]
) -> None:
    """E2."""
    birthday, in_group, at_brand = flags
    seen = Circumstances(tier, segments, birthday, in_group, at_brand, used, granted(taken))

    read = unpack(pack(bill(seen=seen, grants=tuple(taken))))

    assert read.get("seen", NOBODY) == seen
    assert read.get("grants", ()) == tuple(taken)
