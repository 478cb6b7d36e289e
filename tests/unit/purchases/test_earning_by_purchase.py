"""What a sale comes to in the wallets: all its currencies, its explanation, one write."""

from __future__ import annotations

from huitou.points.wallet import RuleOutcome
from tests.builders import document, program, rule
from tests.purchases import NOON, SOON, Shop, bill, bread

AT_SORA = {"brand": "sora", "store": "s1"}
BEANS = rule(id="beans", name="Beans", currency="beans", points="1.5", per="500", when={"brands": ["sora"]})
TEA = rule(id="tea", name="Tea", points="5", when={"categories": ["tea"]})


def shop(*rules: dict[str, object]) -> Shop:
    opened = Shop(program(document(earning=list(rules))))
    opened.enrol()
    return opened


def test_a_sale_earns_all_its_currencies_in_one_write() -> None:
    """M6, M4: shared points and the brand's own; its wallet is opened on first use."""
    huitou = shop(rule(), BEANS)
    assert set(huitou.wallets.load_all(huitou.wallet().member)) == {"points"}

    recorded = huitou.sell(bill("S-1", **AT_SORA))

    assert [(entry.currency, entry.amount) for entry in recorded.entries] == [("points", 10), ("beans", 30)]
    assert (huitou.points(), huitou.points(currency="beans")) == (10, 30)
    assert huitou.ledger.contradictions() == huitou.ledger.contradictions("beans") == []


def test_a_brands_own_points_are_not_touched_by_a_sale_elsewhere() -> None:
    """M6: no entry, no wallet."""
    huitou = shop(rule(), BEANS)

    recorded = huitou.sell(bill())

    assert [entry.currency for entry in recorded.entries] == ["points"]
    assert set(huitou.wallets.load_all(huitou.wallet().member)) == {"points"}


def test_the_second_sale_adds_to_the_same_wallets() -> None:
    """M6."""
    huitou = shop(rule(), BEANS)

    for number in ("S-1", "S-2"):
        huitou.sell(bill(number, **AT_SORA))

    assert (huitou.points(), huitou.points(currency="beans")) == (20, 60)
    assert [lot.issuer for lot in huitou.wallet().lots] == ["sora", "sora"]


def test_a_sale_that_earns_nothing_says_why() -> None:
    """M12: the member's question is answered by the entry."""
    huitou = shop(TEA, rule())

    (entry,) = huitou.sell(bill("A-1", bread(99))).entries

    assert entry.amount == 0
    assert entry.explanation == (RuleOutcome("tea", 0, 0, "categories", "bread"), RuleOutcome("base", 99, 0))
    assert huitou.wallet().lots == ()


def test_a_gift_for_nothing_is_a_purchase_too() -> None:
    """M5: a total of zero is a sale, explained like any other."""
    huitou = shop(rule())

    recorded = huitou.sell(bill("A-1", bread(0, discount=1000)))

    assert [entry.explanation for entry in recorded.entries] == [(RuleOutcome("base", 0, 0),)]


def test_without_any_rule_a_purchase_is_still_recorded() -> None:
    """M5."""
    huitou = shop()

    recorded = huitou.sell(bill())

    assert [entry.explanation for entry in recorded.entries] == [()]
    assert huitou.use.get(recorded.purchase.id, "maru").purchase.lines == bill().lines


def test_a_purchase_names_the_version_that_decided_it() -> None:
    """M12: read under version 1, decided under 2, which was published in between."""
    huitou = shop(rule())
    huitou.programs.publish(program(document(earning=[rule(points="3")]), version=2))

    recorded = huitou.sell(bill(program_version=1))

    assert recorded.purchase.program_version == 2
    assert [(entry.amount, entry.program_version) for entry in recorded.entries] == [(30, 2)]


def test_what_time_had_done_to_the_wallet_is_booked_first() -> None:
    """E22, E5: expiries that nobody has booked yet come before the sale."""
    short = {"id": "points", "name": "Points", "expiry": {"type": "rolling_days", "days": 1}}
    huitou = Shop(program(document(point_currencies=[short], earning=[rule()])))
    huitou.enrol()
    huitou.sell(bill("A-1"))

    recorded = huitou.sell(bill("A-2", occurred_at=NOON.replace(day=9)))

    assert huitou.ledger.story() == [("earn", 10), ("expire", -10), ("earn", 10)]
    assert [entry.balance.spendable for entry in recorded.entries] == [10]
    assert huitou.points(now=NOON.replace(day=9) + SOON) == 10
