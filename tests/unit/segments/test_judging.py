"""M16, M17: who is in which segment, and until when if nothing else happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from huitou.kernel.facts import Fact
from huitou.kernel.instants import MILLISECOND
from huitou.members.model import Tag
from huitou.program.model import GROUP, Program
from huitou.program.predicates import (
    Age,
    AllOf,
    AnniversaryNear,
    AnyOf,
    Behaviour,
    BirthdayNear,
    Bounds,
    Ever,
    InSegment,
    Joined,
    LastDays,
    Not,
    Predicate,
    Segment,
    Since,
    Tagged,
    ThisPeriod,
    TierAtRisk,
)
from huitou.program.tiers import RollingWindow
from huitou.segments.facts import Facts, Verdict
from huitou.segments.judging import Judge, judge
from huitou.segments.loading import TierPath
from huitou.standing.model import Known, Record
from tests.builders import MEI, OPENED, at, document, program
from tests.deeds import bought, visited
from tests.facts import FIRST, facts
from tests.tiers import policy, regime, spent

LAPSED = Since("last", "purchase", least=90)
TWICE_IN_90_DAYS = Behaviour("purchases", Bounds(least=2), LastDays(90))


def asked(predicate: Predicate, known: Facts, when: str | datetime, zone: str = "Asia/Taipei", **scope: Any) -> Verdict:
    """What is said of ``predicate``, by the clocks of Taipei where no offset is given."""
    now = at(when) if isinstance(when, str) else when
    return Judge(known, program(document(time_zone=zone))).of(predicate, now, **scope)


def with_segments(*segments: Segment) -> Program:
    return replace(program(), segments={segment.id: segment for segment in segments})


def test_who_stays_away_lapses_at_the_local_time_of_the_last_purchase() -> None:
    """E9: inactivity of N days is true from last + N days inclusive."""
    known = facts([bought("2026-03-02 12:00")])
    assert asked(LAPSED, known, "2026-03-03 00:00") == (False, at("2026-05-31 12:00"))
    assert asked(LAPSED, known, "2026-05-31 12:00") == (True, None)


def test_a_sale_counts_from_the_next_millisecond_on() -> None:
    """E7: a sale sees nothing of itself."""
    once = Behaviour("purchases", Bounds(least=1), Ever())
    known = facts([bought("2026-03-02 12:00")])
    assert asked(once, known, "2026-03-02 12:00") == (False, None)
    assert asked(once, known, at("2026-03-02 12:00") + MILLISECOND) == (True, None)


def test_purchases_leave_a_window_one_after_the_other() -> None:
    """E9: a deed counts until the same local time N days later, exclusive."""
    known = facts([bought("2026-03-02 12:00"), bought("2026-03-05 09:00"), bought("2026-03-09 20:00")])
    assert asked(TWICE_IN_90_DAYS, known, "2026-03-10 00:00") == (True, at("2026-06-03 09:00"))
    assert asked(TWICE_IN_90_DAYS, known, "2026-06-03 09:00") == (False, None)


def test_too_many_become_few_enough_when_some_leave_and_none_when_all_leave_at_once() -> None:
    """Deeds that leave at one instant leave together: two become none without having been one."""
    one = Behaviour("purchases", Bounds(1, 1), LastDays(7))
    together = facts([bought("2026-03-02 12:00"), bought("2026-03-02 12:00")])
    assert asked(one, together, "2026-03-03 00:00") == (False, None)
    apart = facts([bought("2026-03-02 12:00"), bought("2026-03-02 13:00")])
    assert asked(one, apart, "2026-03-03 00:00") == (False, at("2026-03-09 12:00"))
    assert asked(one, apart, "2026-03-09 12:00") == (True, at("2026-03-09 13:00"))


def test_a_month_lets_all_of_its_purchases_go_at_its_end() -> None:
    this_month = Behaviour("spend", Bounds(least=150), ThisPeriod("month"))
    known = facts([bought("2026-02-27 12:00"), bought("2026-02-28 12:00")])
    assert asked(this_month, known, "2026-02-28 23:00") == (True, at("2026-03-01 00:00"))


def test_who_bought_first_may_leave_last_where_clocks_were_put_back() -> None:
    """E9: half past two came before ten past two that night in Berlin."""
    first, second = bought(at("2026-10-25T00:30Z"), spend=500), bought(at("2026-10-25T01:10Z"), spend=1)
    known = facts([first, second])
    much = Behaviour("spend", Bounds(least=501), LastDays(1))
    some = Behaviour("spend", Bounds(least=500), LastDays(1))
    noon = at("2026-10-25T11:00Z")
    assert asked(much, known, noon, "Europe/Berlin") == (True, at("2026-10-26T01:10Z"))
    assert asked(some, known, noon, "Europe/Berlin") == (True, at("2026-10-26T01:30Z"))


def test_born_on_29_february_turns_a_year_older_on_the_28th_in_common_years() -> None:
    """E10."""
    known = facts(birthday=date(2008, 2, 29))
    assert asked(Age(Bounds(least=18)), known, "2026-01-01 00:00") == (False, at("2026-02-28 00:00"))
    assert asked(Age(Bounds(least=20)), known, "2026-01-01 00:00") == (False, at("2028-02-29 00:00"))
    assert asked(BirthdayNear(), known, "2026-02-28 12:00") == (True, at("2026-03-01 00:00"))


def test_or_on_the_1st_of_march_where_the_programme_says_so() -> None:
    """E10: likewise."""
    known, in_march = facts(birthday=date(2008, 2, 29)), program(document(leap_day_birthday="03-01"))
    judged = Judge(known, in_march)
    assert judged.of(BirthdayNear(), at("2026-02-28 12:00")) == (False, at("2026-03-01 00:00"))
    assert judged.of(BirthdayNear(), at("2028-02-29 12:00")) == (True, at("2028-03-01 00:00"))
    assert judged.of(Age(Bounds(least=18)), at("2026-01-01 00:00")) == (False, at("2026-03-01 00:00"))


def test_days_around_birthdays_may_be_all_days() -> None:
    known = facts(birthday=date(1990, 12, 30))
    assert asked(BirthdayNear(3, 3), known, "2026-12-31 12:00") == (True, at("2027-01-03 00:00"))
    assert asked(BirthdayNear(200, 200), known, "2026-06-30 12:00") == (True, None)
    assert asked(BirthdayNear(182, 182), known, "2026-06-30 12:00").until == at("2028-06-30 00:00")


def test_anniversaries_come_every_year_from_the_first_on() -> None:
    """E31: of the group, and in a brand's segment of the brand."""
    known = facts(enrolled_at=at("2024-02-29 12:00"), joined={"sora": at("2025-03-01 00:30")})
    week = AnniversaryNear(before=7)
    assert asked(week, known, "2024-02-29 12:00") == (False, at("2025-02-21 00:00"))
    assert asked(week, known, "2025-02-21 00:00") == (True, at("2025-03-01 00:00"))
    assert asked(week, known, "2025-03-01 00:00") == (False, at("2026-02-21 00:00"))
    assert asked(AnniversaryNear(), known, "2028-02-29 23:00") == (True, at("2028-03-01 00:00"))
    assert asked(week, known, "2025-03-01 12:00", brand="sora") == (False, at("2026-02-22 00:00"))
    assert asked(week, known, "2025-03-01 12:00", brand="maru") == (False, None)


def test_a_brand_sees_its_own_alone() -> None:
    """E31: deeds, tags, and when the member joined."""
    known = facts(
        [bought("2026-03-02 12:00", brand="maru"), visited("2026-03-03 12:00", brand="sora")],
        joined={"sora": at("2026-03-03 12:00")},
        tags=frozenset({Tag("maru", "vip")}),
    )
    visits = Behaviour("visits", Bounds(least=1), Ever())
    purchases = Behaviour("purchases", Bounds(least=1), Ever())
    now = "2026-04-01 00:00"
    assert [asked(each, known, now, brand="sora").holds for each in (visits, purchases)] == [True, False]
    assert [asked(Tagged(frozenset({"vip"})), known, now, brand=brand).holds for brand in ("maru", "sora", None)] == [
        True,
        False,
        True,
    ]
    assert [asked(Joined(), known, now, brand=brand).holds for brand in ("maru", "sora", None)] == [False, True, True]


def test_a_brands_own_segment_is_of_those_alone_who_joined_it() -> None:
    """E31: what it asks may hold for anybody; a list too may name who is not the brand's member yet."""
    away = Segment("away", "Away", "maru", Not(Behaviour("purchases", Bounds(least=1), LastDays(90))))
    staff = Segment("staff", "Staff", "maru", None)
    theirs = Segment("theirs", "In one of these", None, InSegment(frozenset({"away"})))
    asking, joining, never = with_segments(away, staff, theirs), at("2026-03-05 12:00"), Verdict(False, None)
    stranger = facts(joined={"sora": at("2026-03-01 12:00")}, tags=frozenset({Tag("maru", "staff")}))
    member = replace(stranger, joined={"maru": joining})

    assert set(judge(stranger, asking, joining).values()) == {never}
    assert set(judge(member, asking, joining - MILLISECOND).values()) == {Verdict(False, joining)}
    assert set(judge(member, asking, joining).values()) == {Verdict(True, None)}


def test_all_holds_until_the_first_is_gone_and_fails_until_the_last_may_come() -> None:
    known = facts([bought("2026-03-02 12:00"), bought("2026-03-05 09:00")])
    month, week = LastDays(30), LastDays(7)
    often = [Behaviour("purchases", Bounds(least=2), window) for window in (month, week)]
    now = "2026-03-06 00:00"
    assert asked(AllOf(tuple(often)), known, now) == (True, at("2026-03-09 12:00"))
    assert asked(AnyOf(tuple(often)), known, now) == (True, at("2026-04-01 12:00"))
    assert asked(AllOf((LAPSED, Not(often[0]))), known, now) == (False, at("2026-06-03 09:00"))
    assert asked(Not(AnyOf((LAPSED, *often))), known, now) == (False, at("2026-04-01 12:00"))
    assert [asked(AllOf(()), known, now), asked(AnyOf(()), known, now)] == [(True, None), (False, None)]


def test_segments_ask_about_each_other_and_lists_are_what_was_put_into_them() -> None:
    segments = with_segments(
        Segment("friends", "Friends", None, None),
        Segment("lapsed", "Lapsed", None, LAPSED),
        Segment("lost_friends", "Lost friends", None, AllOf((InSegment(frozenset({"friends"})), _in("lapsed")))),
    )
    known = facts([bought("2026-03-02 12:00")], tags=frozenset({Tag(GROUP, "friends")}))
    assert judge(known, segments, at("2026-04-01 00:00")) == {
        "friends": (True, None),
        "lapsed": (False, at("2026-05-31 12:00")),
        "lost_friends": (False, at("2026-05-31 12:00")),
    }


def test_who_is_on_a_list_is_said_by_a_tag_of_whose_list_it_is() -> None:
    """M16, E31: the tag has the name of the list; what others call so is another thing."""
    lists = with_segments(Segment("staff", "Staff", None, None), Segment("regulars", "Regulars", "maru", None))
    known = facts(joined={"maru": FIRST}, tags=frozenset({Tag("maru", "staff"), Tag("maru", "regulars")}))
    assert judge(known, lists, at("2026-04-01 00:00")) == {"staff": (False, None), "regulars": (True, None)}
    known = facts(
        joined={"maru": FIRST}, tags=frozenset({Tag(GROUP, "staff"), Tag(GROUP, "regulars"), Tag("sora", "regulars")})
    )
    assert judge(known, lists, at("2026-04-01 00:00")) == {"staff": (True, None), "regulars": (False, None)}


def _in(segment: str) -> Predicate:
    return InSegment(frozenset({segment}))


@pytest.mark.parametrize(
    ("when", "holds", "until"),
    [
        ("2027-03-05 12:00", False, "2027-03-24 12:00"),  # a week before the review
        ("2027-03-24 12:00", True, "2027-03-31 12:00"),
        ("2027-03-31 12:00", False, "2027-04-03 12:00"),  # in grace, a week before its end
        ("2027-04-03 12:00", True, "2027-04-10 12:00"),
        ("2027-04-10 12:00", False, None),  # the lowest is everybody's
    ],
)
def test_a_tier_is_at_risk_as_long_as_too_little_was_done(when: str, holds: bool, until: str | None) -> None:
    """M15, M19: before the review, and again before the end of the grace that it may begin."""
    held = regime(policy(window=RollingWindow(30), grace_days=10))
    known = known_of_mei(spent(150, "2027-03-01 12:00"))
    path = TierPath(known, lambda _: [held], at("2027-03-05 12:00"))
    said = asked(TierAtRisk(7), facts(tiers=path), when)
    assert said == (holds, at(until) if until else None)

    more = known_of_mei(spent(150, "2027-03-01 12:00"), spent(150, "2027-03-30 12:00"))
    kept = TierPath(more, lambda _: [held], at("2027-05-05 12:00"))
    assert asked(TierAtRisk(7), facts(tiers=kept), when).holds is (when == "2027-03-24 12:00")


def known_of_mei(*done: Fact) -> Known:
    return Known(Record(MEI), done, OPENED)


def test_a_judge_may_be_asked_in_any_order() -> None:
    """What is kept of a member's facts is true at every instant."""
    known = facts([bought("2026-03-02 12:00"), bought("2026-03-05 09:00"), bought("2026-06-09 20:00")])
    segments = with_segments(Segment("twice", "Twice", None, TWICE_IN_90_DAYS), Segment("gone", "Gone", None, LAPSED))
    instants = [at("2026-03-01 00:00") + timedelta(days=days) for days in (200, 0, 5, 90, 3, 94, 120)]
    one = Judge(known, segments)
    assert [one(instant) for instant in instants] == [judge(known, segments, instant) for instant in instants]
