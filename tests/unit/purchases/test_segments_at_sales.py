"""E7, E20, M7: sales under the segments that their member was in at their own time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huitou.members.directory import FoundMember
from huitou.program.model import Program
from huitou.purchases.explaining import Explanations
from huitou.purchases.quoting import Quotes
from huitou.purchases.service import Recorded
from huitou.standing.position import Position
from tests.builders import MEI, document, program, rule
from tests.purchases import LIN, NOON, SOON, bill, bread, return_of
from tests.standing import BEST, SEGMENTS, Standings, findings, segmented

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
AGAIN = rule(id="again", name="Nice to see you again", points="50", per=None, when={"segments": ["active"]})
BACK = rule(id="back", name="Welcome back", points="200", per=None, when={"segments": ["lapsed"]})


def inviting(*rules: dict[str, Any], version: int = 1, **changes: Any) -> Program:
    """One point per 100, 50 for who came in the last ten days, and 200 for who did not come for twenty."""
    earning = [rule(), *(rules or (AGAIN, BACK))]
    return segmented(version, earning=earning, **changes)


class Counting(Standings):
    """A shop that counts how often somebody had to be judged for a sale."""

    def __init__(self, version: Program | None = None) -> None:
        super().__init__(version or inviting())
        self.enrol()
        self.times = 0
        judged = self.judged.judged

        def counted(*asked: Any) -> frozenset[str]:
            self.times += 1
            return judged(*asked)

        counting: Any = counted
        self.judged.judged = counting  # type: ignore[method-assign]


def earned(recorded: Recorded) -> tuple[set[str], int]:
    return set(recorded.purchase.seen.segments), recorded.entries[0].amount


def test_the_second_visit_earns_more_and_the_first_does_not_by_itself() -> None:
    """E7: a second later is enough."""
    huitou = Counting()
    assert earned(huitou.sell(bill("A-1"))) == (set(), 10)
    assert earned(huitou.sell(bill("A-2", occurred_at=NOON))) == (set(), 10)
    assert earned(huitou.sell(bill("A-3", occurred_at=NOON + SECOND))) == ({"active"}, 60)


def test_a_rule_may_ask_how_a_member_compares_with_all_others() -> None:
    """M16: by what is known of all when the sale is decided."""
    rewarded = rule(id="rewarded", name="To our best", points="30", per=None, when={"segments": ["best"]})
    huitou = Counting(inviting(rewarded, segments=[BEST]))
    huitou.table.commit(huitou.findings.add(findings(1, money=(1, 2, 3, 4))))

    assert earned(huitou.sell(bill("A-1"))) == (set(), 10)
    assert earned(huitou.sell(bill("A-2", occurred_at=NOON + SECOND))) == ({"best"}, 40)


def test_who_comes_back_is_welcomed_once() -> None:
    """Nobody need have noticed that they had lapsed."""
    huitou = Counting()
    huitou.sell(bill("A-1"))
    back = bill("A-2", occurred_at=NOON + 20 * DAY)
    assert earned(huitou.sell(back)) == ({"lapsed"}, 210)
    assert earned(huitou.sell(bill("A-3", occurred_at=NOON + 20 * DAY + SECOND))) == ({"active"}, 60)


def test_a_position_that_holds_at_the_sale_is_believed_and_no_other() -> None:
    """M17: it came with the wallets; what time has changed since, or a sale that it does not contain, is judged."""
    huitou = Counting()
    huitou.sell(bill("A-1"))
    huitou.segments.refresh(MEI, NOON + SOON)
    huitou.times = 0
    assert earned(huitou.sell(bill("A-2", occurred_at=NOON + DAY)))[0] == {"active"}
    assert huitou.times == 0
    assert earned(huitou.sell(bill("A-3", occurred_at=NOON + DAY + SECOND)))[0] == {"active"}
    assert huitou.times == 1
    kept = huitou.segments.refresh(MEI, NOON + 2 * DAY)
    assert isinstance(kept, Position)
    assert earned(huitou.sell(bill("A-4", occurred_at=NOON + 12 * DAY)))[0] == set()
    assert huitou.times == 2


def test_a_sale_that_comes_late_goes_by_what_had_happened_by_then() -> None:
    """E7, E20: two sales of a till that was offline are not both a return; what came in between does not count."""
    huitou = Counting()
    huitou.sell(bill("A-1"))
    huitou.sell(bill("A-9", occurred_at=NOON + 25 * DAY))
    huitou.segments.refresh(MEI, NOON + 25 * DAY + SOON)
    late = [
        bill(f"B-{hour}", occurred_at=NOON + 22 * DAY + timedelta(hours=hour), received_at=NOON + 26 * DAY)
        for hour in (1, 2)
    ]
    assert [earned(huitou.sell(each))[0] for each in late] == [{"lapsed"}, {"active"}]


def test_only_segments_that_rules_name_are_looked_for_and_kept() -> None:
    huitou = Counting(inviting(BACK))
    huitou.sell(bill("A-1"))
    assert earned(huitou.sell(bill("A-2", occurred_at=NOON + SECOND))) == (set(), 10)
    plain = Counting(segmented())
    plain.sell(bill("A-1"))
    plain.segments.refresh(MEI, NOON + SOON)
    assert earned(plain.sell(bill("A-2", occurred_at=NOON + DAY))) == (set(), 10)
    assert plain.times == 0


def test_a_sale_sees_no_segment_of_another_brand() -> None:
    """E31: neither does who reads its explanation; a rule of the other brand goes by it there."""
    came = {"purchases": {"at_least": 1, "in": "ever"}}
    segments = [{"id": brand, "name": brand, "brand": brand, "when": came} for brand in ("maru", "sora")]
    named = [
        rule(id=brand, name=brand, points="50", per=None, when={"brands": [brand], "segments": [brand]})
        for brand in ("maru", "sora")
    ]
    huitou = Counting(inviting(*named, segments=segments))
    huitou.sell(bill("S-1", brand="sora", store="s1"))

    sale = huitou.sell(bill("A-1", occurred_at=NOON + DAY))
    explained = Explanations(huitou.purchases, huitou.wallets, huitou.programs).explain(
        sale.entries[0].id, "en", "maru"
    )

    assert earned(sale) == (set(), 10)
    assert explained.seen is not None
    assert not explained.seen.segments
    assert earned(huitou.sell(bill("A-2", occurred_at=NOON + 2 * DAY))) == ({"maru"}, 60)
    assert earned(huitou.sell(bill("S-2", brand="sora", store="s1", occurred_at=NOON + 3 * DAY))) == ({"sora"}, 60)


def test_a_sale_of_nobody_is_in_no_segment_and_its_claim_goes_by_the_time_of_the_sale() -> None:
    """M40: long after it, and though its member has bought since."""
    huitou = Counting()
    receipt = bill("A-1", occurred_at=NOON + 5 * DAY)
    assert not huitou.sell(receipt, member=None).purchase.seen.segments
    huitou.sell(bill("A-0"))
    huitou.sell(bill("A-2", occurred_at=NOON + 9 * DAY))
    huitou.segments.refresh(MEI, NOON + 9 * DAY + SOON)
    claimed = huitou.claim(receipt, now=NOON + 10 * DAY)
    assert earned(claimed) == ({"active"}, 60)


def test_a_sale_that_moves_goes_by_its_new_member() -> None:
    """M40."""
    huitou = Counting()
    huitou.enrol(LIN)
    huitou.sell(bill("A-1"))
    moving = huitou.sell(bill("A-2", occurred_at=NOON + DAY))
    assert earned(moving)[0] == {"active"}
    moved = huitou.move(moving.purchase.id, LIN, now=NOON + 2 * DAY)
    assert earned(moved) == (set(), 10)


def test_a_refund_keeps_to_what_the_sale_saw() -> None:
    """E2: though the member is in another segment by then."""
    huitou = Counting()
    huitou.sell(bill("A-1"))
    sale = huitou.sell(bill("A-2", bread(), bread(500), occurred_at=NOON + DAY)).purchase
    huitou.refund(return_of(sale), now=NOON + 30 * DAY)
    assert huitou.points(now=NOON + 30 * DAY) == 10
    assert huitou.use.get(sale.id, "maru").purchase.seen.segments == {"active"}


def test_a_quote_says_what_the_sale_will_say() -> None:
    """M9."""
    huitou = Counting()
    huitou.sell(bill("A-1"))
    basket = bill("Q-1", occurred_at=NOON + 21 * DAY)
    quotes = Quotes(
        huitou.states,
        huitou.wallets,
        huitou.ledger.commands,
        huitou.budgets,
        huitou.programs,
        segments=huitou.judged,
    )
    quoted = quotes.quote(basket, FoundMember(MEI, presented=True), basket.occurred_at)
    sold = huitou.sell(basket)
    assert (quoted.purchase.seen, quoted.entries[0].amount) == (sold.purchase.seen, 210)


@pytest.mark.parametrize(("days", "names"), [(3, {"recent"}), (5, set())])
def test_the_programme_of_the_sale_says_what_its_segments_mean(days: int, names: set[str]) -> None:
    """E20: a sale of yesterday goes by what was published then."""
    recent = {"id": "recent", "name": "Came", "when": {"purchases": {"at_least": 1, "in": "last 4 days"}}}
    wider = {**recent, "when": {"purchases": {"at_least": 1, "in": "last 9 days"}}}
    named = rule(id="again", name="Again", points="50", per=None, when={"segments": ["recent"]})
    first = program(document(segments=[recent], earning=[rule(), named]), 1)
    huitou = Counting(first)
    huitou.sell(bill("A-1"))
    huitou.programs.publish(program(document(segments=[wider, *SEGMENTS], earning=[rule(), named]), 2), NOON + 6 * DAY)
    huitou.segments.refresh(MEI, NOON + 6 * DAY)
    late = bill("A-2", occurred_at=NOON + days * DAY, received_at=NOON + 7 * DAY)
    assert earned(huitou.sell(late))[0] == names
    assert earned(huitou.sell(bill("A-3", occurred_at=NOON + 8 * DAY)))[0] == {"recent"}
