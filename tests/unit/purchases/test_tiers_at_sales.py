"""E7, E8, M7, M15: sales under the tier of their own time, and what they do to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from huitou.kernel.facts import Fact
from huitou.points.wallet import noted
from huitou.program.model import Program
from huitou.purchases.model import VisitType
from huitou.purchases.service import Recorded
from huitou.purchases.standing import personal, taken_in
from huitou.standing.keeping import MOST_FACTS, MOST_UNSEEN
from huitou.standing.model import Record
from huitou.standing.timeline import ProgramTimeline
from tests.builders import MEI, document, program, rule
from tests.purchases import NOON, SOON, Shop, at_once, bill, booking, bread
from tests.tiers import granted

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
DOUBLE = rule(id="gold", name="Gold", points="1", per="100", when={"tiers": ["gold"]})
LEVELS = [
    {"id": "basic", "name": "Basic", "threshold": "0"},
    {"id": "gold", "name": "Gold", "threshold": "1000"},
]


def with_tiers(*rules: dict[str, Any], version: int = 1, **changes: Any) -> Program:
    """One point per 100, and one more for gold, which takes 1000 in a year."""
    tiers = {"measure": "spend", "window": {"type": "rolling", "days": 365}, "levels": LEVELS, **changes}
    return program(document(earning=[rule(), *(rules or (DOUBLE,))], tiers=tiers), version)


def shop(*rules: dict[str, Any], **changes: Any) -> Shop:
    opened = Shop(with_tiers(*rules, **changes))
    opened.enrol()
    return opened


def earned(recorded: Recorded) -> tuple[str | None, int]:
    return recorded.purchase.seen.tier, recorded.entries[0].amount


def test_the_sale_that_reaches_gold_earns_as_basic_and_the_next_second_earns_as_gold() -> None:
    """E7."""
    huitou = shop()
    assert earned(huitou.sell(bill("A-1"))) == ("basic", 10)
    assert earned(huitou.sell(bill("A-2", occurred_at=NOON + SECOND))) == ("gold", 20)


def test_a_late_sale_earns_under_the_tier_of_its_own_time() -> None:
    """E7, E20."""
    huitou = shop()
    huitou.sell(bill("A-1"))
    late = bill("A-2", occurred_at=NOON - DAY, received_at=NOON + DAY)
    assert earned(huitou.sell(late)) == ("basic", 10)


def test_an_earlier_sale_that_comes_late_lifts_what_comes_after_it_and_leaves_what_was_decided() -> None:
    """E7: the sale between the two is not decided again."""
    huitou = shop()
    between = huitou.sell(bill("A-1", bread(500)))
    huitou.sell(bill("A-2", occurred_at=NOON - DAY, received_at=NOON + SECOND))
    assert earned(between) == ("basic", 5)
    assert huitou.use.get(between.purchase.id, "maru").purchase == between.purchase
    assert earned(huitou.sell(bill("A-3", occurred_at=NOON + SECOND))) == ("gold", 20)


def test_of_ten_sales_in_one_instant_none_profits_from_another() -> None:
    """E7, E18: whichever came first."""
    huitou = shop()
    answers = at_once([lambda n=n: huitou.sell(bill(f"A-{n}")) for n in range(10)])  # type: ignore[misc]
    assert [earned(each) for each in answers if isinstance(each, Recorded)] == [("basic", 10)] * 10
    assert earned(huitou.sell(bill("B-1", occurred_at=NOON + SECOND))) == ("gold", 20)


def test_money_that_points_paid_counts_for_no_tier() -> None:
    """E3."""
    huitou = shop()
    sale = bill("A-1")
    fact = huitou.wallet
    huitou.sell(sale)
    assert [each.spend for each in fact().unseen] == [1000]


def test_a_repeated_sale_counts_once() -> None:
    """E14."""
    huitou = shop()
    for _ in range(3):
        huitou.sell(bill("A-1", bread(600)))
    assert earned(huitou.sell(bill("A-2", occurred_at=NOON + SECOND)))[0] == "basic"


def test_a_visit_counts_where_visits_do() -> None:
    levels = [LEVELS[0], {"id": "gold", "name": "Gold", "threshold": "2"}]
    huitou = shop(measure="visits", levels=levels)
    for number, kind in enumerate([VisitType.VISIT, VisitType.BOOKING, VisitType.CHECK_IN]):
        before = huitou.sell(bill(f"A-{number}", bread(1), occurred_at=NOON - number * DAY)) if number == 0 else None
        huitou.visit(replace(booking(f"B-{number}"), type=kind))
        assert before is None or earned(before)[0] == "basic"
    assert earned(huitou.sell(bill("A-9", occurred_at=NOON + SECOND)))[0] == "gold"


def test_facts_go_over_to_the_standing_when_the_wallet_carries_enough() -> None:
    huitou = shop()
    for number in range(MOST_UNSEEN):
        huitou.sell(bill(f"A-{number}", bread(10), occurred_at=NOON + number * SECOND))
    assert (len(huitou.wallet().unseen), huitou.states.load(MEI).record.folds) == (MOST_UNSEEN, 0)

    huitou.sell(bill("B-1", bread(10), occurred_at=NOON + DAY))

    record = huitou.states.load(MEI).record
    assert (huitou.wallet().unseen, huitou.wallet().folds, record.folds) == ((), 1, 1)
    assert sum(fact.spend for fact in record.facts) == 10 * (MOST_UNSEEN + 1)


@pytest.mark.parametrize("late", [0, 5, 40])
def test_a_tier_is_the_same_wherever_its_facts_are_kept(late: int) -> None:
    """E7: also for a sale that is older than all that the standing has taken in."""
    huitou = shop()
    for number in range(60):
        huitou.sell(bill(f"A-{number}", bread(15), occurred_at=NOON + number * SECOND))
    assert earned(huitou.sell(bill("B-1", bread(100), occurred_at=NOON + 60 * SECOND)))[0] == "basic"
    assert earned(huitou.sell(bill("B-2", bread(100), occurred_at=NOON + 61 * SECOND)))[0] == "gold"
    when = NOON + late * SECOND
    assert earned(huitou.sell(bill("B-3", occurred_at=when, received_at=NOON + DAY)))[0] == "basic"


def test_history_that_an_import_brings_years_later_lifts_at_the_sale_that_reached_it() -> None:
    """E20: what lies before it is not settled while more of it comes, also where there is too much to keep it all."""
    huitou = shop()
    timeline, version = ProgramTimeline(huitou.programs), huitou.programs.active()
    home, record = huitou.wallet(), Record(MEI)
    sales = 2 * MOST_FACTS
    for number in range(sales):
        at = NOON + number * DAY / 4
        reached = personal(home, record, timeline, version, at).tier
        assert reached == ("gold" if number >= 334 else "basic"), number
        home = noted(home, Fact(at, at, 3, 1, 0))
        home, record = taken_in(home, record, timeline, version, NOON + 3650 * DAY)


def test_a_tier_given_by_hand_counts_from_that_instant() -> None:
    huitou = shop()
    gift = granted("gold", "2026-03-02 12:00:30")
    huitou.table.commit(huitou.standings.grant(huitou.standings.load(MEI), gift))
    assert earned(huitou.sell(bill("A-1", bread(100))))[0] == "basic"
    assert earned(huitou.sell(bill("A-2", bread(100), occurred_at=gift.at)))[0] == "gold"


def test_a_tier_given_after_facts_were_taken_in_counts_with_the_next_sale() -> None:
    huitou = shop()
    for number in range(MOST_UNSEEN + 1):
        huitou.sell(bill(f"A-{number}", bread(10), occurred_at=NOON + number * SECOND))
    gift = granted("gold", "2026-03-02 12:30")
    huitou.table.commit(huitou.standings.grant(huitou.standings.load(MEI), gift))
    assert earned(huitou.sell(bill("B-1", bread(100), occurred_at=gift.at - SECOND)))[0] == "basic"
    assert earned(huitou.sell(bill("B-2", bread(100), occurred_at=gift.at)))[0] == "gold"


def test_a_publication_lifts_from_its_own_instant_on() -> None:
    """E20."""
    huitou = shop()
    huitou.sell(bill("A-1", bread(500)))
    easier = [LEVELS[0], {"id": "gold", "name": "Gold", "threshold": "500"}]
    huitou.programs.publish(with_tiers(version=2, levels=easier), NOON + DAY)
    before = bill("A-2", bread(100), occurred_at=NOON + DAY - SECOND, received_at=NOON + 2 * DAY)
    assert earned(huitou.sell(before))[0] == "basic"
    assert earned(huitou.sell(bill("A-3", bread(100), occurred_at=NOON + DAY)))[0] == "gold"


def test_a_birthday_month_is_the_month_of_the_sale_on_the_member_calendar() -> None:
    """M7, E9: in Taipei it is April already."""
    birthday = rule(id="birthday", name="Birthday", points="1", per="100", when={"birthday_month": True})
    huitou = shop(birthday)
    huitou.table.commit([huitou.standings.note_profile(MEI, 3, date(1990, 4, 30))])
    in_march = huitou.sell(bill("A-1", occurred_at=NOON))
    in_april = huitou.sell(bill("A-2", occurred_at=NOON.replace(day=31, hour=16)))
    assert [each.purchase.seen.birthday_month for each in (in_march, in_april)] == [False, True]
    assert [each.entries[0].amount for each in (in_march, in_april)] == [10, 20]


def test_without_tiers_there_is_none() -> None:
    huitou = Shop(program())
    huitou.enrol()
    assert huitou.sell(bill(), now=NOON + SOON).purchase.seen.tier is None
