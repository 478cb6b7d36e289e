"""What holds for every basket under every set of rules (M7, E2)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from huitou.points.circumstances import Circumstances
from huitou.points.earning import attribution, earnings
from huitou.points.shares import share
from huitou.program.model import Program
from huitou.program.rules import Bonus, Cap, Combine, Condition, EarningRule, Multiplier, Per, Rate, Rounding, Stack
from tests.builders import Line, SaleSeen, program, sale

FRAME = program()
CATEGORIES = ("bread", "tea", None)
SKUS = ("bread-1", "oolong", "sencha")
STACKS = [Stack(f"stack-{combine}", combine) for combine in Combine if combine is not Combine.PRODUCT]
PRODUCT = Stack("stack-product", Combine.PRODUCT)

lines = st.builds(Line, st.integers(0, 10**6), st.sampled_from(CATEGORIES), st.sampled_from(SKUS))
sales = st.lists(lines, min_size=1, max_size=8).map(lambda chosen: sale(*chosen))
conditions = st.builds(
    Condition,
    categories=st.frozensets(st.sampled_from(["bread", "tea"]), max_size=2),
    skus=st.frozensets(st.sampled_from(SKUS), max_size=2),
    minimum=st.sampled_from([0, 0, 500]),
)
rates = st.builds(Rate, st.integers(1, 50), st.sampled_from([1, 3, 7, 100, 250]))
multipliers = st.builds(Multiplier, st.integers(101, 1000))
bonuses = st.builds(Bonus, st.integers(1, 500))
caps = st.lists(st.builds(Cap, st.integers(1, 500), st.sampled_from(Per)), max_size=2, unique_by=lambda cap: cap.per)


@st.composite
def a_rule(draw: st.DrawFn, *, alone: bool = False) -> EarningRule:
    reward = draw(st.one_of(rates, multipliers, bonuses))
    stacks = [None, *STACKS, *([PRODUCT] if isinstance(reward, Multiplier) else [])]
    return EarningRule(
        id="",
        name="",
        currency="points",
        reward=reward,
        rounding=draw(st.sampled_from(Rounding)),
        when=draw(conditions),
        caps=tuple(draw(caps)),
        budget=draw(st.none() | st.integers(0, 500)),
        stack=None if alone else draw(st.sampled_from(stacks)),
        excludes=frozenset() if alone else draw(st.frozensets(st.integers(0, 5).map(str), max_size=1)),
        priority=draw(st.integers(-1, 1)),
    )


def programme(rules: list[EarningRule]) -> Program:
    """Rules are named by their number, and exclude only later ones: no cycles."""
    named = [
        replace(rule, id=str(number), excludes=frozenset(each for each in rule.excludes if int(each) > number))
        for number, rule in enumerate(rules)
    ]
    return replace(FRAME, earning=tuple(named))


programmes = st.lists(a_rule(), max_size=6).map(programme)
used = st.dictionaries(
    st.sampled_from([f"{rule}/{window}" for rule in range(6) for window in ("d2026-03-02", "m2026-03", "c", "l")]),
    st.integers(0, 600),
    max_size=6,
)
members = st.builds(Circumstances, used=used)


@given(sales, programmes, members)
def test_what_the_lines_brought_sums_up_to_the_points(seen: SaleSeen, version: Program, member: Circumstances) -> None:
    """M7: exactly, whatever was multiplied, cut and rounded; and nothing is ever below zero, or no whole number."""
    earning = earnings(seen, version, member)["points"]
    by_line = attribution(seen, version, member)["points"]

    assert sum(by_line) == earning.points == sum(outcome.points for outcome in earning.outcomes)
    assert len(by_line) == len(seen.lines)
    numbers = [
        *by_line,
        *earning.used.values(),
        *(each for said in earning.outcomes for each in (said.points, said.cut)),
    ]
    assert all(type(number) is int and number >= 0 for number in numbers)


@given(sales, programmes, members)
def test_a_sale_decided_again_under_what_was_kept_comes_to_the_same(
    seen: SaleSeen, version: Program, member: Circumstances
) -> None:
    """E2, E12: what it was granted from budgets is now all that it may take; what it was not, is nothing."""
    earning = earnings(seen, version, member)["points"]
    nothing = {rule.id: 0 for rule in version.earning if rule.budget is not None}

    again = earnings(seen, version, replace(member, budgets={**nothing, **earning.budgets}))["points"]

    assert (again.points, again.used, again.budgets) == (earning.points, earning.used, earning.budgets)
    assert earnings(replace(seen, lines=()), version, member)["points"].points == 0


@given(sales, programmes, members)
def test_without_explanation_a_sale_earns_the_same(seen: SaleSeen, version: Program, member: Circumstances) -> None:
    """M12, M14: what is left out are the rules that do not apply."""
    said = earnings(seen, version, member)["points"]
    unsaid = earnings(seen, version, member, explained=False)["points"]

    assert (unsaid.points, unsaid.used, unsaid.budgets) == (said.points, said.used, said.budgets)
    assert set(unsaid.outcomes) == {
        each for each in said.outcomes if each in unsaid.outcomes or each.points or each.cut
    }


@given(sales, programmes, members)
def test_caps_and_budgets_are_never_exceeded(seen: SaleSeen, version: Program, member: Circumstances) -> None:
    """M7, E12."""
    earning = earnings(seen, version, member)["points"]
    paid = {outcome.rule: outcome.points for outcome in earning.outcomes}

    for rule in version.earning:
        assert rule.budget is None or paid[rule.id] == earning.budgets.get(rule.id, 0) <= rule.budget
        limits = {f"{rule.id}/{cap.per.value[0]}": cap.points for cap in rule.caps}
        for key, more in earning.used.items():
            limit = limits.get(key[: key.index("/") + 2])
            assert limit is None or more == 0 or member.used.get(key, 0) + more <= limit


@given(sales, st.lists(a_rule(alone=True), max_size=5), a_rule(alone=True), members)
def test_one_more_rule_that_stands_alone_never_lowers(
    seen: SaleSeen, rules: list[EarningRule], more: EarningRule, member: Circumstances
) -> None:
    """M7."""
    before = earnings(seen, programme(rules), member)["points"].points

    assert earnings(seen, programme([*rules, more]), member)["points"].points >= before


@given(
    sales,
    st.lists(st.tuples(rates, conditions), min_size=1, max_size=3),
    st.lists(st.tuples(multipliers, conditions), max_size=3),
    st.booleans(),
)
def test_multipliers_are_exact(
    seen: SaleSeen,
    paying: list[tuple[Rate, Condition]],
    multiplying: list[tuple[Multiplier, Condition]],
    builds_on: bool,
) -> None:
    """M7: against plain fractions, each line multiplied on its own, each rule rounded once."""
    stack = PRODUCT if builds_on else None
    rules = [EarningRule("", "", "points", reward, Rounding.DOWN, when) for reward, when in paying]
    rules += [EarningRule("", "", "points", reward, Rounding.DOWN, when, stack=stack) for reward, when in multiplying]
    given_back = [Fraction(0)] * len(rules)
    applies = [_base(seen, rule.when) is not None for rule in rules]
    for line in seen.lines:
        parts = [
            Fraction(line.amount * reward.points, reward.per)
            if applies[number] and _counts(line, when)
            else Fraction(0)
            for number, (reward, when) in enumerate(paying)
        ]
        value = sum(parts, Fraction(0))
        for number, (reward, when) in enumerate(multiplying, len(paying)):
            gain = Fraction(reward.times - 100, 100) * value if applies[number] and _counts(line, when) else Fraction(0)
            parts.append(gain)
            value += gain if builds_on else 0
        given_back = [total + part for total, part in zip(given_back, parts, strict=True)]

    said = earnings(seen, programme(rules))["points"].outcomes

    assert [outcome.points for outcome in said] == [int(total) for total in given_back]


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**9), min_size=1, max_size=20))
def test_a_share_is_the_exact_part_but_for_less_than_one(total: int, weights: list[int]) -> None:
    """M7: largest remainder."""
    shares = share(total, weights)

    assert sum(shares) == total
    whole = sum(weights)
    assert whole == 0 or all(
        abs(part * whole - total * weight) < whole for part, weight in zip(shares, weights, strict=True)
    )


def _counts(line: Line, when: Condition) -> bool:
    asks = bool(when.categories or when.skus)
    return not asks or line.category in when.categories or line.sku in when.skus


def _base(seen: SaleSeen, when: Condition) -> int | None:
    """What the lines that count come to; None where the rule does not apply."""
    counting = [line.amount for line in seen.lines if _counts(line, when)]
    return sum(counting) if counting and sum(counting) >= when.minimum else None
