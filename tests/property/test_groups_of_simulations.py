"""M14: what a simulation says of a brand or a segment is what it would say of its members alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from huitou.program.model import Program
from huitou.simulator.comparing import BRAND, MOST_OF_GROUP, SEGMENT, Comparison, compare
from huitou.simulator.history import SALES_ONLY, History
from huitou.simulator.packing import pack, unpack
from huitou.simulator.replaying import Replayer
from huitou.simulator.sides import Sides
from tests.builders import MEI, document, program, rule
from tests.purchases import NOON, bill, bread

UNTIL = NOON + timedelta(days=100)
SEGMENTS = [
    {"id": "lapsed", "name": "Has not come", "when": {"days_since_last_purchase": {"at_least": 30}}},
    {"id": "often", "name": "Comes often", "when": {"purchases": {"at_least": 3}}},
    {"id": "rich", "name": "Has points", "when": {"points": {"at_least": 40}}},
]
TWICE = rule(id="twice", name="Twice", points="9", per=None, when={"segments": ["often"]})
BEFORE, AFTER = (program(document(segments=SEGMENTS, earning=each)) for each in ([rule()], [rule(points="2"), TWICE]))
PLACES = (("maru", "m1"), ("sora", "s1"))
SALES = st.lists(st.tuples(st.integers(0, 99), st.sampled_from(PLACES), st.integers(1, 3000)), min_size=1, max_size=6)
MEMBERS = st.lists(SALES, min_size=1, max_size=8)
Bought = list[tuple[int, tuple[str, str], int]]


class Told:
    """`Past` of these."""

    tells = SALES_ONLY

    def __init__(self, told: Sequence[History]) -> None:
        self._told = told

    def histories(self) -> Iterator[History]:
        yield from self._told


def lived(number: int, bought: Bought) -> History:
    """A member who bought so much at each place and day."""
    sales = [
        bill(f"{number}-{n}", bread(amount), brand=brand, store=store, occurred_at=NOON + timedelta(days=day))
        for n, (day, (brand, store), amount) in enumerate(sorted(bought))
    ]
    return History(MEI, f"M{number}", sales[0].occurred_at, sales)


def compared(told: Sequence[History], before: Program = BEFORE, after: Program = AFTER) -> Comparison:
    *_, last = compare(Told(told), Sides(before, after), UNTIL)
    return last


@given(MEMBERS)
def test_a_group_is_told_of_as_its_members_alone_would_be(drawn: list[Bought]) -> None:
    """Who is in two segments counts in both, and is one member of the whole."""
    told = [lived(number, bought) for number, bought in enumerate(drawn)]
    whole = compared(told)
    ended = {each.name: Replayer(BEFORE, UNTIL).replay(each) for each in told}
    for (kind, name), group in whole.groups.items():
        of = [
            each
            for each in told
            if (name in ended[each.name].sales_at if kind == BRAND else _is_in(name, ended[each.name].segments))
        ]
        alone = compared(of)
        assert group == replace(alone, groups={}, affected=alone.affected[:MOST_OF_GROUP], most=MOST_OF_GROUP)
    ties = Counter(tie for account in ended.values() for tie in account.segments or (None,))
    assert {name: group.before.members for (kind, name), group in whole.groups.items() if kind == SEGMENT} == ties
    assert sum(whole.after.sales_at.values()) == whole.after.sales
    given_by_brands: Counter[tuple[str, str]] = Counter()
    for (kind, brand), group in whole.groups.items():
        if kind == BRAND:
            given_by_brands.update({issue: n for issue, n in group.after.issued.items() if issue[1] == brand})
    assert given_by_brands == whole.after.issued


@given(MEMBERS, st.integers(0, 8))
def test_parts_put_together_are_the_whole(drawn: list[Bought], cut: int) -> None:
    """Also after they have waited as text."""
    told = [lived(number, bought) for number, bought in enumerate(drawn)]
    parts = [unpack(pack(compared(each))) for each in (told[:cut], told[cut:])]
    assert reduce(Comparison.plus, parts, Comparison()) == compared(told)


def _is_in(name: str | None, segments: frozenset[str]) -> bool:
    return name in segments if name else not segments
