"""How the rules of one sale go together: multipliers, bonuses, stacks, exclusions and turns (M7, M12)."""

from __future__ import annotations

from typing import Any

from huitou.points.earning import Earning, earnings
from huitou.points.wallet import RuleOutcome
from tests.builders import Line, SaleSeen, document, program, rule, sale


def bonus(id_: str, points: int, **changes: Any) -> dict[str, Any]:
    return {"id": id_, "name": id_, "currency": "points", "points": str(points), **changes}


def multiplier(id_: str, times: str, **changes: Any) -> dict[str, Any]:
    return {"id": id_, "name": id_, "currency": "points", "times": times, **changes}


def earned(rules: list[dict[str, Any]], seen: SaleSeen | None = None, **stacks: str) -> Earning:
    """What a sale of 1000 earns; ``stacks`` by id, each with how its rules go together."""
    written = [{"id": name, "combine": combine} for name, combine in stacks.items()]
    return earnings(seen or sale(), program(document(earning=rules, stacks=written)))["points"]


def paid(earning: Earning) -> dict[str, int]:
    return {outcome.rule: outcome.points for outcome in earning.outcomes}


def said(earning: Earning, id_: str) -> RuleOutcome:
    return next(outcome for outcome in earning.outcomes if outcome.rule == id_)


def test_a_bonus_is_paid_once_however_much_is_bought() -> None:
    """M7."""
    assert paid(earned([rule(), bonus("welcome", 50)], sale(Line(300), Line(700)))) == {"base": 10, "welcome": 50}


def test_a_bonus_for_a_gift_over_a_minimum_asks_what_the_lines_that_count_come_to() -> None:
    """M7, M12: what was found is in smallest units of money."""
    tea = bonus("tea", 30, when={"categories": ["tea"], "minimum": "500"})

    assert paid(earned([rule(), tea], sale(Line(500, "tea"))))["tea"] == 30
    short = earned([rule(), tea], sale(Line(499, "tea"), Line(900, "bread")))
    assert said(short, "tea") == RuleOutcome("tea", 0, 0, "minimum", "499")


def test_a_multiplier_adds_what_rates_give_so_many_times_more() -> None:
    """M7: two and a half times: the rate pays once, the multiplier one and a half."""
    assert paid(earned([rule(), multiplier("festival", "2.5")])) == {"base": 10, "festival": 15}


def test_a_multiplier_counts_the_lines_that_both_select() -> None:
    """M7: bread and tea earn 1 per 100 each by their rates; only tea is doubled, and bonuses never are."""
    rules = [
        rule(id="bread", when={"categories": ["bread"]}),
        rule(id="tea", points="3", when={"categories": ["tea"]}),
        multiplier("double", "2", when={"skus": ["oolong"], "categories": ["bread"]}),
        bonus("welcome", 50),
    ]
    seen = sale(Line(200, "bread"), Line(300, "tea", "oolong"), Line(500, "tea", "sencha"), Line(1000, "cake"))

    assert paid(earned(rules, seen)) == {"bread": 2, "tea": 24, "double": 2 + 9, "welcome": 50}
    assert said(earned(rules, seen), "double").base == 500


def test_a_multiplier_names_the_rates_that_it_multiplies() -> None:
    """M7."""
    rules = [rule(), rule(id="extra", points="5"), multiplier("double", "2", of=["extra"])]

    assert paid(earned(rules)) == {"base": 10, "extra": 50, "double": 50}


def test_a_multiplier_is_exact_and_rounded_once() -> None:
    """M7: three lines of 55 are 1.65 points, half of it more 0.825: rounded once, to 1; line by line it were 0."""
    rules = [rule(), multiplier("half", "1.5", rounding="half_up")]

    assert paid(earned(rules, sale(Line(55), Line(55), Line(55)))) == {"base": 1, "half": 1}


def test_a_multiplier_finds_nothing_where_no_rate_applies() -> None:
    """M12: it applies, and gives nothing."""
    rules = [rule(when={"channels": ["app"]}), multiplier("double", "2")]

    assert said(earned(rules), "double") == RuleOutcome("double", 1000, 0)


def test_of_a_stack_the_best_pays_and_the_others_say_what_they_would_have_given() -> None:
    """M7, M12."""
    rules = [bonus("small", 5, stack="festival"), bonus("large", 9, stack="festival"), rule()]

    earning = earned(rules, festival="best_of")

    assert paid(earning) == {"small": 0, "large": 9, "base": 10}
    assert said(earning, "small") == RuleOutcome("small", 1000, 0, "outdone", "large", cut=5)


def test_of_equals_the_higher_priority_pays_then_the_one_that_is_written_first() -> None:
    """M7."""
    same = [bonus("one", 5, stack="festival"), bonus("other", 5, stack="festival", priority=1)]

    assert paid(earned([rule(), *same], festival="best_of")) == {"base": 10, "one": 0, "other": 5}
    assert paid(earned([same[0], bonus("third", 5, stack="festival")], festival="best_of")) == {"one": 5, "third": 0}


def test_a_stack_whose_first_pays_takes_the_highest_priority_that_applies() -> None:
    """M7: not the one that gives most, and not one whose conditions do not hold."""
    rules = [
        bonus("app", 99, stack="festival", priority=9, when={"channels": ["app"]}),
        bonus("much", 50, stack="festival"),
        bonus("little", 5, stack="festival", priority=1),
    ]

    earning = earned(rules, festival="first")

    assert paid(earning) == {"app": 0, "much": 0, "little": 5}
    assert [said(earning, each).failed for each in ("app", "much")] == ["channels", "outdone"]


def test_a_stack_that_sums_lets_all_pay() -> None:
    """M7."""
    rules = [bonus("one", 5, stack="festival"), bonus("other", 7, stack="festival")]

    assert paid(earned(rules, festival="sum")) == {"one": 5, "other": 7}


def test_multipliers_of_a_product_multiply_what_those_before_have_made() -> None:
    """M7: twice, and three times of that: sixfold in all; outside the stack it were fourfold."""
    rules = [rule(), multiplier("double", "2", stack="all"), multiplier("triple", "3", stack="all")]

    assert paid(earned(rules, all="product")) == {"base": 10, "double": 10, "triple": 40}
    assert sum(paid(earned([rule(), multiplier("double", "2"), multiplier("triple", "3")])).values()) == 40


def test_a_product_multiplies_line_by_line() -> None:
    """M7: bread twice, tea six times."""
    rules = [
        rule(),
        multiplier("double", "2", stack="all", priority=1),
        multiplier("tea", "3", stack="all", when={"categories": ["tea"]}),
    ]

    assert paid(earned(rules, sale(Line(400, "bread"), Line(600, "tea")), all="product")) == {
        "base": 10,
        "double": 10,
        "tea": 24,
    }


def test_a_multiplier_does_not_multiply_a_rate_that_is_excluded_or_outdone() -> None:
    """M7: it multiplies what is paid."""
    rates = [rule(id="few", stack="rates"), rule(id="many", points="2", stack="rates"), rule(id="never", points="9")]
    rules = [*rates, bonus("instead", 1, excludes=["never"]), multiplier("double", "2")]

    assert paid(earned(rules, rates="best_of")) == {"few": 0, "many": 20, "never": 0, "instead": 1, "double": 20}


def test_a_rule_that_pays_excludes_others_and_one_that_does_not_pay_excludes_none() -> None:
    """M7, M12."""
    vip = bonus("vip", 70, excludes=["base"], when={"channels": ["app"]})

    assert paid(earned([rule(), vip])) == {"base": 10, "vip": 0}
    online = earned([rule(), vip], sale(channel="app"))
    assert paid(online) == {"base": 0, "vip": 70}
    assert said(online, "base") == RuleOutcome("base", 1000, 0, "excluded", "vip", cut=10)


def test_who_is_excluded_excludes_nobody() -> None:
    """M7: the excluder has its turn first, whatever the priority and the order of the document."""
    rules = [
        bonus("last", 1),
        bonus("middle", 2, excludes=["last"], priority=9),
        bonus("first", 4, excludes=["middle"]),
    ]

    assert paid(earned(rules)) == {"last": 1, "middle": 0, "first": 4}


def test_a_multiplier_that_gives_something_excludes() -> None:
    """M7."""
    rules = [rule(), bonus("gift", 5), multiplier("double", "2", excludes=["gift"])]

    assert paid(earned(rules)) == {"base": 10, "gift": 0, "double": 10}
    assert paid(earned(rules, sale(Line(0)))) == {"base": 0, "gift": 5, "double": 0}


def test_an_excluded_rule_has_no_part_in_its_stack() -> None:
    """M7: exclusions come before stacks."""
    rules = [
        bonus("large", 9, stack="festival"),
        bonus("small", 5, stack="festival"),
        bonus("other", 1, excludes=["large"]),
    ]

    assert paid(earned(rules, festival="best_of")) == {"large": 0, "small": 5, "other": 1}


def test_a_sale_of_which_nothing_is_left_earns_nothing_whatever_the_rules() -> None:
    """E2: a bonus without conditions too."""
    nothing = SaleSeen("maru", "m1", "store", sale().occurred_at, ())

    assert earned([rule(), bonus("welcome", 50)], nothing) == Earning(0, ())
