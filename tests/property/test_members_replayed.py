"""A member whose past is replayed stands as all that they did comes to, though that is worked out now and then only."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from huitou.kernel.facts import Fact
from huitou.program.tiers import TierPolicy
from huitou.simulator.history import History as Past
from huitou.simulator.membership import MOST_WAITING, Membership
from huitou.standing.sheet import EMPTY
from huitou.standing.tiers import History, evaluate
from tests.builders import MEI, TAIPEI, program
from tests.property.test_tiers import FIRST, POLICIES, ZONES
from tests.tiers import policy, regime

DONE = st.tuples(st.sampled_from([0, 1, 20, 200, 2000, 9000]), st.sampled_from([0, 1, 40, 90, 400, -40]))
"""Hours after what came before, and money; what is below zero is a sale with more brought back than bought."""


@given(st.lists(DONE, max_size=40), POLICIES, ZONES)
@example([(1, 1)] * (2 * MOST_WAITING), policy(), TAIPEI)
def test_whoever_is_replayed_stands_as_all_that_was_before_comes_to(
    done: list[tuple[int, int]], held: TierPolicy, zone: ZoneInfo
) -> None:
    only = regime(held, zone=zone)
    changed = replace(program(), tiers=held, zone=zone)
    membership, facts, at = Membership(Past(MEI, "Mei", FIRST, []), changed, lambda _: [only]), list[Fact](), FIRST
    membership.join("maru", FIRST)
    for hours, spend in done:
        at += timedelta(hours=hours)
        standing = membership.standing(at)
        assert standing is not None
        assert standing.intervals == evaluate(History(FIRST, EMPTY.plus(facts)), [only], at).intervals
        fact = Fact(at, at, spend, 1, spend // 10)
        facts.append(fact)
        membership.note(fact)
