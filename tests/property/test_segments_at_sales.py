"""E7 for any sales, in any order, whoever looked at the member between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from huitou.program.model import Program
from huitou.program.rules import SegmentId
from tests.builders import MEI, rule
from tests.purchases import NOON, bill
from tests.standing import SEGMENTS, Standings, segmented

DAY = timedelta(days=1)
LATEST = 25
"""Days by which a sale may come late: fewer than the programme takes."""


def inviting() -> Program:
    """Regulars are those who came twice in a month; no rule asks for others than these, `active` and `lapsed`."""
    regular: dict[str, Any] = {"purchases": {"at_least": 2, "in": "last 30 days"}}
    segments = [*SEGMENTS, {"id": "regular", "name": "Comes", "when": {"all": [regular, {"segments": ["active"]}]}}]
    named = [
        rule(id=f"for-{each}", name=each, points="5", per=None, when={"segments": [each]})
        for each in ("active", "lapsed", "regular")
    ]
    return segmented(segments=segments, earning=[rule(), *named])


PROGRAM = inviting()


INSTANTS = st.one_of(st.integers(0, 90 * 24).map(lambda hours: hours * 3600), st.integers(0, 90 * 86_400)).map(
    lambda seconds: NOON + timedelta(seconds=seconds)
)
LATENESS = st.one_of(st.just(timedelta()), st.integers(0, LATEST * 24).map(lambda hours: timedelta(hours=hours)))
SALES = st.lists(st.tuples(INSTANTS, LATENESS), min_size=1, max_size=10)
LOOKS = st.lists(INSTANTS, max_size=6)


def expected(sold: list[datetime], at: datetime) -> frozenset[SegmentId]:
    """By hand; Taipei has no days but of 24 hours."""
    before = [each for each in sold if each < at]
    active = any(at < each + 10 * DAY for each in before)
    regular = active and sum(at < each + 30 * DAY for each in before) > 1
    lapsed = bool(before) and at >= max(before) + 20 * DAY
    names = {"active": active, "regular": regular, "lapsed": lapsed}
    return frozenset(name for name, holds in names.items() if holds)


@given(SALES, LOOKS)
def test_a_sale_sees_what_the_facts_known_by_then_come_to_at_its_own_instant(
    sales: list[tuple[datetime, timedelta]], looks: list[datetime]
) -> None:
    """However late it is, and however long ago the stream or the clock kept a position: nothing of itself, too."""
    shop = Standings(PROGRAM)
    shop.enrol()
    known: list[datetime] = []
    comings = [(at + late, number, at) for number, (at, late) in enumerate(sales)]
    for now, number, at in sorted([*comings, *((look, -1, look) for look in looks)]):
        if number < 0:
            shop.segments.refresh(MEI, now)
            continue
        seen = shop.sell(replace(bill(f"A-{number}", occurred_at=at), received_at=now)).purchase.seen
        assert seen.segments == expected(known, at)
        known.append(at)
