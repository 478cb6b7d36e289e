"""What cannot work in rules, tiers, exchange rates and prices is refused with its place and the reason (E30)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from huitou.program.validation import InvalidProgramError, read_document
from tests.builders import document, rule


def refusal(written: dict[str, Any]) -> dict[str, str]:
    """The problems of a document, by place."""
    with pytest.raises(InvalidProgramError) as caught:
        read_document(json.dumps(written))
    return {error.pointer: error.message for error in caught.value.errors}


def economy(**changes: Any) -> dict[str, Any]:
    """A document with tiers, segments and stacks that rules can name."""
    fields: dict[str, Any] = {
        "segments": ["lapsed"],
        "tiers": tiers(),
        "stacks": [{"id": "cards", "combine": "best_of"}, {"id": "boosts", "combine": "product"}],
    }
    return document(**{**fields, **changes})


def tiers(*levels: dict[str, Any], **changes: Any) -> dict[str, Any]:
    basic, gold = level("basic", "0"), level("gold", "5000")
    return {
        "measure": "spend",
        "window": {"type": "calendar", "months": 12},
        "levels": list(levels) or [basic, gold],
        **changes,
    }


def level(name: str, threshold: str) -> dict[str, Any]:
    return {"id": name, "name": name.title(), "threshold": threshold}


def bonus(**changes: Any) -> dict[str, Any]:
    """50 points for a sale."""
    return {**{name: value for name, value in rule(points="50", **changes).items() if name != "per"}}


def double(**changes: Any) -> dict[str, Any]:
    """A multiplier."""
    return {"id": "double", "name": "Double", "currency": "points", "times": "2", **changes}


def second(**changes: Any) -> dict[str, Any]:
    return rule(**{"id": "second", **changes})


def earning(*rules: dict[str, Any]) -> dict[str, Any]:
    return economy(earning=list(rules))


def money_off(**changes: Any) -> dict[str, Any]:
    return {"brand": "sora", "currency": "beans", "points": "10", "money": "5", **changes}


def conversion(source: str, target: str, give: str = "1", get: str = "1") -> dict[str, Any]:
    return {"from": source, "to": target, "give": give, "get": get}


def price(**changes: Any) -> dict[str, Any]:
    fields = {"currency": "points", "issuer": "maru", "honoured_by": "sora", "since": "2026-01-01"}
    return {**fields, "points": "100", "money": "8", **changes}


def worth(**changes: Any) -> dict[str, Any]:
    return {"currency": "points", "since": "2026-01-01", "points": "100", "money": "7", **changes}


def settled(prices: list[dict[str, Any]], worths: list[dict[str, Any]]) -> dict[str, Any]:
    return economy(settlement={"prices": prices, "worth": worths})


REWARDS = [
    (
        earning({"id": "base", "name": "Base", "currency": "points"}),
        "/earning/0/points",
        "Say how many points it pays, or how many times it multiplies (times).",
    ),
    (earning(rule(), double(points="3")), "/earning/1/points", "A rule pays points or multiplies (times), not both."),
    (earning(rule(), double(per="3")), "/earning/1/per", "A rule pays points or multiplies (times), not both."),
    (earning(rule(of=["base"])), "/earning/0/of", "Only a multiplier (times) names the rates that it multiplies."),
    (earning(rule(), double(times="1")), "/earning/1/times", "This must be more than 1: `times: 2` pays double."),
    (earning(rule(), double(times="0.5")), "/earning/1/times", "This must be more than 1: `times: 2` pays double."),
    (earning(rule(), double(times="2.505")), "/earning/1/times", "'2.505' has more than 2 decimals."),
    (earning(rule(), double(times="250")), "/earning/1/times", "This must be at most 100."),
    (
        earning(rule(), double(currency="beans")),
        "/earning/1/times",
        "No rate pays 'beans': there is nothing to multiply.",
    ),
    (earning(bonus(), double()), "/earning/1/times", "No rate pays 'points': there is nothing to multiply."),
    (
        earning(rule(), double(of=["bass"])),
        "/earning/1/of/0",
        "There is no rule 'bass' in this programme. Did you mean 'base'?",
    ),
    (
        earning(rule(), bonus(id="gift"), double(of=["gift"])),
        "/earning/2/of/0",
        "'gift' is no rate (points per money); only rates can be multiplied.",
    ),
    (
        earning(rule(), second(currency="beans"), double(of=["second"])),
        "/earning/2/of/0",
        "'second' pays 'beans'; this rule multiplies 'points' only.",
    ),
    (earning(rule(), double(of=["base", "base"])), "/earning/1/of/1", "'base' is in this list already."),
    (
        earning(rule(), double(of=["base"], excludes=["base"])),
        "/earning/1/of/0",
        "This rule excludes 'base', so it cannot multiply it.",
    ),
]

CAPS = [
    (
        earning(bonus(caps=[{"points": "49", "per": "day"}])),
        "/earning/0/caps/0/points",
        "One grant of this rule is 50 points; this cap is below it.",
    ),
    (
        earning(rule(points="10", caps=[{"points": "9", "per": "purchase"}])),
        "/earning/0/caps/0/points",
        "One grant of this rule is 10 points; this cap is below it.",
    ),
    (
        earning(bonus(budget="49")),
        "/earning/0/budget",
        "One grant of this rule is 50 points; this budget is below it.",
    ),
    (
        earning(rule(), double(caps=[{"points": "0", "per": "day"}])),
        "/earning/1/caps/0/points",
        "This must be more than zero.",
    ),
    (earning(bonus(budget="100.5")), "/earning/0/budget", "'100.5' has more than 0 decimals."),
    (
        earning(bonus(caps=[{"points": "50", "per": "campaign"}])),
        "/earning/0/caps/0/per",
        "A campaign has a first day: name it under `when`, `dates`, `from`.",
    ),
    (
        earning(bonus(caps=[{"points": "50", "per": "day"}, {"points": "60", "per": "day"}])),
        "/earning/0/caps/1/per",
        "There is a cap per day already.",
    ),
    (
        earning(bonus(caps=[{"points": "50", "per": "week"}])),
        "/earning/0/caps/0/per",
        "Choose 'purchase', 'day', 'month', 'campaign' or 'lifetime'.",
    ),
]

CONDITIONS = [
    (
        earning(rule(when={"stores": ["m2"]})),
        "/earning/0/when/stores/0",
        "There is no store 'm2' in this programme.",
    ),
    (
        earning(rule(when={"regions": ["nort"]})),
        "/earning/0/when/regions/0",
        "There is no region 'nort' in this programme. Did you mean 'north'?",
    ),
    (
        earning(rule(when={"tiers": ["gild"]})),
        "/earning/0/when/tiers/0",
        "There is no tier 'gild' in this programme. Did you mean 'gold'?",
    ),
    (
        document(earning=[rule(when={"tiers": ["gold"]})]),
        "/earning/0/when/tiers/0",
        "There is no tier 'gold' in this programme.",
    ),
    (
        earning(rule(when={"segments": ["lapse"]})),
        "/earning/0/when/segments/0",
        "There is no segment 'lapse' in this programme. Did you mean 'lapsed'?",
    ),
    (
        earning(rule(when={"brands": ["maru"], "stores": ["m1", "s1"]})),
        "/earning/0/when/stores/1",
        "'s1' is a store of 'sora', not of the brands of this rule.",
    ),
    (
        earning(rule(currency="beans", when={"stores": ["m1"]})),
        "/earning/0/when/stores/0",
        "'m1' is a store of 'maru', not of the brands of this rule.",
    ),
    (
        earning(rule(when={"stores": ["m1"], "regions": ["abroad"]})),
        "/earning/0/when/stores/0",
        "'m1' lies in 'north', not in the regions of this rule.",
    ),
    (
        earning(rule(when={"brands": ["maru"], "regions": ["abroad"]})),
        "/earning/0/when/regions/0",
        "No store of the brands of this rule lies in 'abroad'.",
    ),
    (earning(rule(when={"minimum": "0"})), "/earning/0/when/minimum", "This must be more than zero."),
    (earning(rule(when={"minimum": "9.99"})), "/earning/0/when/minimum", "'9.99' has more than 0 decimals."),
    (earning(rule(when={"skus": ["1", "1"]})), "/earning/0/when/skus/1", "'1' is in this list already."),
    (
        earning(rule(when={"payments": ["cach"]})),
        "/earning/0/when/payments/0",
        "There is no way of paying 'cach' in this programme. Did you mean 'cash'?",
    ),
    (
        earning(rule(when={"skus": [" 1"]})),
        "/earning/0/when/skus/0",
        "Write something here, without spaces around it.",
    ),
    (
        earning(rule(when={"first_purchase": "store"})),
        "/earning/0/when/first_purchase",
        "Choose 'group' or 'brand'.",
    ),
]

INTERPLAY = [
    (
        earning(rule(stack="card")),
        "/earning/0/stack",
        "There is no stack 'card' in this programme. Did you mean 'cards'?",
    ),
    (
        earning(rule(stack="boosts")),
        "/earning/0/stack",
        "'boosts' is a product: only multipliers (times) build on each other.",
    ),
    (
        earning(rule(stack="cards"), second(currency="beans", stack="cards")),
        "/earning/1/stack",
        "'cards' compares what its rules pay: all must pay 'points', as 'base'.",
    ),
    (
        economy(stacks=[{"id": "cards", "combine": "sum"}, {"id": "cards", "combine": "first"}]),
        "/stacks/1/id",
        "The stack 'cards' is there already, at /stacks/0/id.",
    ),
    (
        earning(rule(excludes=["bass"])),
        "/earning/0/excludes/0",
        "There is no rule 'bass' in this programme. Did you mean 'base'?",
    ),
    (earning(rule(excludes=["base"])), "/earning/0/excludes/0", "A rule cannot exclude itself."),
    (
        earning(
            rule(id="a", excludes=["b"]),
            rule(id="b", excludes=["c"]),
            rule(id="c", excludes=["a"]),
            rule(id="d", excludes=["a"]),
        ),
        "/earning/0/excludes",
        "These rules exclude each other in a circle: a → b → c → a.",
    ),
    (economy(segments=["lapsed", "lapsed"]), "/segments/1", "The segment 'lapsed' is there already, at /segments/0."),
]

TIERS = [
    (
        economy(tiers=tiers(level("basic", "100"), level("gold", "5000"))),
        "/tiers/levels/0/threshold",
        "The first tier begins at 0, so that everybody has one.",
    ),
    (
        economy(tiers=tiers(level("basic", "0"), level("gold", "500"), level("silver", "500"))),
        "/tiers/levels/2/threshold",
        "'gold' begins at 500; this must be more, or nobody could reach it.",
    ),
    (
        economy(tiers=tiers(level("basic", "0"), level("gold", "500"), level("silver", "200"))),
        "/tiers/levels/2/threshold",
        "'gold' begins at 500; this must be more, or nobody could reach it.",
    ),
    (
        economy(tiers=tiers(level("basic", "0"), level("gold", "-1"))),
        "/tiers/levels/1/threshold",
        "This must not be negative.",
    ),
    (
        economy(tiers=tiers(level("basic", "0"), level("gold", "2.5"), measure="visits")),
        "/tiers/levels/1/threshold",
        "'2.5' has more than 0 decimals.",
    ),
    (
        economy(tiers=tiers(level("basic", "0"), level("gold", "2.5"), measure="points")),
        "/tiers/levels/1/threshold",
        "'2.5' has more than 0 decimals.",
    ),
    (
        economy(tiers=tiers(level("basic", "0"), level("basic", "1"))),
        "/tiers/levels/1/id",
        "The tier 'basic' is there already, at /tiers/levels/0/id.",
    ),
    (
        economy(tiers=tiers(level("basic", "0"), {"id": "gold", "name": "Basic", "threshold": "1"})),
        "/tiers/levels/1/name",
        "Another tier is called 'Basic' already.",
    ),
    (
        economy(tiers=tiers(window={"type": "calendar", "months": 2})),
        "/tiers/window/months",
        "Choose 1, 3, 6 or 12.",
    ),
    (economy(tiers=tiers(window={"type": "rolling"})), "/tiers/window/days", "This field is required."),
    (
        economy(tiers=tiers(window={"type": "rolling", "days": 30}, grace_days=31, warning_days=7)),
        "/tiers/grace_days",
        "Reviews may be 30 days apart: 31 days would reach over more than one.",
    ),
    (
        economy(tiers=tiers(window={"type": "calendar", "months": 1}, warning_days=29)),
        "/tiers/warning_days",
        "Reviews may be 28 days apart: 29 days would reach over more than one.",
    ),
]

TERMS = [
    (
        economy(money_off=[money_off(brand="sara")]),
        "/money_off/0/brand",
        "'beans' belongs to the brand 'sora' alone.",
    ),
    (economy(money_off=[money_off(brand="maru")]), "/money_off/0/brand", "'beans' belongs to the brand 'sora' alone."),
    (
        economy(money_off=[money_off(currency="stars")]),
        "/money_off/0/currency",
        "There is no currency 'stars' in this programme.",
    ),
    (
        economy(money_off=[money_off(), money_off(points="20")]),
        "/money_off/1",
        "'sora' takes 'beans' already, at /money_off/0.",
    ),
    (
        economy(money_off=[money_off(minimum="25")]),
        "/money_off/0/minimum",
        "Only multiples of 10 points can be used; write one.",
    ),
    (economy(money_off=[money_off(share=0)]), "/money_off/0/share", "This must be at least 1."),
    (economy(money_off=[money_off(share=101)]), "/money_off/0/share", "This must be at most 100."),
    (economy(money_off=[money_off(money="0")]), "/money_off/0/money", "This must be more than zero."),
    (economy(money_off=[money_off(points="0.05")]), "/money_off/0/points", "'0.05' has more than 1 decimals."),
    (
        economy(conversions=[conversion("beans", "points", "2", "0")]),
        "/conversions/0/get",
        "2 points would become nothing.",
    ),
    (
        economy(conversions=[conversion("beans", "points", "1", "0.5")]),
        "/conversions/0/get",
        "'points' has 0 decimals, so 0.5 would be rounded: give and get more.",
    ),
    (economy(conversions=[conversion("beans", "points", "0")]), "/conversions/0/give", "This must be more than zero."),
    (economy(conversions=[conversion("beans", "beans")]), "/conversions/0/to", "These are the same points."),
    (
        economy(conversions=[conversion("beans", "star")]),
        "/conversions/0/to",
        "There is no currency 'star' in this programme.",
    ),
    (
        economy(conversions=[conversion("beans", "points"), conversion("beans", "points", "2")]),
        "/conversions/1",
        "There is a rate from 'beans' to 'points' already, at /conversions/0.",
    ),
    (
        economy(conversions=[conversion("beans", "points", "5", "40"), conversion("points", "beans", "7", "1")]),
        "/conversions/0",
        "beans → points → beans would make points out of nothing.",
    ),
    (economy(refunds={"policy": "forgive"}), "/refunds/policy", "Choose 'waive', 'clamp' or 'debt'."),
    (economy(hold_limit_minutes=0), "/hold_limit_minutes", "This must be at least 1."),
]

SETTLEMENT = [
    (
        settled([price(issuer="mara")], [worth()]),
        "/settlement/prices/0/issuer",
        "There is no brand 'mara' in this programme. Did you mean 'maru'?",
    ),
    (
        settled([price(honoured_by="maru")], [worth()]),
        "/settlement/prices/0/honoured_by",
        "A brand owes itself nothing for its own points.",
    ),
    (
        settled([price(currency="beans", issuer="sora", honoured_by="maru")], [worth(currency="beans")]),
        "/settlement/prices/0/honoured_by",
        "'beans' can be used at 'sora' only.",
    ),
    (
        settled([price(), price(money="9")], [worth()]),
        "/settlement/prices/1",
        "There is a price of this pair from 2026-01-01 on already, at /settlement/prices/0.",
    ),
    (settled([price(money="-1")], [worth()]), "/settlement/prices/0/money", "This must not be negative."),
    (settled([price(points="0")], [worth()]), "/settlement/prices/0/points", "This must be more than zero."),
    (
        settled([price(since="1026-01-01")], [worth()]),
        "/settlement/prices/0/since",
        "Name a day of the years 2000 to 2999.",
    ),
    (settled([price()], []), "/settlement/worth", "Say what 'points' is worth: it holds for pairs without a price."),
    (
        settled([], [worth(), worth(money="8")]),
        "/settlement/worth/1",
        "These have a worth from 2026-01-01 on already, at /settlement/worth/0.",
    ),
    (
        settled([], [worth(currency="stars")]),
        "/settlement/worth/0/currency",
        "There is no currency 'stars' in this programme.",
    ),
]


@pytest.mark.parametrize(
    ("written", "pointer", "message"), REWARDS + CAPS + CONDITIONS + INTERPLAY + TIERS + TERMS + SETTLEMENT
)
def test_what_cannot_work_is_named_with_its_place(written: dict[str, Any], pointer: str, message: str) -> None:
    """E30: the path and the reason."""
    assert refusal(written)[pointer] == message


WORKING = [
    economy(),
    earning(rule(), double(of=["base"], when={"tiers": ["gold"], "segments": ["lapsed"]}, stack="boosts")),
    earning(bonus(caps=[{"points": "50", "per": "campaign"}], budget="50", when={"dates": {"from": "2026-05-01"}})),
    earning(rule(excludes=["second"]), second()),
    earning(rule(when={"stores": ["m1"], "regions": ["north"], "brands": ["maru"], "payments": ["cash"]})),
    economy(money_off=[money_off(minimum="30"), money_off(currency="points")]),
    economy(conversions=[conversion("beans", "points", "5", "40"), conversion("points", "beans", "8", "1")]),
    settled([price(), price(since="2026-07-01", money="0"), price(issuer="group")], [worth()]),
    document(tiers=tiers(level("basic", "0"), level("gold", "12"), measure="visits", window={"type": "anniversary"})),
    document(
        point_currencies=[{**currency, "transferable": True} for currency in document()["point_currencies"]],
    ),
]


@pytest.mark.parametrize("written", WORKING)
def test_what_can_work_is_taken(written: dict[str, Any]) -> None:
    assert read_document(json.dumps(written))


def test_every_circle_of_exclusions_is_named() -> None:
    """E30: all problems at once."""
    pairs = [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")]

    found = refusal(earning(*(rule(id=name, excludes=[other]) for name, other in pairs)))

    assert len(found) == 2
    assert all("in a circle" in message for message in found.values())


def test_a_circle_of_three_conversions_is_found() -> None:
    """E11: 1 → 2 → 3 → 1.5"""
    points, _ = document()["point_currencies"]
    currencies = [points, *({**points, "id": name} for name in ("stars", "moons"))]
    rates = [conversion("points", "stars", "1", "2"), conversion("stars", "moons", "2", "3")]

    assert read_document(json.dumps(document(point_currencies=currencies, conversions=rates)))
    more = [*rates, conversion("moons", "points", "2", "1")]
    assert refusal(document(point_currencies=currencies, conversions=more)) == {
        "/conversions/0": "points → stars → moons → points would make points out of nothing."
    }


def test_what_is_wrong_with_ten_thousand_stores_is_all_found() -> None:
    stores = [{"id": f"s{n}", "brand": "mara", "name": f"Store {n}", "region": "north"} for n in range(10_000)]
    rules = [rule(id="many", when={"stores": [*(store["id"] for store in stores[:50]), "s99999"]})]
    with pytest.raises(InvalidProgramError, match="10001 problems"):
        read_document(json.dumps(document(stores=stores, earning=rules)))
