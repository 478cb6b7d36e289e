"""M15: how what a member does moves them through the tiers."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from huitou.kernel.instants import parse_instant
from huitou.program.tiers import AnniversaryWindow, CalendarWindow, RollingWindow, Tier
from huitou.standing.keeping import fold, stand
from huitou.standing.model import Known, Record
from huitou.standing.sheet import EMPTY
from huitou.standing.tiers import History, evaluate, unchanged
from tests.builders import MEI, OPENED, at
from tests.tiers import granted, policy, refunded, regime, spent, stood, story

MILLISECOND = timedelta(milliseconds=1)
YEAR = CalendarWindow(12)


def test_a_member_begins_at_the_lowest_tier() -> None:
    standing = stood([], "2026-02-01 12:00")
    assert story(standing) == [("basic", "2026-01-01 09:00", "enrolment")]
    assert standing.state.next_review_at is None


def test_a_sale_earns_under_the_tier_before_it_and_lifts_from_the_next_millisecond_on() -> None:
    """E7."""
    standing = stood([spent(1000, "2026-03-02 12:00")], "2026-03-02 12:00")
    assert standing.tier_at(at("2026-03-02 12:00")) == "basic"
    assert standing.tier_at(at("2026-03-02 12:00") + MILLISECOND) == "gold"


def test_sales_of_one_instant_count_together_and_none_of_them_profits() -> None:
    """E7, E22."""
    standing = stood([spent(50, "2026-03-02 12:00")] * 2, "2026-03-02 12:01")
    assert story(standing)[1:] == [("silver", "2026-03-02 12:00:00.001", "purchase")]


def test_a_late_sale_lifts_from_its_own_instant_on() -> None:
    """E7, E20: what arrives in the other order comes to the same."""
    early, late = spent(60, "2026-03-02 12:00"), spent(60, "2026-03-05 12:00")
    assert story(stood([early, late], "2026-03-06 12:00")) == story(stood([late, early], "2026-03-06 12:00"))
    assert stood([late], "2026-03-06 12:00").tier_at(at("2026-03-05 18:00")) == "basic"
    assert stood([late, early], "2026-03-06 12:00").tier_at(at("2026-03-05 18:00")) == "silver"


@pytest.mark.parametrize(("measure", "tier"), [("spend", "silver"), ("visits", "basic"), ("points", "basic")])
def test_a_programme_says_what_is_measured(measure: str, tier: str) -> None:
    assert stood([spent(100, "2026-03-02 12:00")], "2026-03-03 12:00", policy(measure=measure)).state.tier == tier


def test_a_rolling_window_is_open_at_its_beginning() -> None:
    """E9: (now − N days, now], the local time of day kept."""
    days = policy(window=RollingWindow(30))
    first = spent(60, "2026-03-02 12:00")
    assert stood([first, spent(60, "2026-04-01 12:00")], "2026-04-02 12:00", days).state.tier == "basic"
    assert stood([first, spent(60, "2026-04-01 11:59")], "2026-04-02 12:00", days).state.tier == "silver"


def test_a_rolling_tier_is_reviewed_days_after_it_was_reached() -> None:
    days = policy(window=RollingWindow(30))
    sale = spent(100, "2026-03-02 12:00")
    assert stood([sale], "2026-04-01 11:59", days).state == ("silver", at("2026-04-01 12:00"), None)
    assert story(stood([sale], "2026-04-01 12:00", days))[2:] == [("basic", "2026-04-01 12:00", "review")]


def test_a_review_that_finds_enough_renews() -> None:
    days = policy(window=RollingWindow(30))
    standing = stood([spent(100, "2026-03-02 12:00"), spent(100, "2026-03-20 12:00")], "2026-04-10 12:00", days)
    assert standing.state == ("silver", at("2026-05-01 12:00"), None)
    assert len(standing.intervals) == 2


def test_at_the_instant_of_a_review_the_review_comes_before_the_sale() -> None:
    """E22: the sale earns under the tier after the review, and lifts again from then on."""
    days = policy(window=RollingWindow(30))
    standing = stood([spent(100, "2026-03-02 12:00"), spent(100, "2026-04-01 12:00")], "2026-04-01 13:00", days)
    assert story(standing)[2:] == [
        ("basic", "2026-04-01 12:00", "review"),
        ("silver", "2026-04-01 12:00:00.001", "purchase"),
    ]


def test_a_calendar_tier_is_reviewed_at_the_end_of_its_period_and_kept_by_what_was_done_in_it() -> None:
    """Reached in a year, it holds through that year and the next."""
    sale = spent(100, "2026-03-02 12:00")
    standing = stood([sale], "2027-12-31 23:59", policy(window=YEAR))
    assert standing.state == ("silver", at("2028-01-01 00:00"), None)
    ended = stood([sale], "2028-01-01 00:00", policy(window=YEAR))
    assert story(ended)[-1] == ("basic", "2028-01-01 00:00", "review")


def test_a_sale_in_the_last_millisecond_of_a_period_counts_in_it() -> None:
    sale = spent(100, "2026-12-31 23:59:59.999")
    standing = stood([sale], "2027-01-01 00:00", policy(window=YEAR))
    assert story(standing)[1:] == [("silver", "2027-01-01 00:00", "purchase")]
    assert standing.state.review_at == at("2028-01-01 00:00")


@pytest.mark.parametrize(("months", "review"), [(1, "2026-06-01"), (3, "2026-07-01"), (6, "2026-07-01")])
def test_periods_begin_on_the_first_of_january(months: int, review: str) -> None:
    standing = stood([spent(100, "2026-05-31 12:00")], "2026-05-31 13:00", policy(window=CalendarWindow(months)))
    assert standing.state.review_at == at(f"{review} 00:00")


@pytest.mark.parametrize(
    ("enrolled", "sold", "review"),
    [
        ("2026-01-31 18:00", "2026-02-28 12:00", "2027-01-31 00:00"),
        ("2024-02-29 18:00", "2025-02-27 12:00", "2025-02-28 00:00"),
        ("2024-02-29 18:00", "2025-02-28 00:00", "2026-02-28 00:00"),
        ("2024-02-29 18:00", "2027-03-01 12:00", "2028-02-29 00:00"),
        ("2024-02-29 18:00", "2028-02-28 12:00", "2028-02-29 00:00"),
    ],
)
def test_an_anniversary_is_the_local_day_of_enrolment_and_29_february_falls_on_the_28th(
    enrolled: str, sold: str, review: str
) -> None:
    """E9."""
    standing = stood([spent(100, sold)], sold, policy(window=AnniversaryWindow()), enrolled_at=at(enrolled))
    assert standing.state.review_at == at(review)


@pytest.mark.parametrize(
    ("sold", "review"),
    [
        # New York's clocks go forward on 8 March 2026 and back on 1 November.
        ("2026-03-07T12:00-05:00", "2026-03-08T12:00-04:00"),
        ("2026-10-31T12:00-04:00", "2026-11-01T12:00-05:00"),
        ("2026-03-07T02:30-05:00", "2026-03-08T03:30-04:00"),
    ],
)
def test_days_of_23_and_25_hours_are_days(sold: str, review: str) -> None:
    """E9: 02:30 is skipped on 8 March and moves on by the hour."""
    day = regime(policy(window=RollingWindow(1)), zone=ZoneInfo("America/New_York"))
    sale = spent(100, sold)
    standing = evaluate(History(OPENED, EMPTY.plus([sale])), [day], sale.at)
    assert standing.state.review_at == parse_instant(review)


def test_in_grace_the_tier_still_holds_and_falls_at_its_end() -> None:
    held = policy(window=YEAR, grace_days=31)
    sale = spent(100, "2026-03-02 12:00")
    standing = stood([sale], "2028-01-31 23:59", held)
    assert standing.state == ("silver", at("2028-01-01 00:00"), at("2028-02-01 00:00"))
    assert story(stood([sale], "2028-02-01 00:00", held))[-1] == ("basic", "2028-02-01 00:00", "review")


@pytest.mark.parametrize(("on_refund", "holds"), [("keep", True), ("drop", False)])
def test_nothing_can_have_happened_is_not_said_of_a_refund_that_takes_a_tier(on_refund: str, holds: bool) -> None:
    """E8: what the quick way spares is what would come out without it."""
    held = policy(on_refund=on_refund)
    sale = spent(120, "2026-02-01 12:00")
    back = refunded(sale, "2026-02-02 12:00", 60)
    reached, now = stood([sale], "2026-02-01 13:00", held), "2026-02-03 12:00"

    assert (reached.intervals == stood([sale, back], now, held).intervals) is holds
    assert unchanged(reached, [back], regime(held), at(now)) is holds


def test_nothing_can_have_happened_is_not_said_in_grace() -> None:
    """A sale may keep the tier there, however far the next one is."""
    held = policy(window=YEAR, grace_days=31)
    facts = [spent(120, "2026-06-01 12:00"), spent(100, "2028-01-20 12:00")]
    now = "2028-01-21 12:00"
    reached = stood(facts[:1], "2028-01-20 11:00", held)

    assert reached.state.grace_until is not None
    assert stood(facts, now, held).state.grace_until is None
    assert not unchanged(reached, facts[1:], regime(held), at(now))


def test_in_grace_the_ended_period_and_the_sales_since_keep_the_tier() -> None:
    held = policy(window=YEAR, grace_days=31)
    facts = [spent(100, "2026-03-02 12:00"), spent(70, "2027-05-01 12:00"), spent(30, "2028-01-20 12:00")]
    assert stood(facts[:2], "2028-01-20 12:00", held).state.grace_until == at("2028-02-01 00:00")
    kept = stood(facts, "2028-01-20 12:00", held)
    assert kept.state == ("silver", at("2029-01-01 00:00"), None)
    assert len(kept.intervals) == 2


def test_in_the_grace_of_a_rolling_tier_the_window_moves_on() -> None:
    held = policy(window=RollingWindow(30), grace_days=10)
    facts = [spent(100, "2026-03-02 12:00"), spent(50, "2026-03-06 12:00"), spent(50, "2026-04-06 12:00")]
    assert stood(facts, "2026-04-10 12:00", held).state.grace_until is not None
    in_time = [*facts[:2], spent(50, "2026-04-05 11:59")]
    assert stood(in_time, "2026-04-10 12:00", held).state == ("silver", at("2026-05-05 11:59"), None)


@pytest.mark.parametrize(("downgrade", "tier"), [("one_level", "silver"), ("requalify", "basic")])
def test_a_tier_that_is_not_kept_falls_by_one_level_or_to_what_is_enough(downgrade: str, tier: str) -> None:
    standing = stood([spent(1000, "2026-03-02 12:00")], "2028-01-01 00:00", policy(window=YEAR, downgrade=downgrade))
    assert story(standing)[-1] == (tier, "2028-01-01 00:00", "review")


def test_the_level_below_is_reviewed_in_its_turn() -> None:
    held = policy(window=YEAR, downgrade="one_level")
    standing = stood([spent(1000, "2026-03-02 12:00")], "2029-01-01 00:00", held)
    assert [(tier, since) for tier, since, _ in story(standing)[2:]] == [
        ("silver", "2028-01-01 00:00"),
        ("basic", "2029-01-01 00:00"),
    ]


def test_a_refund_takes_progress_at_once_and_the_tier_at_the_review() -> None:
    """E8, `keep`."""
    sale = spent(100, "2026-03-02 12:00")
    facts = [sale, refunded(sale, "2026-03-10 12:00")]
    assert stood(facts, "2026-12-31 23:59", policy(window=YEAR)).state.tier == "silver"
    assert story(stood(facts, "2027-01-01 00:00", policy(window=YEAR)))[-1][0] == "basic"


def test_a_refund_takes_the_tier_at_once_where_the_programme_says_so() -> None:
    """E8, `drop`: from after the refund on; what was earned in between was earned as silver."""
    sale = spent(100, "2026-03-02 12:00")
    facts = [sale, refunded(sale, "2026-03-10 12:00")]
    standing = stood(facts, "2026-03-11 12:00", policy(on_refund="drop"))
    assert story(standing)[1:] == [
        ("silver", "2026-03-02 12:00:00.001", "purchase"),
        ("basic", "2026-03-10 12:00:00.001", "refund"),
    ]


def test_a_refund_takes_the_tier_also_where_it_was_just_taken_into_the_record() -> None:
    """E8, `drop`: though the last sale was long before, nobody stands by what the record had reached until then."""
    sale, held = spent(100, "2026-03-02 12:00"), regime(policy(on_refund="drop"))
    known = Known(Record(MEI), (sale, refunded(sale, "2026-03-10 12:00")), OPENED)

    folded = Known(fold(known, lambda _: [held], OPENED), (), OPENED)

    assert stand(folded, lambda _: [held], at("2026-03-11 12:00")).state.tier == "basic"


def test_a_refund_that_leaves_enough_takes_no_tier() -> None:
    """E8."""
    sale = spent(150, "2026-03-02 12:00")
    facts = [sale, refunded(sale, "2026-03-10 12:00", 50)]
    assert stood(facts, "2026-03-11 12:00", policy(on_refund="drop")).state.tier == "silver"


def test_a_refund_takes_no_tier_that_an_earlier_period_had_earned() -> None:
    """E8, `drop`: the member then stands as if the refunded sale had never been."""
    held = policy(window=YEAR, on_refund="drop")
    sale = spent(1000, "2027-03-02 12:00")
    facts = [spent(100, "2026-03-02 12:00"), sale, refunded(sale, "2027-03-10 12:00")]
    standing = stood(facts, "2027-03-11 12:00", held)
    assert standing.state == ("silver", at("2028-01-01 00:00"), None)
    assert [tier for tier, _, _ in story(standing)] == ["basic", "silver", "gold", "silver"]


def test_a_grant_holds_until_its_end_and_is_reviewed_then() -> None:
    grants = [granted("gold", "2026-03-02 12:00", "2026-06-30 00:00")]
    standing = stood([], "2026-06-29 23:59", policy(window=YEAR), grants=grants)
    assert standing.state == ("gold", at("2026-06-30 00:00"), None)
    assert story(standing)[1:] == [("gold", "2026-03-02 12:00", "grant")]
    ended = stood([], "2026-06-30 00:00", policy(window=YEAR), grants=grants)
    assert story(ended)[-1] == ("basic", "2026-06-30 00:00", "review")


def test_a_grant_without_end_holds_as_if_the_tier_had_been_reached() -> None:
    standing = stood([], "2026-04-01 12:00", policy(window=YEAR), grants=[granted("silver", "2026-03-02 12:00")])
    assert standing.state == ("silver", at("2027-01-01 00:00"), None)


def test_a_member_does_not_fall_below_what_was_granted() -> None:
    """E15: a tier keeps its own end."""
    grants = [granted("silver", "2026-03-02 12:00", "2028-06-30 00:00")]
    facts = [spent(1000, "2026-05-01 12:00")]
    standing = stood(facts, "2028-01-01 00:00", policy(window=YEAR), grants=grants)
    assert story(standing)[-1] == ("silver", "2028-01-01 00:00", "review")
    assert standing.state.review_at == at("2028-06-30 00:00")


def test_a_lower_grant_takes_nothing() -> None:
    grants = [granted("silver", "2026-06-02 12:00", "2026-07-01 00:00")]
    standing = stood([spent(1000, "2026-05-01 12:00")], "2026-08-01 12:00", grants=grants)
    assert standing.state == ("gold", at("2027-05-01 12:00"), None)


def test_a_publication_lifts_at_once_and_takes_at_the_review() -> None:
    """E20: moves of a publication say so; what was keeps its interval."""
    easier = policy(levels=(Tier("basic", "Basic", 0), Tier("silver", "Silver", 50)))
    harder = policy(levels=(Tier("basic", "Basic", 0), Tier("silver", "Silver", 500)))
    published = at("2026-04-01 00:00")
    facts = [spent(60, "2026-03-02 12:00")]
    standing = stood(facts, "2026-04-02 12:00", [regime(), regime(easier, version=2, since=published)])
    assert story(standing)[1:] == [("silver", "2026-04-01 00:00", "program")]
    facts = [spent(100, "2026-03-02 12:00")]
    standing = stood(facts, "2026-04-02 12:00", [regime(), regime(harder, version=2, since=published)])
    assert standing.state == ("silver", at("2027-03-02 12:00"), None)


def test_a_tier_that_is_no_more_becomes_what_the_progress_is_enough_for() -> None:
    """E20."""
    fewer = policy(levels=(Tier("member", "Member", 0), Tier("silver", "Silver", 100)))
    regimes = [regime(), regime(fewer, version=2, since=at("2026-04-01 00:00"))]
    standing = stood([spent(1000, "2026-03-02 12:00")], "2026-04-02 12:00", regimes)
    assert story(standing)[-1] == ("silver", "2026-04-01 00:00", "program")
    assert stood([], "2026-04-02 12:00", regimes).state.tier == "member"


def test_a_programme_may_begin_and_end_its_tiers() -> None:
    regimes = [
        regime()._replace(policy=None),
        regime(version=2, since=at("2026-04-01 00:00")),
        regime(version=3, since=at("2026-05-01 00:00"))._replace(policy=None),
    ]
    standing = stood([spent(100, "2026-03-02 12:00")], "2026-06-02 12:00", regimes)
    assert story(standing) == [
        (None, "2026-01-01 09:00", "enrolment"),
        ("silver", "2026-04-01 00:00", "program"),
        (None, "2026-05-01 00:00", "program"),
    ]


def test_a_version_with_the_same_tiers_changes_nothing() -> None:
    """E20."""
    regimes = [regime(), regime(version=2, since=at("2026-04-01 00:00"))]
    facts = [spent(100, "2026-03-02 12:00")]
    one, two = stood(facts, "2027-06-01 12:00"), stood(facts, "2027-06-01 12:00", regimes)
    assert (one.intervals, one.state) == (two.intervals, two.state)


def test_a_receipt_from_before_the_enrolment_counts() -> None:
    """M40."""
    standing = stood([spent(100, "2025-12-30 12:00")], "2026-01-02 12:00")
    assert story(standing) == [
        ("basic", "2025-12-30 12:00", "enrolment"),
        ("silver", "2025-12-30 12:00:00.001", "purchase"),
    ]
